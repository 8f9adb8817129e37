/// One WebSocket that must open, and what is said over it.
public struct WebSocketCheck: Hashable, Sendable {
  /// A `ws` or `wss` URL.
  public var url: String
  public var family: AddressFamily = .any
  public var headers: [RequestHeader] = []
  /// Offered in this order; the target must take one where there are any.
  public var subprotocols: [String] = []
  public var tls = TLSWishes()
  /// What is sent and waited for, a message a step.
  public var script: [ScriptStep] = []
  /// The code with which the target must close the connection behind the script; `nil` where the
  /// agent closes it.
  public var closeCode: UInt16?
  public var conditions: [String] = []
  public var degradedAboveMs: UInt32?
  /// A certificate with fewer days left than this is degraded; `nil` never is.
  public var degradedBelowCertificateDays: UInt32?

  public init(url: String) {
    self.url = url
  }
}
