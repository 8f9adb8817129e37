#if canImport(Glibc)
  import Glibc
#endif

/// An address of the internet protocol, of either version. A v4 address in v6's clothes
/// (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) is the v4 address.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// 4 or 16.
  let bytes: [UInt8]

  /// `nil` for what `inet_pton` does not take: names, ports, zones.
  public init?(_ text: String) {
    var four = [UInt8](repeating: 0, count: 4)
    if inet_pton(AF_INET, text, &four) == 1 {
      self.init(bytes: four)
      return
    }
    var sixteen = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
    self.init(bytes: sixteen)
  }

  init(bytes: [UInt8]) {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
    self.bytes = bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
  }

  /// The form of RFC 5952, or dotted.
  public var description: String {
    var text = [CChar](repeating: 0, count: 64)
    inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// What belongs to one customer as a rule: the address itself, of version 6 its /64.
  public var customer: IPNetwork {
    IPNetwork(self, bits: bytes.count == 4 ? 32 : 64)
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
    guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
    let most = address.bytes.count * 8
    guard parts.count == 2 else {
      self.init(address, bits: most)
      return
    }
    let digits = parts[1].utf8
    guard 1...3 ~= digits.count, digits.allSatisfy({ 0x30...0x39 ~= $0 }),
      var bits = Int(parts[1])
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
    self.address = IPAddress(
      bytes: address.bytes.enumerated().map { index, byte in
        byte & Self.mask(ofByte: index, bits: bits)
      })
  }

  /// Whether `other` lies within.
  public func contains(_ other: IPAddress) -> Bool {
    other.bytes.count == address.bytes.count
      && zip(address.bytes, other.bytes).enumerated().allSatisfy { index, pair in
        (pair.0 ^ pair.1) & Self.mask(ofByte: index, bits: bits) == 0
      }
  }

  public var description: String { "\(address)/\(bits)" }

  private static func mask(ofByte index: Int, bits: Int) -> UInt8 {
    let fixed = min(8, max(0, bits - index * 8))
    return fixed == 0 ? 0 : UInt8.max << UInt8(8 - fixed)
  }
}
