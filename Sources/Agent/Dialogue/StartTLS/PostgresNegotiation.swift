/// PostgreSQL's SSLRequest, answered by one byte: S does it, N does not, E begins an error.
struct PostgresNegotiation: Sendable {
  private static let longest = 4_096

  /// Its length, and the code 80877103.
  static let request: [UInt8] = [0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]

  /// An error message that has begun.
  private var message: [UInt8] = []

  mutating func take(_ byte: UInt8) -> [NegotiationStep] {
    guard message.isEmpty else {
      message.append(byte)
      return error()
    }
    switch byte {
    case 0x53: return [.goAhead]
    case 0x4e: return [.refused("the server does not do TLS")]
    case 0x45:
      message = [byte]
      return []
    default: return [.notSpoken("postgres", [byte])]
    }
  }

  /// 'E', a length of four bytes that counts itself, then fields of a letter and a text that ends with
  /// NUL; another NUL ends them.
  private func error() -> [NegotiationStep] {
    guard message.count >= 5 else { return [] }
    let length = message[1...4].reduce(0) { $0 << 8 | Int($1) }
    guard (4...Self.longest).contains(length) else { return [.notSpoken("postgres", message)] }
    guard message.count == length + 1 else { return [] }
    let text = message[5...].split(separator: 0).first { $0.first == 0x4d }?.dropFirst()
    return [.refused("the server answers with an error: \"\(VisibleText.excerpt(text ?? []))\"")]
  }
}

/// MySQL: the server's handshake packet of version 10, answered by an SSLRequest, behind which TLS
/// begins at once.
///
///     packet: length 3 (little-endian), number 1, payload
///     payload: version 1 (10; 255 for an error), server's version up to NUL, thread 4, salt 8,
///       filler 1, capabilities 2 (the lower half), ...
struct MySQLNegotiation: Sendable {
  private static let longest = 4_096
  private static let knowsTLS: UInt32 = 0x0800

  /// CLIENT_LONG_PASSWORD, _PROTOCOL_41, _SSL, _SECURE_CONNECTION, _PLUGIN_AUTH; packets up to 16 MB;
  /// utf8mb4.
  private static let request: [UInt8] = {
    let capabilities: UInt32 = 0x0000_0001 | 0x0200 | knowsTLS | 0x8000 | 0x0008_0000
    let numbers = [capabilities, 0x0100_0000].flatMap { number in
      (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32($0 * 8)) }
    }
    let payload = numbers + [45] + [UInt8](repeating: 0, count: 23)
    return [UInt8(payload.count), 0, 0, 1] + payload
  }()

  private var packet: [UInt8] = []

  mutating func take(_ byte: UInt8) -> [NegotiationStep] {
    packet.append(byte)
    guard packet.count >= 4 else { return [] }
    let length = Int(packet[0]) | Int(packet[1]) << 8 | Int(packet[2]) << 16
    guard (1...Self.longest).contains(length), packet[3] == 0 else {
      return [.notSpoken("mysql", packet)]
    }
    if packet.count == 5, packet[4] != 10, packet[4] != 255 {
      return [.notSpoken("mysql", packet)]
    }
    guard packet.count == 4 + length else { return [] }
    return judge(packet[4...])
  }

  private func judge(_ payload: ArraySlice<UInt8>) -> [NegotiationStep] {
    if payload.first == 255 {
      guard payload.count >= 3 else { return [.notSpoken("mysql", packet)] }
      let code = Int(payload[payload.startIndex + 1]) | Int(payload[payload.startIndex + 2]) << 8
      let text = VisibleText.excerpt(payload.dropFirst(3))
      return [.refused("the server greets with error \(code) \"\(text)\"")]
    }
    guard let nameEnd = payload.dropFirst().firstIndex(of: 0) else {
      return [.notSpoken("mysql", packet)]
    }
    let rest = payload[(nameEnd + 1)...].dropFirst(4 + 8 + 1)
    guard rest.count >= 2 else { return [.notSpoken("mysql", packet)] }
    let capabilities = UInt32(rest[rest.startIndex]) | UInt32(rest[rest.startIndex + 1]) << 8
    guard capabilities & Self.knowsTLS != 0 else {
      return [.refused("the server does not do TLS")]
    }
    return [.say(Self.request), .goAhead]
  }
}
