/// The request that asks an HTTP server to become a WebSocket (RFC 6455 section 4.1).
struct UpgradeRequest: Hashable, Sendable {
  let bytes: [UInt8]

  /// `nil` where a header or the path can't be sent as it is.
  ///
  /// - Parameter key: what `Sec-WebSocket-Key` says.
  init?(_ plan: WebSocketPlan, key: String) {
    var lines = ["GET \(plan.path) HTTP/1.1", "Host: \(plan.host)"]
    lines += ["Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13"]
    if let origin = plan.origin { lines.append("Origin: \(origin)") }
    if !plan.subprotocols.isEmpty {
      lines.append("Sec-WebSocket-Protocol: \(plan.subprotocols.joined(separator: ", "))")
    }
    for header in plan.headers {
      guard Self.isToken(header.name) else { return nil }
      lines.append("\(header.name): \(header.value)")
    }
    guard plan.path.utf8.first == 0x2f, !plan.path.utf8.contains(where: { $0 <= 0x20 }),
      plan.subprotocols.allSatisfy(Self.isToken),
      lines.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 9 } })
    else { return nil }
    bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  /// RFC 9110 section 5.6.2.
  private static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: Array("!#$%&'*+-.^_`|~".utf8).contains($0)
        }
      }
  }
}

/// The key of one opening handshake, and what the server must make of it.
public struct WebSocketKey: Hashable, Sendable {
  /// 16 bytes in base64.
  public let text: String
  /// What `Sec-WebSocket-Accept` must say.
  public let accept: String

  /// - Parameters:
  ///   - nonce: 16 bytes drawn for this connection.
  ///   - sha1: the SHA-1 digest of bytes.
  public init(nonce: [UInt8], sha1: ([UInt8]) -> [UInt8]) {
    text = Self.base64(nonce)
    accept = Self.base64(sha1(Array((text + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
  }

  /// RFC 4648 section 4.
  static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let number = (0..<3).reduce(0) { $0 << 8 | (($1 < group.count) ? Int(bytes[start + $1]) : 0) }
      for index in 0..<4 {
        result.append(index <= group.count ? alphabet[number >> (18 - 6 * index) & 63] : 0x3d)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
