import Model

/// The way to an address, to be traced hop by hop.
public struct TracePlan: Hashable, Sendable {
  /// What is sent.
  public enum Means: Hashable, Sendable {
    /// Connections to this port are begun: what lets the probe through lets these through. Those that
    /// reach the target may stand for a moment; nothing is said over them.
    case tcp(port: UInt16)
    /// Datagrams to the ports from 33434 on, where nobody is expected to listen.
    case udp
  }

  /// The most that a trace may take, in microseconds.
  public static let limitUs: Int64 = 3_000_000

  public var address: IPAddress
  public var means: Means

  public init(address: IPAddress, means: Means) {
    self.address = address
    self.means = means
  }

  /// Where the packet of a hop goes.
  public func port(ofHop hop: Int) -> UInt16 {
    switch means {
    case .tcp(let port): port
    case .udp: 33_434 &+ UInt16(truncatingIfNeeded: hop)
    }
  }
}
