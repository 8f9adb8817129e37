public import Model

extension IPAddress {
  /// A v4 address in v6's clothes (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) as itself.
  public var plain: IPAddress {
    guard case .ipv6(high: 0, let low) = self, low >> 32 == 0xffff else { return self }
    return .ipv4(UInt32(truncatingIfNeeded: low))
  }

  /// What belongs to one customer as a rule: the address itself, of version 6 its /64.
  public var customer: IPNetwork {
    let address = plain
    return IPNetwork(address, bits: address.isIPv6 ? 64 : 32)
  }

  /// The /48 that a site of version 6 is given as a rule: 65,536 customers of one hand. `nil` of
  /// version 4, whose addresses nobody has so many of.
  public var site: IPNetwork? {
    let address = plain
    return address.isIPv6 ? IPNetwork(address, bits: 48) : nil
  }
}

/// A range of addresses: those that begin with the same bits.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
  /// The first address.
  public let address: IPAddress
  /// How many bits are fixed: 0 to 32, or to 128.
  public let bits: Int

  /// Reads `192.0.2.0/24`, `2001:db8::/32`, or a single address. `nil` for anything else, and for
  /// bits set outside the prefix, which tell of a mistake.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = IPAddress(text: parts[0])?.plain else { return nil }
    let most = address.bytes.count * 8
    guard parts.count == 2 else {
      self.init(address, bits: most)
      return
    }
    let digits = parts[1].utf8
    guard 1...3 ~= digits.count, digits.allSatisfy({ 0x30...0x39 ~= $0 }),
      digits.count == 1 || digits.first != 0x30, var bits = Int(parts[1])
    else { return nil }
    // A prefix of a v4 address in v6's clothes counts the clothes.
    if address.bytes.count == 4, parts[0].utf8.contains(UInt8(ascii: ":")) {
      guard bits >= 96 else { return nil }
      bits -= 96
    }
    guard bits <= most else { return nil }
    self.init(address, bits: bits)
    guard self.address == address else { return nil }
  }

  /// The network of `bits` bits around `address`.
  init(_ address: IPAddress, bits: Int) {
    self.bits = bits
    let bytes = address.bytes.enumerated().map { index, byte in
      byte & Self.mask(ofByte: index, bits: bits)
    }
    self.address = IPAddress(bytes: bytes) ?? address
  }

  /// Whether `other` lies within.
  public func contains(_ other: IPAddress) -> Bool {
    let other = other.plain.bytes
    return other.count == address.bytes.count
      && zip(address.bytes, other).enumerated().allSatisfy { index, pair in
        (pair.0 ^ pair.1) & Self.mask(ofByte: index, bits: bits) == 0
      }
  }

  /// Whether all of `other` lies within.
  public func contains(_ other: IPNetwork) -> Bool {
    other.bits >= bits && contains(other.address)
  }

  public var description: String { "\(address)/\(bits)" }

  private static func mask(ofByte index: Int, bits: Int) -> UInt8 {
    let fixed = min(8, max(0, bits - index * 8))
    return fixed == 0 ? 0 : UInt8.max << UInt8(8 - fixed)
  }
}
