import JSON

/// What a provider says of itself (OpenID Connect Discovery 1.0 section 3), as far as it is used.
struct OIDCMetadata: Hashable, Sendable {
  var authorization: String
  var token: String
  var keys: String
  var userInfo: String?
  /// Whether the client's secret goes into the head of the exchange, or into its form.
  var takesBasic: Bool

  /// What identity tokens may be signed with: public keys alone, never `none` or a shared secret.
  static let algorithms: Set<String> = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
  ]

  init(_ document: JSONValue, issuer: String) throws(OIDCProblem) {
    guard document["issuer"]?.stringValue == issuer else {
      throw .provider("it calls itself by another name than \(issuer)")
    }
    func address(_ name: String) throws(OIDCProblem) -> String {
      guard let text = document[name]?.stringValue, Self.isAllowed(text) else {
        throw .provider("its \(name) is missing or no https address")
      }
      return text
    }
    authorization = try address("authorization_endpoint")
    token = try address("token_endpoint")
    keys = try address("jwks_uri")
    userInfo = document["userinfo_endpoint"] == nil ? nil : try address("userinfo_endpoint")
    let methods = document["token_endpoint_auth_methods_supported"]?.elements ?? []
    takesBasic = methods.isEmpty || methods.contains("client_secret_basic")
  }

  /// Whether an address may be asked: with TLS, or on this machine.
  static func isAllowed(_ address: String) -> Bool {
    if address.hasPrefix("https://") { return true }
    guard address.hasPrefix("http://") else { return false }
    let authority = address.dropFirst("http://".count).prefix { !"/?#\\".contains($0) }
    let host = authority.prefix { $0 != ":" }
    return !authority.contains("@") && (host == "localhost" || host == "127.0.0.1")
  }
}
