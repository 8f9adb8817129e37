/// Which addresses of a name a probe may use.
public enum AddressFamily: UInt8, Sendable, CaseIterable {
  case any = 0
  case ipv4 = 4
  case ipv6 = 6
}
