/// One datagram, and what must come back.
public struct UDPCheck: Hashable, Sendable {
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  public var host: String
  public var port: UInt16
  public var family: AddressFamily = .any
  /// What is sent, once again after a second without an answer; at least one byte.
  public var payload: [UInt8]
  /// The pattern that one datagram from the target must match; where there is none, the target is up
  /// unless its host says that nothing listens.
  public var expectation: String?
  public var conditions: [String] = []
  public var degradedAboveMs: UInt32?

  public init(host: String, port: UInt16, payload: [UInt8]) {
    self.host = host
    self.port = port
    self.payload = payload
  }
}
