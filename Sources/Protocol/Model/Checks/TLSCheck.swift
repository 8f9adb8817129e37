/// One TLS handshake, and what the certificates must be.
public struct TLSCheck: Hashable, Sendable {
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  public var host: String
  public var port: UInt16
  public var family: AddressFamily = .any
  public var tls = TLSWishes()
  /// The protocol that turns to TLS in its own words first.
  public var startTLS: StartTLS?
  /// Whether the server must staple a good status of its certificate (OCSP).
  public var needsStatus = false
  public var conditions: [String] = []
  public var degradedAboveMs: UInt32?
  /// A chain of which a certificate has fewer days left than this is degraded; `nil` never is.
  public var degradedBelowCertificateDays: UInt32? = 14

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }
}
