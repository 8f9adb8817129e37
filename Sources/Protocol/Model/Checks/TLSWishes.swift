/// How TLS is made with a target.
public struct TLSWishes: Hashable, Sendable {
  /// Whether the certificate must be good; without, nobody knows who answers.
  public var verifies = true
  /// The name that is asked for (SNI) and that the certificate must carry, in place of the target's.
  public var serverName: String?
  /// The authorities to believe in place of the agent's, in PEM.
  public var authorities: String?
  /// What proves who asks: a certificate, its chain behind it, in PEM.
  public var certificate: String?
  /// The key of `certificate`, in PEM, not encrypted. A secret.
  public var key: String?
  public var leastVersion = TLSVersion.tls12

  public init() {}
}

/// The versions of TLS.
public enum TLSVersion: UInt8, Sendable, CaseIterable {
  case tls10 = 10
  case tls11 = 11
  case tls12 = 12
  case tls13 = 13

  /// The word for it in the API, such as `1.2`.
  public var word: String { "\(rawValue / 10).\(rawValue % 10)" }
}
