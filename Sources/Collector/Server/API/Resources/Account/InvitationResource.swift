import JSON
import Model
import OpenSSL
import Postgres
import SignIn
import Store

/// `/api/v1/invitations`: how people come into an organization.
enum InvitationResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/invitations", .scope(.membersRead),
      Operation(
        "listInvitations", .organization, "List invitations", "Newest first.",
        query: Parameter.page, answer: .page(of: MemberSchema.invitation, "Invitations.")),
      handler: list),
    .post(
      "/api/v1/invitations", .scope(.membersWrite),
      Operation(
        "createInvitation", .organization, "Invite somebody",
        "It works once, as long as whoever made it could still give its role.",
        body: MemberSchema.newInvitation, examples: [("a colleague", ["role": "editor"])],
        answer: .created(MemberSchema.madeInvitation, "The invitation and its secret."),
        refusals: [.notAllowed, .conflict], tellsSecret: true), handler: create),
    .get(
      "/api/v1/invitations/{id}", .scope(.membersRead),
      Operation(
        "getInvitation", .organization, "Read an invitation",
        answer: .tagged(MemberSchema.invitation, "The invitation.")), handler: get),
    .delete(
      "/api/v1/invitations/{id}", .scope(.membersWrite),
      Operation(
        "revokeInvitation", .organization, "Revoke an invitation",
        "Its record stays. It may be repeated.", answer: .done("It can't be used."),
        refusals: [.notAllowed]), handler: revoke),
    .post(
      "/api/v1/invitations/offer", .anyone,
      Operation(
        "readOffer", .account, "What an invitation offers", body: MemberSchema.secret,
        answer: .ok(MemberSchema.offer, "The offer."),
        refusals: [.notFound, .rateLimited, .unavailable]), handler: offer),
    .post(
      "/api/v1/invitations/redeem", .anyone,
      Operation(
        "redeemInvitation", .account, "Take an invitation up without an account",
        "Makes the account. Who has one signs in and uses `POST /api/v1/account/memberships`.",
        body: MemberSchema.redemption,
        answer: .created(AccountSchema.login, "The new person's session."),
        refusals: [.conflict, .rateLimited, .crossSite, .overloaded, .unavailable],
        tellsSecret: true), handler: redeem),
    .post(
      "/api/v1/account/memberships", .person,
      Operation(
        "acceptInvitation", .account, "Take an invitation up", body: MemberSchema.secret,
        answer: .ok(MemberSchema.membership, "What you are now, and where."),
        refusals: [.conflict]), handler: accept),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "invitations", cursorValues: 2)
    let position = try page.cursor.map { cursor throws(Problem) in
      guard let made = Int64(cursor.values[0]).flatMap({ Timestamp(bounded: $0) }),
        let id = InvitationID(cursor.values[1])
      else {
        throw PageRequest.badCursor
      }
      return InvitationRecord.Position(createdAt: made, id: id)
    }
    let records = try await context.store.run {
      try InvitationQueries.list(
        after: position, limit: page.limit + 1, organization: organization, on: $0)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last?.position : nil
    return .page(
      shown.map { .object(json($0)) },
      next: next.map { position in
        Cursor(
          list: "invitations",
          values: [String(position.createdAt.microseconds), position.id.description]
        ).text
      }, of: request)
  }

  private struct Wish {
    var role: Role
    var email: EmailAddress?
    var lifetimeSeconds: Int64
  }

  private static func create(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let wish = try request.readBody { reader -> Wish? in
      let role = MemberResource.role(&reader)
      let email = reader.has("email") ? AccountFields.email(&reader) : nil
      let longest = InvitationQueries.longestLifetimeSeconds
      let lifetime = reader.integer("lifetime_s", in: Int64(60)...longest)
      return role.map {
        Wish(
          role: $0, email: email,
          lifetimeSeconds: lifetime ?? InvitationQueries.defaultLifetimeSeconds)
      }
    }
    let origin = context.configuration.publicOrigin
    return try await request.write(context) { write in
      let (record, secret) = try InvitationQueries.create(
        role: wish.role, email: wish.email, lifetimeSeconds: wish.lifetimeSeconds,
        organization: caller.organization, in: write)
      var object = json(record)
      object["secret"] = .string(secret.text)
      // Behind the number sign, so that it reaches no server's log.
      object["link"] = .optional(origin.map { "\($0)/join#\(secret.text)" })
      return .created(.object(object), at: "/api/v1/invitations/\(record.id)")
    }
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: InvitationID = try request.identifier("id", of: "invitation")
    let record = try await context.store.run {
      try InvitationQueries.get(id, organization: organization, on: $0)
    }
    guard let record else { throw Problem.noSuch("invitation") }
    return .ok(.object(json(record)))
  }

  private static func revoke(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let id: InvitationID = try request.identifier("id", of: "invitation")
    let record = try await context.store.run { connection in
      try AuditTrail.write(by: request.audit(as: caller.actor), on: connection) {
        try InvitationQueries.revoke(id, organization: caller.organization, in: $0)
      }
    }
    guard record != nil else { throw Problem.noSuch("invitation") }
    return .noContent
  }

  private static func offer(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let text = try request.readBody { AccountFields.required("secret", 1...64, &$0) }
    let offer = try await context.store.run { connection in
      try InvitationSecret(text).flatMap { try InvitationQueries.offer(of: $0, on: connection) }
    }
    guard let offer else { throw Problem(.notFound, "There is no such invitation.") }
    return .ok([
      "organization": ["name": .string(offer.organizationName)],
      "role": .string(offer.role.rawValue), "email": .optional(offer.email),
      "expires_at": .string(offer.expiresAt.description),
      "standing": .string(
        offer.standing(for: offer.email.flatMap { EmailAddress($0) }).rawValue),
    ])
  }

  private struct Redemption {
    var secret: String
    var email: EmailAddress
    var name: String
    var password: String
    var kind: LoginSession.Kind
  }

  private static func redeem(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let wish = try request.readBody { reader -> Redemption? in
      let secret = AccountFields.required("secret", 1...64, &reader)
      let email = AccountFields.email(&reader)
      let name = AccountFields.line("name", &reader)
      let password = AccountFields.required("password", 1...1024, &reader)
      let kind = AccountFields.kind(&reader)
      guard let secret, let email, let name, let password else { return nil }
      return Redemption(
        secret: secret, email: email, name: name, password: password, kind: kind)
    }
    try request.requireOwnSite()
    let passwords = Passwords(request, context)
    try await passwords.charge(nil)
    guard let secret = InvitationSecret(wish.secret),
      let offer = try await context.store.run({ try InvitationQueries.offer(of: secret, on: $0) })
    else { throw AccountRefusal.invitation(.unknown) }
    let standing = offer.standing(for: wish.email)
    guard standing == .open else { throw AccountRefusal.invitation(standing) }
    // Whoever took somebody's address here would be signed in to by its owner.
    if context.signIn.oidc?.settings.trustsEmail == true, offer.email == nil {
      throw Problem(
        .conflict,
        "Addresses are those of the provider of identities here: ask for an invitation bound to yours."
      )
    }
    let hash = try await passwords.hash(wish.password, of: wish.email)
    let draft = PersonDraft(email: wish.email, name: wish.name, passwordHash: hash.text)
    let (session, token) = try await context.store.run { connection in
      // All of it or nothing: an account without its membership would be in the way of a next try.
      try AuditTrail.write(
        by: request.audit(as: .system("invitation")), on: connection
      ) { write in
        let person = try InvitationQueries.redeem(secret, draft, in: write).person
        return try LoginSessions.begin(
          wish.kind, of: person.id, proof: .password(hash), from: request.client, in: write)
      }
    }
    return try await SignedIn.answer(session, token, context)
  }

  private static func accept(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try request.signedIn
    let text = try request.readBody { AccountFields.required("secret", 1...64, &$0) }
    guard let secret = InvitationSecret(text) else {
      throw AccountRefusal.invitation(.unknown)
    }
    let (organization, member) = try await context.store.run { connection in
      try AuditTrail.write(by: request.audit(as: person.actor), on: connection) { write in
        let (id, member) = try InvitationQueries.accept(secret, by: person.id, in: write)
        return (try OrganizationQueries.get(id, on: write.connection), member)
      }
    }
    guard let organization else { throw Problem.noSuchOrganization }
    return .ok([
      "organization": [
        "id": .string(organization.uuid.description), "name": .string(organization.name),
      ], "role": .string(member.role.rawValue),
    ])
  }

  private static func json(_ record: InvitationRecord) -> JSONObject {
    var object = JSONObject()
    object["id"] = .string(record.id.description)
    object["role"] = .string(record.role.rawValue)
    object["email"] = .optional(record.email)
    object["standing"] = .string(record.standing.rawValue)
    object["made_by"] = .optional(record.maker?.description)
    object["created_at"] = .string(record.createdAt.description)
    object["expires_at"] = .string(record.expiresAt.description)
    object["used_at"] = .optional(record.usedAt?.description)
    object["used_by"] = .optional(record.usedBy?.description)
    object["revoked_at"] = .optional(record.revokedAt?.description)
    return object
  }
}
