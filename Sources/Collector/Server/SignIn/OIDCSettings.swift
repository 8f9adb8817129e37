/// How a provider of identities is reached (OpenID Connect Core 1.0).
public struct OIDCSettings: Hashable, Sendable {
  /// What people know it by.
  public var name: String
  /// Its identifier, letter by letter as it names itself: an address, `https` but on a loopback.
  public var issuer: String
  /// As what it knows this installation.
  public var clientID: String
  public var clientSecret: String
  /// Whether an e-mail address that the provider has verified is a person's: then who comes with a
  /// known address is let in as its owner. Only where the provider gives each address to its owner
  /// alone.
  public var trustsEmail: Bool

  /// The issuer as the beginning of addresses.
  var address: String { issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer }

  /// Whether a text can be an issuer.
  public static func isIssuer(_ text: String) -> Bool {
    OIDCMetadata.isAllowed(text)
      && text.utf8.allSatisfy { 0x21...0x7e ~= $0 && !"?#\"\\".utf8.contains($0) }
  }

  /// The path to which the provider sends browsers back.
  public static let callbackPath = "/login/oidc/callback"

  public init(
    name: String, issuer: String, clientID: String, clientSecret: String, trustsEmail: Bool
  ) {
    self.name = name
    self.issuer = issuer
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.trustsEmail = trustsEmail
  }
}

/// Whom a provider named.
public struct OIDCUser: Hashable, Sendable {
  public var issuer: String
  /// Names the person at the provider for ever.
  public var subject: String
  public var email: String?
  /// Whether the provider has seen that the address is the person's.
  public var isEmailVerified: Bool
  public var name: String?
}
