import JSON
import Linux

/// What came of a login: who signed in, and the tokens of the new session.
public struct SignIn: Sendable {
  public let person: Person
  public let session: LoginSession
  public let tokens: SessionTokens

  init?(_ json: JSONValue, nowMs: Int64) {
    guard let tokens = SessionTokens(json, nowMs: nowMs) else { return nil }
    self.tokens = tokens
    person = Person(json["person"] ?? .null)
    session = LoginSession(json["session"] ?? .null)
  }
}

extension APIClient {
  /// Signs a person in; the client needs no credential for it.
  ///
  /// - Parameter code: the six digits of the second factor, or a recovery code, where the account has one.
  /// - Throws: a problem of kind `wrong-credentials`, or `second-factor-required` where a code is needed.
  public func signIn(
    email: String, password: String, code: String? = nil
  ) async throws(APIError) -> SignIn {
    var body = JSONObject()
    body["email"] = .string(email)
    body["password"] = .string(password)
    body["code"] = code.map { .string($0) }
    body["kind"] = "command"
    return try await signIn(at: "/api/v1/login", .object(body))
  }

  /// Makes the first person of an installation, an operator, with the secret of the collector's log;
  /// the organization is made where it is missing.
  public func setUp(
    secret: String, email: String, name: String, password: String, organization: String
  ) async throws(APIError) -> SignIn {
    try await signIn(
      at: "/api/v1/setup",
      [
        "secret": .string(secret), "email": .string(email), "name": .string(name),
        "password": .string(password), "organization": .string(organization),
      ])
  }

  /// Makes an account by an invitation, and signs in with it.
  public func redeem(
    invitation secret: String, email: String, name: String, password: String
  ) async throws(APIError) -> SignIn {
    try await signIn(
      at: "/api/v1/invitations/redeem",
      [
        "secret": .string(secret), "email": .string(email), "name": .string(name),
        "password": .string(password),
      ])
  }

  /// Ends the session that asks, at the collector.
  public func signOut() async throws(APIError) {
    _ = try await send(APIRequest("POST", "/api/v1/logout"))
  }

  /// Changes the password of the person who asks. All other sessions of theirs end, and this one is
  /// replaced by the one that is returned.
  public func changePassword(
    from old: String, to new: String
  ) async throws(APIError) -> SignIn {
    try await signIn(
      at: "/api/v1/account/password", ["password": .string(old), "new_password": .string(new)])
  }

  private func signIn(at path: String, _ body: JSONValue) async throws(APIError) -> SignIn {
    guard configuration.server.keepsSecrets else { throw .insecure(configuration.server) }
    let now = AgentClock.wallMs()
    let answer = try await send(APIRequest("POST", path, body: body))
    guard let signIn = SignIn(answer.json, nowMs: now) else {
      throw .notACollector(server, status: answer.status)
    }
    return signIn
  }

  /// The next tokens of a session. Sent without a credential: the refresh token is one.
  func refresh(_ tokens: SessionTokens) async throws(APIError) -> SessionTokens {
    var configuration = configuration
    configuration.credential = nil
    configuration.organization = nil
    let now = AgentClock.wallMs()
    let request = APIRequest(
      "POST", "/api/v1/login/refresh", body: ["refresh_token": .string(tokens.refresh)])
    let answer: APIAnswer
    do throws(APIError) { answer = try await send(request, configuration) } catch {
      if case .problem(let problem) = error, problem.status == 401 {
        throw .session(server, reason: "it has ended, or was ended elsewhere")
      }
      throw error
    }
    guard let next = SessionTokens(answer.json, nowMs: now) else {
      throw .notACollector(server, status: answer.status)
    }
    return next
  }
}
