import HTTPTypes
import Model
import Postgres
import SignIn
import Store

/// Finds out who sends a request: an API key, an access token, or a browser's session.
struct Authenticator: Sendable {
  let store: PostgresPool
  let tokens: AccessTokens
  /// The site's own origin, where the configuration says it.
  let publicOrigin: String?

  static let howTo =
    "Send the header `Authorization: Bearer ...` with an API key that has not been revoked, or sign in."

  /// Who asks.
  enum Caller: Sendable {
    case key(Identity)
    case person(SignedInPerson)

    /// Names who has an allowance: the key, or the person with all their sessions.
    var id: PostgresUUID {
      switch self {
      case .key(let identity): identity.payerID
      case .person(let person): PostgresUUID(high: person.id.high, low: person.id.low)
      }
    }

    /// Whether a request carries anything that could be looked for.
    static func isNamed(_ headers: HTTPFields) -> Bool {
      !headers[values: .authorization].isEmpty || SessionCookie.find(headers) != nil
    }
  }

  /// Whose credential came with the request. An unknown, a revoked, an expired and a malformed one get
  /// the same answer.
  func identify(_ request: HTTPRequest, from client: ClientMark) async throws -> Caller {
    let values = request.headerFields[values: .authorization]
    guard values.count <= 1 else {
      throw Self.refusal("Two credentials came with the request; send one.")
    }
    guard let value = values.first else { return try await browser(request, client) }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw Self.refusal(Self.howTo)
    }
    let text = String(parts[1])
    if text.hasPrefix(APIKeySecret.prefix) { return try await key(text, client) }
    guard let token = try await tokens.verify(text) else { throw Self.refusal(Self.howTo) }
    let person = try await store.run {
      try SessionIdentities.person(of: token.session, token.person, on: $0)
    }
    guard let person else { throw Self.refusal(Self.howTo) }
    return .person(person)
  }

  /// Where a person acts: in the organization that the request names, or in their only one.
  func place(_ caller: Caller, _ headers: HTTPFields) async throws -> Identity {
    let texts = headers.values(of: "upblit-organization")
    guard texts.count <= 1 else {
      throw Problem(.badRequest, "Name one organization in the header Upblit-Organization.")
    }
    let named = texts.first.map { OrganizationUUID($0) }
    // A name that is none names an organization that nobody has.
    if case .some(.none) = named { throw Problem.noSuchOrganization }
    switch caller {
    case .key(let identity):
      if let named = named ?? nil, named != identity.organizationUUID {
        throw Problem.noSuchOrganization
      }
      return identity
    case .person(let person):
      let place = try await store.run {
        try SessionIdentities.place(of: person, in: named ?? nil, on: $0)
      }
      switch place {
      case .found(let identity): return identity
      case .none: throw Problem.noSuchOrganization
      case .several:
        throw Problem(
          .badRequest,
          "You belong to several organizations: name one in the header Upblit-Organization.")
      }
    }
  }

  /// Throws unless whoever asks may do what `scope` allows.
  static func require(_ scope: Scope, of identity: Identity) throws(Problem) {
    guard !identity.scopes.contains(scope) else { return }
    let who =
      switch identity.credential {
      case .apiKey(_, let name):
        "The key \"\(name)\" lacks the scope \(scope.rawValue); use one that has it."
      case .person(_, let role?):
        "As \(role.rawValue) you lack the scope \(scope.rawValue); ask an owner or admin."
      case .person(_, nil): "You lack the scope \(scope.rawValue)."
      }
    var problem = Problem(.insufficientScope, who)
    problem.headers = [
      ("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"\(scope.rawValue)\"")
    ]
    throw problem
  }

  private func key(_ text: String, _ client: ClientMark) async throws -> Caller {
    guard let secret = APIKeySecret(text) else { throw Self.refusal(Self.howTo) }
    let hash = try secret.hash
    let identity = try await store.run {
      try APIKeyQueries.find(hash: hash, from: client.address, on: $0)
    }
    guard let identity else { throw Self.refusal(Self.howTo) }
    return .key(identity)
  }

  private func browser(_ request: HTTPRequest, _ client: ClientMark) async throws -> Caller {
    guard let token = SessionCookie.find(request.headerFields) else {
      throw Self.refusal(Self.howTo)
    }
    guard SameOrigin.allows(request, publicOrigin: publicOrigin) else {
      throw Problem(.crossSite, "The request comes from a page of another site.")
    }
    let person = try await store.run { connection -> SignedInPerson? in
      let session = try LoginSessions.find(token, kind: .browser, from: client, on: connection)
      return try session.flatMap {
        try SessionIdentities.person(of: $0.id, $0.person, on: connection)
      }
    }
    guard let person else { throw Self.refusal(Self.howTo) }
    return .person(person)
  }

  static func refusal(_ detail: String) -> Problem {
    var problem = Problem(.unauthenticated, detail)
    problem.headers = [Problem.challenge]
    return problem
  }
}

extension Problem {
  static let challenge = ("www-authenticate", "Bearer realm=\"upblit\"")

  static let noSuchOrganization = Problem(
    .notFound, "There is no such organization, or you do not belong to it.")
}
