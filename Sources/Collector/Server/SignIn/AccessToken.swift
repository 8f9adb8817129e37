import JWTKit
public import Store

/// Who an access token speaks for.
public struct AccessToken: Hashable, Sendable {
  public var person: PersonID
  /// The session that it was given to: it holds no longer than that.
  public var session: LoginSessionID

  public init(person: PersonID, session: LoginSessionID) {
    self.person = person
    self.session = session
  }
}

/// The claims of an access token (RFC 9068 section 2.2). What the person may do is not among them: it
/// is asked of the store with each request, so that nobody keeps for ten minutes what was taken away.
struct AccessClaims: JWTPayload {
  var iss: String
  var aud: String
  var sub: String
  var client_id: String
  var sid: String
  var jti: String
  var iat: Int64
  var exp: Int64

  /// Whoever verifies compares the claims itself, with its own clock.
  func verify(using _: some JWTAlgorithm) {}
}
