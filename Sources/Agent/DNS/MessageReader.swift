/// Reads a message, or a part of one, from front to back. Names may point back into the whole.
struct MessageReader {
  /// The header's size; no name stands in it.
  static let headerBytes = 12
  /// More hops than a name of single letters has labels.
  private static let mostHops = 127

  private let message: [UInt8]
  private(set) var position: Int
  /// Where the part ends that is being read.
  let end: Int

  init(_ message: [UInt8]) {
    self.message = message
    position = 0
    end = message.count
  }

  private init(_ message: [UInt8], from position: Int, to end: Int) {
    self.message = message
    self.position = position
    self.end = end
  }

  var left: Int { end - position }
  var isAtEnd: Bool { position == end }

  mutating func byte() throws(DNSMessageError) -> UInt8 {
    guard left >= 1 else { throw .cut }
    defer { position += 1 }
    return message[position]
  }

  mutating func number16() throws(DNSMessageError) -> UInt16 {
    guard left >= 2 else { throw .cut }
    defer { position += 2 }
    return UInt16(message[position]) << 8 | UInt16(message[position + 1])
  }

  mutating func number32() throws(DNSMessageError) -> UInt32 {
    UInt32(try number16()) << 16 | UInt32(try number16())
  }

  mutating func take(_ count: Int) throws(DNSMessageError) -> [UInt8] {
    guard count >= 0, left >= count else { throw .cut }
    defer { position += count }
    return Array(message[position..<position + count])
  }

  mutating func rest() -> [UInt8] {
    defer { position = end }
    return Array(message[position..<end])
  }

  /// A length byte and as many bytes (RFC 1035 section 3.3).
  mutating func characterString() throws(DNSMessageError) -> [UInt8] {
    try take(Int(try byte()))
  }

  /// The next `count` bytes as a part of their own, and goes on behind them.
  mutating func part(_ count: Int) throws(DNSMessageError) -> MessageReader {
    guard count >= 0, left >= count else { throw .cut }
    defer { position += count }
    return MessageReader(message, from: position, to: position + count)
  }

  /// A name. Each pointer in it must lead to before all that has been read of the name, so that there
  /// is an end to them.
  mutating func name(mayPoint: Bool = true) throws(DNSMessageError) -> DomainName {
    var wire: [UInt8] = []
    var cursor = position
    var limit = end
    var lowest = position
    var hops = 0
    var behind: Int?
    while true {
      guard cursor < limit else { throw .cut }
      let length = message[cursor]
      switch length & 0xc0 {
      case 0 where length == 0:
        wire.append(0)
        position = behind ?? cursor + 1
        return DomainName(wire: wire)
      case 0:
        let next = cursor + 1 + Int(length)
        guard next <= limit else { throw .cut }
        guard wire.count + (next - cursor) < DomainName.mostBytes else { throw .nameTooLong }
        wire.append(contentsOf: message[cursor..<next])
        cursor = next
      case 0xc0:
        guard cursor + 1 < limit else { throw .cut }
        let target = Int(length & 0x3f) << 8 | Int(message[cursor + 1])
        guard mayPoint, target < lowest, target >= Self.headerBytes, hops < Self.mostHops else {
          throw .pointer
        }
        if behind == nil { behind = cursor + 2 }
        hops += 1
        lowest = target
        cursor = target
        limit = message.count
      default:
        throw .label
      }
    }
  }
}
