import Model

/// In which order a name's addresses are used: the rules of RFC 6724 section 6 that need nothing but the
/// addresses themselves and where this host would send from.
///
/// Those are 1 (avoid what can't be reached), 2 (same scope), 5 (same label), 6 (precedence), 8 (smaller
/// scope) and 10 (as they came). Rules 3, 4 and 7 ask what an agent's host hardly ever has (deprecated
/// and home addresses, tunnels); rule 9 (longest common prefix) would undo the turns in which name
/// servers hand out addresses.
public enum AddressOrder {
  /// An address, and the one this host would send from; `nil` where it has no way there.
  public struct Candidate: Hashable, Sendable {
    public var address: IPAddress
    public var source: IPAddress?

    public init(_ address: IPAddress, source: IPAddress?) {
      self.address = address
      self.source = source
    }
  }

  /// The addresses, the best first, without those that this host has no way to as long as there are
  /// others: what it lacks says nothing about the target, and must not hide what the others say.
  public static func sorted(_ candidates: [Candidate]) -> [IPAddress] {
    let reachable = candidates.filter { $0.source != nil }
    let ranked = (reachable.isEmpty ? candidates : reachable).enumerated()
      .map { (rank: Rank($0.element, $0.offset), $0.element) }
    return ranked.sorted { $0.rank < $1.rank }.map { $0.1.address }
  }

  /// Each rule as a number, the smaller the better, in the order of the rules.
  private struct Rank: Comparable {
    let rules: [Int]

    init(_ candidate: Candidate, _ position: Int) {
      let address = candidate.address
      let scope = AddressOrder.scope(address)
      let entry = AddressOrder.policy(address)
      guard let source = candidate.source else {
        rules = [1, 1, 1, -entry.precedence, scope, position]
        return
      }
      rules = [
        0, scope == AddressOrder.scope(source) ? 0 : 1,
        entry.label == AddressOrder.policy(source).label ? 0 : 1, -entry.precedence, scope,
        position,
      ]
    }

    static func < (left: Self, right: Self) -> Bool {
      left.rules.lexicographicallyPrecedes(right.rules)
    }
  }

  /// RFC 6724 section 3.1 and 3.2: 2 is link-local, 5 site-local, 14 global.
  static func scope(_ address: IPAddress) -> Int {
    switch address {
    case .ipv4(let number): number >> 24 == 127 || number >> 16 == 0xa9fe ? 2 : 14
    case .ipv6(let high, let low):
      if high == 0, low == 1 {
        2
      } else if high >> 56 == 0xff {
        Int(high >> 48 & 15)
      } else if high >> 54 == 0xfe80 >> 6 {
        2
      } else if high >> 54 == 0xfec0 >> 6 {
        5
      } else {
        14
      }
    }
  }

  /// The default table of RFC 6724 section 2.1, the longest prefix first.
  static func policy(_ address: IPAddress) -> (precedence: Int, label: Int) {
    switch address {
    case .ipv4: return (35, 4)
    case .ipv6(let high, let low):
      if high == 0 {
        if low == 1 { return (50, 0) }
        if low >> 32 == 0xffff { return (35, 4) }
        if low >> 32 == 0 { return (1, 3) }
      }
      if high >> 32 == 0x2001_0000 { return (5, 5) }
      if high >> 48 == 0x2002 { return (30, 2) }
      if high >> 48 == 0x3ffe { return (1, 12) }
      if high >> 54 == 0xfec0 >> 6 { return (1, 11) }
      if high >> 57 == 0xfc00 >> 9 { return (3, 13) }
      return (40, 1)
    }
  }
}
