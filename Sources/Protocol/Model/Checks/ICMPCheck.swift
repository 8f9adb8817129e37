/// Echo requests that must be answered.
public struct ICMPCheck: Hashable, Sendable {
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  public var host: String
  public var family: AddressFamily = .any
  /// How many packets are sent, 1 to 20.
  public var packets: UInt32 = 3
  /// Milliseconds between two of them.
  public var spacingMs: UInt32 = 200
  /// Bytes of content that each carries.
  public var size: UInt32 = 56
  /// Percent of the packets that may be lost before the target is down. Without any answer it always is.
  public var mostLossPercent: UInt32 = 99
  public var conditions: [String] = []
  /// A longer mean round trip than this many milliseconds is degraded; `nil` never is.
  public var degradedAboveMs: UInt32?

  public init(host: String) {
    self.host = host
  }
}
