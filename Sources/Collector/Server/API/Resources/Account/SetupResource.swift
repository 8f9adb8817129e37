import JSON
import Model
import OpenSSL
import Postgres
import Store

/// `/api/v1/setup`: how the first person is made.
enum SetupResource {
  static let routes: [Route] = [
    .post(
      "/api/v1/setup", .anyone,
      Operation(
        "setUp", .account, "Make the first person, an operator",
        "With the secret that the collector's log shows while there is nobody.",
        body: AccountSchema.setup, answer: .created(AccountSchema.login, "The session."),
        refusals: [.conflict, .rateLimited, .crossSite, .overloaded, .unavailable],
        tellsSecret: true),
      handler: setUp)
  ]

  private struct Wish {
    var secret: String
    var email: EmailAddress
    var name: String
    var password: String
    var organization: String
    var kind: LoginSession.Kind
  }

  private static func setUp(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let wish = try request.readBody(read)
    try request.requireOwnSite()
    let passwords = Passwords(request, context)
    try await passwords.charge(nil)
    guard let secret = SetupSecret(wish.secret),
      try await context.store.run({ try SetupLinks.isOpen(secret, on: $0) })
    else { throw AccountRefusal.setupLink }
    let hash = try await passwords.hash(wish.password, of: wish.email)
    let draft = PersonDraft(email: wish.email, name: wish.name, passwordHash: hash.text)
    let (session, token) = try await context.store.run { connection in
      let (person, _) = try SetupLinks.redeem(
        secret, draft, organization: wish.organization, on: connection)
      let audit = request.audit(as: .person(person.id, label: person.email))
      return try AuditTrail.write(by: audit, on: connection) { write in
        try LoginSessions.begin(
          wish.kind, of: person.id, proof: .password(hash), from: request.client, in: write)
      }
    }
    return try await SignedIn.answer(session, token, context)
  }

  private static func read(_ reader: inout ObjectReader) -> Wish? {
    let secret = AccountFields.required("secret", 1...64, &reader)
    let email = AccountFields.email(&reader)
    let name = AccountFields.line("name", &reader)
    let password = AccountFields.required("password", 1...1024, &reader)
    let organization = AccountFields.line("organization", &reader)
    let kind = AccountFields.kind(&reader)
    guard let secret, let email, let name, let password, let organization else { return nil }
    return Wish(
      secret: secret, email: email, name: name, password: password, organization: organization,
      kind: kind)
  }
}
