import JSON
import Model
import OpenSSL
import Postgres
import SignIn
import Store

/// `/api/v1/login`: how people sign in, and how a session goes on.
enum LoginResource {
  static let routes: [Route] = [
    .post(
      "/api/v1/login", .anyone,
      Operation(
        "logIn", .account, "Sign in with a password",
        "Tries are counted by account and address. Where a second factor is on, send `code` too. With "
          + "the kind `browser` the session is put into a cookie, `command` answers tokens.",
        body: AccountSchema.credentials,
        examples: [
          ("a program", ["email": "alice@example.org", "password": "correct horse battery"])
        ],
        answer: .created(AccountSchema.login, "The session."),
        refusals: [
          .wrongCredentials, .secondFactorRequired, .rateLimited, .crossSite, .overloaded,
          .unavailable,
        ], tellsSecret: true), handler: logIn),
    .post(
      "/api/v1/login/refresh", .anyone,
      Operation(
        "refreshLogin", .account, "Get the next tokens of a session",
        "Each refresh token works once; one that is used again ends its session.",
        body: AccountSchema.refresh, answer: .created(AccountSchema.login, "The session."),
        refusals: [.wrongCredentials, .unavailable], tellsSecret: true), handler: refresh),
    .post(
      "/api/v1/logout", .person,
      Operation(
        "logOut", .account, "End the session",
        answer: .done("It is ended; a browser's cookie is taken away.")), handler: logOut),
    .get(
      "/.well-known/jwks.json", .anyone,
      Operation(
        "getKeySet", .account, "The keys that access tokens are signed with",
        answer: .tagged(AccountSchema.keys, "A set of keys (RFC 7517)."),
        refusals: [.unavailable]), handler: keySet),
  ]

  private struct Wish {
    var email: EmailAddress
    var password: String
    var code: String?
    var kind: LoginSession.Kind
  }

  private static func logIn(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let wish = try request.readBody { reader -> Wish? in
      let email = AccountFields.email(&reader)
      let password = AccountFields.required("password", 1...1024, &reader)
      let code = reader.string("code", bytes: 6...64)
      let kind = AccountFields.kind(&reader)
      guard let email, let password else { return nil }
      return Wish(email: email, password: password, code: code, kind: kind)
    }
    try request.requireOwnSite()
    let passwords = Passwords(request, context)
    try await passwords.charge(wish.email.text)
    let credentials = try await context.store.run {
      try PersonQueries.credentials(of: wish.email, on: $0)
    }
    let isRight = try await passwords.verify(wish.password, against: credentials?.passwordHash)
    guard isRight, let credentials, let stored = credentials.passwordHash else {
      throw Problem.wrongPassword
    }
    let person = credentials.person
    if person.hasSecondFactor {
      guard let code = wish.code else { throw AccountRefusal.secondFactorRequired }
      try await SecondFactorProof(request, context).check(code, of: person.id, person.email)
    }
    let verified = try await rehashed(stored, wish.password, of: person, context)
    let proof: LoginProof =
      person.hasSecondFactor ? .passwordAndCode(verified) : .password(verified)
    let client = request.client
    let audit = request.audit(as: .person(person.id, label: person.email))
    let (session, token) = try await context.store.run { connection in
      try LoginAttempts.forget(
        account: wish.email.text, address: client.address, on: connection)
      return try AuditTrail.write(by: audit, on: connection) { write in
        try LoginSessions.begin(
          wish.kind, of: person.id, proof: proof, from: client, in: write)
      }
    }
    return try await SignedIn.answer(session, token, context)
  }

  /// The same password under today's parameters, where they have grown since it was set.
  private static func rehashed(
    _ stored: PasswordHash, _ password: String, of person: PersonRecord, _ context: APIContext
  ) async throws -> PasswordHash {
    let gate = context.signIn.passwords
    guard gate.needsRehash(stored), let new = try? await gate.hash(password) else { return stored }
    try await context.store.run {
      try PersonQueries.rehash(person.id, from: stored, to: new, on: $0)
    }
    return new
  }

  private static func refresh(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let text = try request.readBody { AccountFields.required("refresh_token", 1...64, &$0) }
    let client = request.client
    guard let token = RefreshToken(text),
      case .renewed(let session, let next) = try await context.store.run({
        try LoginSessions.renew(token, kind: .command, from: client, on: $0)
      })
    else { throw Problem.wrong("The session has ended; sign in again.") }
    return try await SignedIn.answer(session, next, context)
  }

  private static func logOut(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try request.signedIn
    let audit = request.audit(as: person.actor)
    _ = try await context.store.run { connection in
      try AuditTrail.write(by: audit, on: connection) {
        try LoginSessions.end(person.session, of: person.id, .signedOut, in: $0)
      }
    }
    var answer = APIAnswer.noContent
    answer.headers.append(SessionCookie.clear)
    return answer
  }

  private static func keySet(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let keys = try await context.signIn.tokens.published()
    return .ok(["keys": .array(keys.map(KeySet.json))])
  }
}
