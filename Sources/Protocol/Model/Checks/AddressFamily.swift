/// Which addresses of a name a probe may use.
public enum AddressFamily: UInt8, Sendable, CaseIterable {
  case any = 0
  case ipv4 = 4
  case ipv6 = 6
  /// The target is asked once over each family, and must be over both what the check wishes.
  case both = 10

  /// Whether an address is one that may be used.
  public func contains(_ address: IPAddress) -> Bool {
    switch self {
    case .any, .both: true
    case .ipv4: !address.isIPv6
    case .ipv6: address.isIPv6
    }
  }
}
