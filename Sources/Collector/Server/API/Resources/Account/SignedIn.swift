import JSON
import Postgres
import SignIn
import Store

/// The answer to whoever has just signed in.
enum SignedIn {
  /// With tokens for programs, with a cookie for browsers, never both.
  static func answer(
    _ session: LoginSession, _ token: RefreshToken, _ context: APIContext
  ) async throws -> APIAnswer {
    let person: AccountDocument?
    let access: AccessTokens.Made
    do {
      person = try await context.store.run { try AccountDocument(session.person, on: $0) }
      access = try await context.signIn.tokens.make(
        AccessToken(person: session.person, session: session.id))
    } catch is PostgresError {
      // What brought them here is stored: nobody should believe that nothing was changed.
      throw Problem(
        .unavailable, "It was done, but the session can't be told of at the moment; sign in.")
    }
    guard let person else { throw Problem.wrongPassword }
    let isBrowser = session.kind == .browser
    var answer = APIAnswer.created(
      [
        "access_token": isBrowser ? .null : .string(access.text), "token_type": "Bearer",
        "expires_in": .integer(access.lifetime),
        "refresh_token": isBrowser ? .null : .string(token.text),
        "session": AccountDocument.json(session, current: session.id), "person": person.json,
      ], at: "/api/v1/sessions/\(session.id)")
    if isBrowser { answer.headers.append(cookie(session, token)) }
    return answer
  }

  /// The header that gives a browser its session.
  static func cookie(_ session: LoginSession, _ token: RefreshToken) -> (String, String) {
    let seconds = (session.expiresAt.microseconds - Timestamp.now().microseconds) / 1_000_000
    return SessionCookie.set(token, seconds: max(1, seconds))
  }
}
