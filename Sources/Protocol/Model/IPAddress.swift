/// The address of a host, without a port.
public enum IPAddress: Hashable, Sendable {
  /// Most significant byte first.
  case ipv4(UInt32)
  case ipv6(high: UInt64, low: UInt64)

  /// An address of 4 or 16 bytes in the network's order; `nil` for any other count.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    func number(_ range: Range<Int>) -> UInt64 {
      bytes[range].reduce(0) { $0 << 8 | UInt64($1) }
    }
    switch bytes.count {
    case 4: self = .ipv4(UInt32(truncatingIfNeeded: number(0..<4)))
    case 16: self = .ipv6(high: number(0..<8), low: number(8..<16))
    default: return nil
    }
  }

  /// In the network's order.
  public var bytes: [UInt8] {
    switch self {
    case .ipv4(let address): Self.bytes(UInt64(address) << 32, 4)
    case .ipv6(let high, let low): Self.bytes(high, 8) + Self.bytes(low, 8)
    }
  }

  private static func bytes(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
  }
}

extension IPAddress: CustomStringConvertible {
  /// With dots, or in groups with the first longest run of zeros left out (RFC 5952).
  public var description: String {
    switch self {
    case .ipv4(let address):
      "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    case .ipv6(let high, let low): Self.text(high, low)
    }
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    var groups: [UInt64] = []
    for half in [high, low] {
      for shift: UInt64 in [48, 32, 16, 0] { groups.append(half >> shift & 0xffff) }
    }
    var best = 0..<0
    var start = 0
    while start < 8 {
      let end = groups[start...].firstIndex { $0 != 0 } ?? 8
      if end - start > max(1, best.count) { best = start..<end }
      start = max(end, start + 1)
    }
    func join(_ groups: ArraySlice<UInt64>) -> String {
      groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard !best.isEmpty else { return join(groups[...]) }
    return join(groups[..<best.lowerBound]) + "::" + join(groups[best.upperBound...])
  }
}
