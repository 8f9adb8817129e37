import COpenSSL

/// HMAC-SHA-1 (RFC 2104), for one-time codes (RFC 4226), whose strength does not hang on collisions.
public enum HMACSHA1 {
  /// Bytes in a tag.
  public static let byteCount = 20

  /// The tag of `message` under `key`.
  public static func tag(key: [UInt8], _ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: byteCount)
    var count = 0
    guard
      EVP_Q_mac(
        nil, "HMAC", nil, "SHA1", nil, key, key.count, message, message.count, &tag, tag.count,
        &count) != nil, count == byteCount
    else { throw OpenSSLError("compute an HMAC with SHA-1") }
    return tag
  }
}
