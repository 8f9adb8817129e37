import AgentCore
import Model

/// What of a check is secret, so that nobody is shown it where a target repeats it.
extension ProbeTransfer {
  /// As they stand in requests.
  var knownSecrets: [[UInt8]] {
    var texts: [String] = []
    if let usedToken { texts.append(usedToken) }
    switch check {
    case .http(let check):
      texts += Self.secrets(in: check.headers)
      texts += Self.secrets(of: check.authentication)
      if let password = check.proxy?.password { texts.append(password) }
      if let key = check.tls.key { texts.append(key) }
    case .grpc(let check): texts += Self.secrets(in: check.metadata)
    case .websocket(let check): texts += Self.secrets(in: check.headers)
    case .tcp, .udp, .icmp, .dns, .tls, nil: break
    }
    return texts.map { Array($0.utf8) }
  }

  private static func secrets(in headers: [RequestHeader]) -> [String] {
    headers.filter { SecretMask.hides(headerName: $0.name.utf8) }.flatMap { header -> [String] in
      // What stands behind `Bearer` is the secret itself.
      let parts = header.value.split(separator: " ").map(String.init)
      return [header.value] + (parts.count == 2 ? [parts[1]] : [])
    }
  }

  private static func secrets(of authentication: HTTPAuthentication?) -> [String] {
    switch authentication {
    case .basic(let user, let password):
      [
        password,
        String(decoding: Base64Text.encode(Array("\(user):\(password)".utf8)), as: UTF8.self),
      ]
    case .digest(_, let password), .ntlm(_, let password): [password]
    case .bearer(let token): [token]
    case .oauth2(let client): [client.clientSecret]
    case .sigV4(let signing): [signing.secretKey] + (signing.sessionToken.map { [$0] } ?? [])
    case nil: []
    }
  }

  /// An outcome whose sentence repeats none of them, nor the beginning of one that was cut. Only then
  /// is it made short enough.
  func masked(_ outcome: Outcome) -> Outcome {
    func masked(_ failure: Failure) -> Failure {
      var failure = failure
      let text = Array(failure.detail.utf8)
      let hidden = SecretMask.masking(knownSecrets, in: text, mayBeCut: true)
      if hidden != text || text.count > 255 {
        failure.detail = Judgement.excerpt(String(decoding: hidden, as: UTF8.self), limit: 252)
      }
      return failure
    }
    return switch outcome {
    case .up: .up
    case .degraded(let failure): .degraded(failure.map(masked))
    case .failed(let failure): .failed(masked(failure))
    }
  }
}

/// Base64 (RFC 4648 section 4), as basic credentials are written.
enum Base64Text {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let piece = bytes[start..<min(start + 3, bytes.count)]
      let bits = piece.enumerated().reduce(UInt32(0)) { bits, element in
        bits | UInt32(element.element) << UInt32(16 - 8 * element.offset)
      }
      for index in 0..<4 {
        result.append(
          index <= piece.count
            ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
      }
    }
    return result
  }
}
