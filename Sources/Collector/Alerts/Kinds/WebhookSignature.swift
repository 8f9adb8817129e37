import OpenSSL

/// The signature of a webhook's request (Standard Webhooks specification, "Signature scheme").
///
/// HMAC-SHA-256 over the message's identifier, the attempt's time in seconds and the body, joined by
/// dots. While a secret is being replaced there is one signature by each.
enum WebhookSignature {
  static let prefix = "whsec_"

  /// The key that a secret's text holds: 24 to 64 bytes in base64 behind `whsec_`.
  static func key(_ secret: String) -> [UInt8]? {
    guard secret.hasPrefix(prefix),
      let key = Base64.bytes(String(secret.dropFirst(prefix.utf8.count))), 24...64 ~= key.count
    else { return nil }
    return key
  }

  /// The value of `webhook-signature`, newest secret first.
  static func header(
    keys: [[UInt8]], id: String, seconds: Int64, body: [UInt8]
  ) throws(OpenSSLError) -> String {
    let signed = Array("\(id).\(seconds).".utf8) + body
    var signatures: [String] = []
    for key in keys { signatures.append("v1," + Base64.text(try HMAC.tag(key: key, signed))) }
    return signatures.joined(separator: " ")
  }
}
