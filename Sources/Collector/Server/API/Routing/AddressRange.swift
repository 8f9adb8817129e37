public import Model

/// Addresses that begin with the same bits, as a person writes them: `10.0.0.0/8`, `fd00::/8`, or one
/// address (RFC 4632, RFC 4291 section 2.3).
public struct AddressRange: Hashable, Sendable {
  private let start: [UInt8]
  private let bits: Int

  /// `nil` for what is no range, and for one whose address has bits behind its length: whoever
  /// wrote it meant something else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = IPAddress(text: parts[0]) else { return nil }
    let start = address.bytes
    var bits = start.count * 8
    if parts.count == 2 {
      guard let length = Int(parts[1]), String(length) == parts[1], 0...bits ~= length else {
        return nil
      }
      bits = length
    }
    for bit in bits..<start.count * 8 where start[bit / 8] >> UInt8(7 - bit % 8) & 1 == 1 {
      return nil
    }
    self.start = start
    self.bits = bits
  }

  public func contains(_ address: IPAddress) -> Bool {
    let bytes = address.bytes
    guard bytes.count == start.count else { return false }
    let whole = bits / 8
    guard bytes[..<whole] == start[..<whole] else { return false }
    let rest = UInt8(bits % 8)
    return rest == 0 || (bytes[whole] ^ start[whole]) >> (8 - rest) == 0
  }
}
