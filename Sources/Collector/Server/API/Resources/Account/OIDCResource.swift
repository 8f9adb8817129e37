import HTTPTypes
import JSON
import Model
import Postgres
import SignIn
import Store

/// `/login/oidc`: signing in at a provider of identities (OpenID Connect, code flow with PKCE). These
/// are addresses that a browser goes to, not calls of programs.
enum OIDCResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/login/oidc", .anyone,
      Operation(
        "listProviders", .account, "List the providers of identities",
        answer: .ok(
          .told(["items": .array(of: .told(["name": .text, "url": .text]))]),
          "Where a browser begins to sign in; none where none is configured.")), handler: list),
    .get(
      "/login/oidc", .anyone,
      Operation(
        "beginProviderLogin", .account, "Begin to sign in at the provider of identities",
        "For browsers.", answer: away, refusals: [.notFound, .unavailable], tellsSecret: true),
      handler: begin),
    .get(
      "/login/oidc/callback", .anyone,
      Operation(
        "endProviderLogin", .account, "Where the provider sends the browser back",
        "The identity must be known here: linked before, or of a known e-mail address where the "
          + "provider is trusted with those.",
        query: [
          .query("state", .string(1...256), "As it was sent."),
          .query("code", .string(1...4096), "What is exchanged."),
          .query("error", .string(1...256), "Why there is no code."),
        ], answer: away,
        refusals: [.notFound, .unavailable, .wrongCredentials, .notAllowed, .conflict],
        tellsSecret: true, takesOtherQuery: true), handler: end),
  ]

  private static let away = Operation.Answer(
    status: 303, description: "The browser goes on to there.", body: nil, headers: [.location])
  private static let cookie = "__Host-upblit-oidc"
  private static let start = "/login/oidc"

  /// Whether a route is one that browsers go to.
  static func leadsBrowsers(_ route: Route) -> Bool {
    ["beginProviderLogin", "endProviderLogin"].contains(route.operation.id)
  }

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let items: [JSONValue] =
      context.signIn.oidc.map { provider in
        [["name": .string(provider.settings.name), "url": .string(start)]]
      } ?? []
    return .ok(["items": .array(items)])
  }

  private static func begin(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let (address, cookie) = try await set(out: OIDCTrip(), context)
    return APIAnswer(status: 303, headers: [("location", address), cookie])
  }

  /// Where a browser goes that sets out, and the cookie that it carries meanwhile.
  static func set(
    out trip: OIDCTrip, _ context: APIContext
  ) async throws -> (address: String, cookie: (String, String)) {
    let (provider, redirect) = try provider(context)
    let address: String
    do {
      address = try await provider.address(of: trip, returnTo: redirect)
    } catch let problem as OIDCProblem {
      throw Problem(problem)
    }
    let carried = try trip.sealed(context.configuration.sealingKey)
    return (address, SessionCookie.header(cookie, carried, seconds: OIDCTrip.lifetime))
  }

  private static func end(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let (provider, redirect) = try provider(context)
    let trip: OIDCTrip
    let user: OIDCUser
    do {
      guard let state = request.query["state"],
        let carried = SessionCookie.value(of: cookie, request.headers)
      else { throw OIDCProblem.mismatch }
      trip = try OIDCTrip(
        sealed: carried, state: state, context.configuration.sealingKey, now: .now())
      guard let code = request.query["code"] else {
        throw OIDCProblem.refused(request.query["error"] ?? "nothing")
      }
      // Each asks the provider, in our name.
      try await Passwords(request, context).charge(nil)
      user = try await provider.user(code: code, of: trip, returnTo: redirect, now: .now())
    } catch let problem as OIDCProblem {
      throw Problem(problem)
    }
    var answer = APIAnswer(
      status: 303, headers: [("location", "/"), SessionCookie.header(cookie, "", seconds: 0)])
    if let person = trip.linking {
      try await add(user, to: person, request, context)
    } else {
      let (session, token) = try await signIn(user, provider.settings, request, context)
      answer.headers.append(SignedIn.cookie(session, token))
    }
    return answer
  }

  /// Adds an identity to the account of whoever began, who must be signed in still.
  private static func add(
    _ user: OIDCUser, to person: PersonID, _ request: APIRequest, _ context: APIContext
  ) async throws {
    let client = request.client
    guard let token = SessionCookie.find(request.headers) else {
      throw Problem(OIDCProblem.mismatch)
    }
    try await context.store.run { connection in
      guard
        let session = try LoginSessions.find(
          token, kind: .browser, from: client, on: connection),
        let signedIn = try SessionIdentities.person(
          of: session.id, session.person, on: connection), signedIn.id == person
      else { throw Problem(OIDCProblem.mismatch) }
      try AuditTrail.write(by: request.audit(as: signedIn.actor), on: connection) {
        try OIDCIdentities.link(
          issuer: user.issuer, subject: user.subject, to: person, in: $0)
      }
    }
  }

  /// Begins a session of the person whose identity it is.
  private static func signIn(
    _ user: OIDCUser, _ settings: OIDCSettings, _ request: APIRequest, _ context: APIContext
  ) async throws -> (LoginSession, RefreshToken) {
    try await context.store.run { connection in
      let known = try OIDCIdentities.find(
        issuer: user.issuer, subject: user.subject, on: connection)
      var person = try known.flatMap { try PersonQueries.get($0, on: connection) }
      if person == nil, settings.trustsEmail, user.isEmailVerified,
        let email = user.email.flatMap({ EmailAddress($0) })
      {
        person = try PersonQueries.find(email, on: connection)
      }
      guard let person, person.disabledAt == nil else {
        throw Problem.wrong(
          "Nobody here has this identity; sign in otherwise and link it, or ask for an invitation.")
      }
      let audit = request.audit(as: .person(person.id, label: person.email))
      return try AuditTrail.write(by: audit, on: connection) { write in
        if known == nil {
          try OIDCIdentities.link(
            issuer: user.issuer, subject: user.subject, to: person.id, in: write)
        }
        return try LoginSessions.begin(
          .browser, of: person.id, proof: .provider, from: request.client, in: write)
      }
    }
  }

  /// The provider and where it sends browsers back; 404 where none is configured.
  private static func provider(
    _ context: APIContext
  ) throws(Problem) -> (OIDCProvider, redirect: String) {
    guard let provider = context.signIn.oidc, let origin = context.configuration.publicOrigin
    else { throw Problem(.notFound, "No provider of identities is configured here.") }
    return (provider, origin + OIDCSettings.callbackPath)
  }
}

extension Problem {
  init(_ problem: OIDCProblem) {
    switch problem {
    case .provider: self.init(.unavailable, problem.description)
    case .refused, .mismatch, .expired: self = .wrong(problem.description)
    }
  }
}
