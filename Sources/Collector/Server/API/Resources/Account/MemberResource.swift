import JSON
import Model
import Postgres
import Store

/// `/api/v1/members`: who belongs to an organization, and as what.
enum MemberResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/members", .scope(.membersRead),
      Operation(
        "listMembers", .organization, "List members", "Who joined first first.",
        query: Parameter.page, answer: .page(of: MemberSchema.member, "Members.")), handler: list),
    .get(
      "/api/v1/members/{id}", .scope(.membersRead),
      Operation(
        "getMember", .organization, "Read a member",
        answer: .tagged(MemberSchema.member, "The member.")), handler: get),
    .patch(
      "/api/v1/members/{id}", .scope(.membersWrite),
      Operation(
        "changeMember", .organization, "Change a member's role",
        "Owners are made and unmade by owners alone; one always stays.",
        body: MemberSchema.change, examples: [("an editor", ["role": "editor"])],
        answer: .tagged(MemberSchema.member, "The member as they are now."),
        refusals: [.notAllowed, .conflict], isConditional: true), handler: change),
    .delete(
      "/api/v1/members/{id}", .scope(.membersRead),
      Operation(
        "removeMember", .organization, "Remove a member, or leave",
        "Keys that they made stop. Others than oneself need `members:write`.",
        answer: .done("They are no member."), refusals: [.notAllowed, .conflict],
        isConditional: true), handler: remove),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "members", cursorValues: 2)
    let position = try page.cursor.map { cursor throws(Problem) in
      guard let joined = Int64(cursor.values[0]).flatMap({ Timestamp(bounded: $0) }),
        let person = PersonID(cursor.values[1])
      else {
        throw PageRequest.badCursor
      }
      return MembershipQueries.Position(
        joinedAt: joined, person: person)
    }
    let records = try await context.store.run {
      try MembershipQueries.list(
        after: position, limit: page.limit + 1, organization: organization, on: $0)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last?.position : nil
    return .page(
      shown.map(json),
      next: next.map { position in
        Cursor(
          list: "members",
          values: [String(position.joinedAt.microseconds), position.person.description]
        ).text
      }, of: request)
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: PersonID = try request.identifier("id", of: "member")
    let member = try await context.store.run {
      try MembershipQueries.get(id, organization: organization, on: $0)
    }
    guard let member else { throw Problem.noSuch("member") }
    return .ok(json(member), version: member.version)
  }

  private static func change(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let id: PersonID = try request.identifier("id", of: "member")
    let role = try request.readBody(role)
    let member = try await context.store.run { connection in
      try AuditTrail.write(by: request.audit(as: caller.actor), on: connection) { write in
        if let old = try MembershipQueries.getLocked(
          id, organization: caller.organization, in: write)
        {
          try request.requireVersion(old.version, of: "member")
        }
        return try MembershipQueries.change(
          id, to: role, organization: caller.organization, in: write)
      }
    }
    guard let member else { throw Problem.noSuch("member") }
    return .ok(json(member), version: member.version)
  }

  /// The role that a body names.
  static func role(_ reader: inout ObjectReader) -> Role? {
    reader.require("role")
    return reader.word("role", of: Role.allCases.map(\.rawValue)).flatMap(Role.init(rawValue:))
  }

  private static func remove(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let id: PersonID = try request.identifier("id", of: "member")
    if caller.person?.id != id { try Authenticator.require(.membersWrite, of: caller) }
    let existed = try await context.store.run { connection in
      try AuditTrail.write(by: request.audit(as: caller.actor), on: connection) { write in
        if let old = try MembershipQueries.getLocked(
          id, organization: caller.organization, in: write)
        {
          try request.requireVersion(old.version, of: "member")
        }
        return try MembershipQueries.remove(id, organization: caller.organization, in: write)
      }
    }
    guard existed else { throw Problem.noSuch("member") }
    return .noContent
  }

  private static func json(_ member: MembershipQueries.Member) -> JSONValue {
    [
      "id": .string(member.person.description), "email": .string(member.email),
      "name": .string(member.name), "role": .string(member.role.rawValue),
      "disabled": .bool(member.isDisabled), "has_second_factor": .bool(member.hasSecondFactor),
      "joined_at": .string(member.joinedAt.description),
      "updated_at": .string(member.updatedAt.description),
    ]
  }
}
