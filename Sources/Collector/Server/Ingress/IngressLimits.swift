import Wire

/// Every bound that the agents' port keeps to.
public struct IngressLimits: Sendable {
  /// Connections at once, sessions or not. Each is an open file of the process.
  public var connections = 20_000
  /// Connections that have not proven themselves.
  public var unauthenticated = 256
  /// Of them, those from one address.
  public var unauthenticatedPerAddress = 16
  /// How long a TLS handshake may take.
  public var tlsHandshakeMs: Int64 = 10_000
  /// How long the four frames may take after that.
  public var authenticationMs: Int64 = 5000
  /// How long the store may take to know an agent, and to begin its session or redeem its token; an
  /// agent itself waits for 10 s.
  public var storeMs: Int64 = 9000
  /// Silence after which a PING is sent.
  public var pingAfterMs: Int64 = 15_000
  /// Silence after which the connection is given up.
  public var deadAfterMs: Int64 = 45_000
  /// What an agent may have unanswered.
  public var credit = Credit(bytes: 512 << 10, batches: 8)
  /// How long an agent may run on its stored assignment without a collector.
  public var leaseSeconds: UInt32 = 86_400
  /// The oldest agent that is supported.
  public var minimumAgent = "0.1.0"
  /// Connections that the kernel keeps for us while we are busy.
  public var backlog: Int32 = 1024
  /// How long the acks that are still due are awaited at a graceful stop.
  public var drainMs: Int64 = 5000
  /// Age of a root, in days, after which a new one is agreed on.
  public var rotateAfterDays: Int64 = 90

  public init() {}
}
