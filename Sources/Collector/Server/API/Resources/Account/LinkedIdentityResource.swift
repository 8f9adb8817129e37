import JSON
import Model
import Postgres
import SignIn
import Store

/// `/api/v1/account/identities`: who a person is at providers of identities.
enum LinkedIdentityResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/account/identities", .person,
      Operation(
        "listIdentities", .account, "List your identities at providers",
        answer: .ok(
          .told(["items": .array(of: AccountSchema.identity)]), "Who lets you in beside a password."
        )),
      handler: list),
    .post(
      "/api/v1/account/identities", .person,
      Operation(
        "linkIdentity", .account, "Begin to add an identity to your account",
        "For browsers: go to the address of the answer with the cookie that comes with it; the provider "
          + "sends you back.", body: AccountSchema.passwordProof,
        answer: .ok(.told(["url": .text]), "Where the browser goes."),
        refusals: [.notFound, .wrongCredentials, .overloaded, .unavailable], tellsSecret: true),
      handler: link),
    .post(
      "/api/v1/account/identities/{id}/remove", .person,
      Operation(
        "removeIdentity", .account, "Take an identity from your account",
        "Its provider lets nobody in as you any more; sessions that it began go on.",
        body: AccountSchema.passwordProof, answer: .done("It is gone."),
        refusals: [.wrongCredentials, .overloaded]), handler: remove),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let id = try request.signedIn.id
    let identities = try await context.store.run { try OIDCIdentities.list(of: id, on: $0) }
    return .ok(["items": .array(identities.map(json))])
  }

  private static func link(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try await confirmed(request, context)
    let (address, cookie) = try await OIDCResource.set(out: OIDCTrip(linking: person.id), context)
    var answer = APIAnswer.ok(["url": .string(address)])
    answer.headers.append(cookie)
    return answer
  }

  private static func remove(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let id: LinkedIdentityID = try request.identifier("id", of: "identity")
    let own = try request.signedIn.id
    let known = try await context.store.run { try OIDCIdentities.list(of: own, on: $0) }
    guard known.contains(where: { $0.id == id }) else { throw Problem.noSuch("identity") }
    let person = try await confirmed(request, context)
    let audit = request.audit(as: person.actor)
    let existed = try await context.store.run { connection in
      try AuditTrail.write(by: audit, on: connection) {
        try OIDCIdentities.unlink(id, from: person.id, in: $0)
      }
    }
    guard existed else { throw Problem.noSuch("identity") }
    return .noContent
  }

  /// Who has shown their password: whoever found a browser open adds no way in of their own, and takes
  /// none away.
  private static func confirmed(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> SignedInPerson {
    let person = try request.signedIn
    let password = try request.readBody { AccountFields.required("password", 1...1024, &$0) }
    _ = try await Passwords(request, context).confirm(password, of: person)
    return person
  }

  private static func json(_ identity: OIDCIdentities.Record) -> JSONValue {
    [
      "id": .string(identity.id.description), "issuer": .string(identity.issuer),
      "subject": .string(identity.subject), "created_at": .string(identity.createdAt.description),
      "last_used_at": .optional(identity.lastUsedAt?.description),
    ]
  }
}
