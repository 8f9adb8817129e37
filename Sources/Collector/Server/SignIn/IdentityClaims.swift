import JWTKit

/// What an identity token says (OpenID Connect Core 1.0 section 2), as far as it is used.
struct IdentityClaims: JWTPayload {
  var iss: IssuerClaim
  var sub: SubjectClaim
  var aud: AudienceClaim
  var azp: String?
  /// Seconds since 1970, with or without a fraction (RFC 7519 section 2).
  var exp: Double
  var nonce: String?
  var email: String?
  var email_verified: BoolClaim?
  var name: String?

  /// How far the provider's clock may be off, seconds.
  private static let skew: Double = 60

  /// Only the signature is judged there: `check` needs what was asked.
  func verify(using _: some JWTAlgorithm) {}

  /// Throws where the token is not an answer to what was asked (section 3.1.3.7).
  func check(_ settings: OIDCSettings, nonce: String, now: Int64) throws(OIDCProblem) {
    guard iss.value == settings.issuer, aud.value.contains(settings.clientID),
      azp == nil ? aud.value.count == 1 : azp == settings.clientID
    else { throw .provider("its id_token is of or for somebody else") }
    guard 1...255 ~= sub.value.utf8.count else {
      throw .provider("its id_token names nobody")
    }
    guard exp + Self.skew > Double(now) else { throw .expired }
    guard self.nonce == nonce else { throw .mismatch }
  }
}
