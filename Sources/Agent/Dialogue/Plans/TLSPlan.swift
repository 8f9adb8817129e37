/// How TLS is to be spoken, and what of it is judged.
public struct TLSPlan: Hashable, Sendable {
  /// The versions that can be asked for (RFC 2246, 4346, 5246, 8446).
  public enum Version: Int, Comparable, Hashable, Sendable, CaseIterable {
    case tls10, tls11, tls12, tls13

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// Whom to trust.
  public enum Authorities: Hashable, Sendable {
    /// Those of the agent.
    case agent
    /// A file of certificates in PEM.
    case file(String)
    /// Certificates in PEM.
    case pem(String)
  }

  /// What the client shows of itself, both in PEM.
  public struct Identity: Hashable, Sendable {
    /// The leaf first, then its issuers.
    public var certificates: String
    public var key: String

    public init(certificates: String, key: String) {
      self.certificates = certificates
      self.key = key
    }
  }

  /// What the client hello names (SNI); nothing where this is `nil` or an address.
  public var serverName: String?
  /// The name or address that the certificate must be for; `nil` leaves names alone.
  public var verifyName: String?
  /// Whether a chain or a name that does not hold fails the check. Facts are gathered in any case.
  public var verifies = true
  /// The oldest version that will do.
  public var minimum = Version.tls12
  /// What ALPN offers, in order of preference, each of 1 to 255 bytes.
  public var protocols: [String] = []
  public var authorities = Authorities.agent
  public var identity: Identity?
  /// Whether a good OCSP status must be stapled.
  public var wantsStatus = false
  /// How TLS is asked for in the clear; `nil` begins with TLS.
  public var startTLS: StartTLSProtocol?

  public init(serverName: String? = nil, verifyName: String? = nil) {
    self.serverName = serverName
    self.verifyName = verifyName
  }
}
