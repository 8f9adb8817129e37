extension APIConfiguration {
  /// How long the other side of a connection is waited for, before its place is another's.
  public struct Patience: Hashable, Sendable {
    /// Until the TLS handshake is done; without TLS, until the first request has begun.
    public var greeting: Duration = .seconds(10)
    /// Until some of an answer was taken: a reader may be slow, but must move.
    public var reading: Duration = .seconds(30)
    /// Until the rest of a request has come that was answered already.
    public var rest: Duration = .seconds(2)

    public init() {}
  }
}
