public import Model

/// Why an address is not connected to.
public enum AddressRule: Hashable, Sendable, CaseIterable {
  case loopback, privateRange, linkLocal, metadata, unspecified, multicast, broadcast, notInternet

  /// For a person.
  public var reason: String {
    switch self {
    case .loopback: "a loopback address, and the agent's configuration does not allow these"
    case .privateRange: "a private address, and the agent's configuration denies these"
    case .linkLocal: "a link-local address"
    case .metadata: "a cloud's metadata service"
    case .unspecified: "not the address of a host"
    case .multicast: "a multicast address"
    case .broadcast: "a broadcast address"
    case .notInternet: "not an internet address"
    }
  }
}

/// An address that the agent would not connect to, and why.
public struct AddressRefusal: Hashable, Sendable {
  public var address: String
  public var rule: AddressRule

  public init(address: String, rule: AddressRule) {
    self.address = address
    self.rule = rule
  }
}

/// Which socket addresses a probe may connect to. It judges the numbers that are connected to, never
/// a URL's text, so that no way of writing an address gets around it.
public struct AddressRules: Hashable, Sendable {
  public var allowsLoopback: Bool
  /// Whether the networks that nobody routes on the internet are out of bounds: RFC 1918, RFC 6598
  /// and RFC 4193, and those kept for other uses that are found in networks all the same: RFC 2544,
  /// RFC 6890's 192.0.0.0/24, 240.0.0.0/4 (RFC 1112) and fec0::/10 (RFC 3879).
  public var deniesPrivate: Bool

  public init(allowsLoopback: Bool, deniesPrivate: Bool = false) {
    self.allowsLoopback = allowsLoopback
    self.deniesPrivate = deniesPrivate
  }

  /// Judges an address; `nil` allows it.
  public func refusal(_ address: IPAddress) -> AddressRule? {
    switch address {
    case .ipv4(let number): refusal(ipv4: number)
    case .ipv6(let high, let low): refusal(ipv6: high, low)
    }
  }

  /// Judges an IPv4 address, most significant byte first; `nil` allows it.
  public func refusal(ipv4 address: UInt32) -> AddressRule? {
    if Self.metadataIPv4.contains(address) { return .metadata }
    switch address >> 24 {
    case 0: return .unspecified
    case 127: return allowsLoopback ? nil : .loopback
    case 224...239: return .multicast
    default: break
    }
    if address >> 16 == 0xa9fe { return .linkLocal }
    if deniesPrivate, Self.isPrivate(address) { return .privateRange }
    return address == .max ? .broadcast : nil
  }

  /// Judges an IPv6 address by its halves, and the IPv4 address inside it where it carries one;
  /// `nil` allows it.
  public func refusal(ipv6 high: UInt64, _ low: UInt64) -> AddressRule? {
    // AWS keeps all its services of this kind in fd00:ec2::/32.
    if high >> 32 == 0xfd00_0ec2 { return .metadata }
    if Self.metadataIPv6.contains(where: { $0 == (high, low) }) { return .metadata }
    if high == 0, low == 0 { return .unspecified }
    if high == 0, low == 1 { return allowsLoopback ? nil : .loopback }
    if high >> 54 == 0xfe80 >> 6 { return .linkLocal }
    if high >> 56 == 0xff { return .multicast }
    if deniesPrivate, high >> 57 == 0xfc >> 1 || high >> 54 == 0xfec0 >> 6 { return .privateRange }
    let tail = UInt32(truncatingIfNeeded: low)
    // Compatible (::a.b.c.d) and mapped (::ffff:a.b.c.d), RFC 4291 section 2.5.5; translated
    // (::ffff:0:a.b.c.d), RFC 2765.
    if high == 0, [0, 0xffff, 0xffff_0000].contains(low >> 32) { return refusal(ipv4: tail) }
    // NAT64, RFC 6052 and RFC 8215.
    if high == 0x0064_ff9b_0000_0000, low >> 32 == 0 { return refusal(ipv4: tail) }
    if high >> 16 == 0x0064_ff9b_0001 { return refusal(locallyTranslated: high, low) }
    // 6to4, RFC 3056.
    if high >> 48 == 0x2002 { return refusal(ipv4: UInt32(truncatingIfNeeded: high >> 16)) }
    // Teredo, RFC 4380: the client's address is written inverted.
    if high >> 32 == 0x2001_0000 { return refusal(ipv4: ~tail) }
    return nil
  }

  /// Judges an address in 64:ff9b:1::/48, where each network chooses how the IPv4 address stands in
  /// it: around the ninth byte, as RFC 6052 has it for a prefix of 48 bits, or in the last 32 bits.
  private func refusal(locallyTranslated high: UInt64, _ low: UInt64) -> AddressRule? {
    let around = UInt32(high & 0xffff) << 16 | UInt32(low >> 40 & 0xffff)
    let rule = refusal(ipv4: around)
    // Nothing stands behind the address of the first form.
    if low & 0xff_ffff_ffff == 0 { return rule }
    // The prefix of the second form reads as an address of network 0 in the first.
    if let rule, rule != .unspecified { return rule }
    return refusal(ipv4: UInt32(truncatingIfNeeded: low))
  }

  private static func isPrivate(_ address: UInt32) -> Bool {
    address >> 24 == 10 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8
      || address >> 22 == 0x6440 >> 6 || address >> 17 == 0xc612 >> 1
      || address >> 8 == 0xc0_0000 || (address >> 28 == 0xf && address != .max)
  }

  /// AWS, Azure, Google and most others; Azure's host agent; Alibaba; Oracle.
  private static let metadataIPv4: [UInt32] = [
    0xa9fe_a9fe, 0xa83f_8110, 0x6464_64c8, 0xc000_00c0,
  ]

  /// Google; Oracle.
  private static let metadataIPv6: [(UInt64, UInt64)] = [
    (0xfd20_00ce_0000_0000, 0x254), (0xfd00_00c1_0000_0000, 0xa9fe_a9fe),
  ]
}
