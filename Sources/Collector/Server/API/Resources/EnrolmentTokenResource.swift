import JSON
import Model
import Postgres
import Signing
import Store

/// `/api/v1/enrolment-tokens`: single-use secrets by which agents enrol.
enum EnrolmentTokenResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/enrolment-tokens", .scope(.agentsRead),
      Operation(
        "listEnrolmentTokens", .agents, "List enrolment tokens",
        "Newest first. Operators see those of shared agents too.", query: Parameter.page,
        answer: .page(of: AgentSchema.token, "Tokens without their secrets.")), handler: list),
    .post(
      "/api/v1/enrolment-tokens", .scope(.agentsWrite),
      Operation(
        "createEnrolmentToken", .agents, "Make an enrolment token",
        "It enrols one agent, once. The answer is the only one that holds the secret.",
        body: AgentSchema.newToken,
        examples: [("an agent in Europe", ["region": "eu-west", "shared": false])],
        answer: .created(
          AgentSchema.madeToken, "The token, its secret, and the command to use it with."),
        tellsSecret: true),
      handler: create),
    .get(
      "/api/v1/enrolment-tokens/{id}", .scope(.agentsRead),
      Operation(
        "getEnrolmentToken", .agents, "Read an enrolment token",
        answer: .tagged(AgentSchema.token, "The token without its secret.")), handler: get),
    .delete(
      "/api/v1/enrolment-tokens/{id}", .scope(.agentsWrite),
      Operation(
        "revokeEnrolmentToken", .agents, "Revoke an enrolment token",
        "Its record stays; one that was used stays used. It may be repeated.",
        answer: .done("It can't be used.")), handler: revoke),
  ]

  private struct Wish {
    var purpose = EnrolmentTokens.Purpose()
    var lifetimeSeconds = EnrolmentTokens.defaultLifetimeSeconds
    var shared: Bool?
  }

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let page = try PageRequest(request, list: "enrolment-tokens", cursorValues: 2)
    let position = try page.cursor.map(position)
    let records = try await context.store.run { connection in
      try EnrolmentTokenDirectory.list(
        after: position, limit: page.limit + 1, shared: caller.isOperator,
        organization: caller.organization, on: connection)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last : nil
    return .page(
      shown.map { .object(json($0)) },
      next: next.map { record in
        Cursor(
          list: "enrolment-tokens",
          values: [String(record.createdAt.microseconds), record.id.description]
        ).text
      }, of: request)
  }

  /// The only answer that holds the token's text and the command to use it with.
  private static func create(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let wish = try request.readBody(read)
    let shared = wish.shared ?? caller.isOperator
    if shared { try Authenticator.require(.installationOperator, of: caller) }
    let owner = shared ? nil : caller.organization
    let configuration = context.configuration
    return try await request.write(context) { write in
      var purpose = wish.purpose
      purpose.organizationID = owner?.rawValue
      let made = try EnrolmentTokens.create(
        purpose, lifetimeSeconds: wish.lifetimeSeconds, key: configuration.sealingKey,
        write.connection)
      let token = EnrolmentToken(
        id: made.record.id, secret: made.secret, pins: configuration.pins)
      guard
        let record = try EnrolmentTokenDirectory.get(
          made.record.id, shared: shared, organization: caller.organization,
          on: write.connection)
      else { throw Problem.noSuch("enrolment token") }
      try write.record(
        AuditEntry(
          "enrolment_token.create", organization: owner, objectID: record.id.description,
          change: settings(record)))
      let object = try secret(of: token, configuration).members.reduce(into: json(record)) {
        $0[$1.name] = $1.value
      }
      return .created(.object(object), at: "/api/v1/enrolment-tokens/\(record.id)")
    }
  }

  /// What only the maker of a token is told.
  private static func secret(
    of token: EnrolmentToken, _ configuration: APIConfiguration
  ) throws -> JSONObject {
    let text = try token.text()
    // Without a pin there is no TLS: only on a loopback.
    let scheme = configuration.pins.isEmpty ? "plain" : "tls"
    let collector = "\(scheme)://\(configuration.ingressAddress)"
    var object = JSONObject()
    object["token"] = .string(text)
    object["collector"] = .string(collector)
    object["pins"] = .strings(configuration.pins.map(\.description))
    object["command"] = .string(
      "echo \(text) | upblit-agent enroll --collector \(collector) --token-file -")
    return object
  }

  private static func settings(_ record: EnrolmentTokenDirectory.Record) -> JSONValue {
    [
      "name": .optional(record.name), "region": .optional(record.region),
      "provider": .optional(record.provider),
      "expires_at": .string(record.expiresAt.description),
    ]
  }

  private static func read(_ reader: inout ObjectReader) -> Wish? {
    var wish = Wish()
    wish.purpose.name = label("name", &reader)
    wish.purpose.region = label("region", &reader)
    wish.purpose.provider = label("provider", &reader)
    wish.shared = reader.bool("shared")
    if let seconds = reader.integer("lifetime_s", in: Int64(60)...7 * 86_400) {
      wish.lifetimeSeconds = seconds
    }
    return wish
  }

  /// A name of up to 64 bytes; regions and providers are words.
  private static func label(_ name: String, _ reader: inout ObjectReader) -> String? {
    guard let text = reader.string(name, bytes: 1...64) else { return nil }
    let isWord = text.utf8.allSatisfy {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
        || "-_.".utf8.contains($0)
    }
    if name != "name", !isWord {
      reader.note(reader.child(name), "must consist of lower-case letters, digits and hyphens")
    } else if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
      reader.note(reader.child(name), "must not contain control characters")
    }
    return text
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let id: TokenID = try request.identifier("id", of: "enrolment token")
    return try await context.store.run { connection in
      .ok(.object(json(try find(id, for: caller, connection))))
    }
  }

  /// A token that was used stays used; revoking again does nothing.
  private static func revoke(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let id: TokenID = try request.identifier("id", of: "enrolment token")
    return try await request.write(context) { write in
      let record = try find(id, for: caller, write.connection)
      let owner = record.isShared ? nil : caller.organization
      if try EnrolmentTokens.revoke(id, organization: owner?.rawValue, write.connection) {
        try write.record(
          AuditEntry(
            "enrolment_token.revoke", organization: owner, objectID: id.description,
            change: settings(record)))
      } else {
        write.nothingChanged()
      }
      return .noContent
    }
  }

  private static func find(
    _ id: TokenID, for caller: Identity, _ connection: Connection
  ) throws -> EnrolmentTokenDirectory.Record {
    guard
      let record = try EnrolmentTokenDirectory.get(
        id, shared: caller.isOperator, organization: caller.organization, on: connection)
    else { throw Problem.noSuch("enrolment token") }
    return record
  }

  private static func json(_ record: EnrolmentTokenDirectory.Record) -> JSONObject {
    var object = JSONObject()
    object["id"] = .string(record.id.description)
    object["state"] = .string(record.state)
    object["shared"] = .bool(record.isShared)
    object["name"] = .optional(record.name)
    object["region"] = .optional(record.region)
    object["provider"] = .optional(record.provider)
    object["created_at"] = .string(record.createdAt.description)
    object["expires_at"] = .string(record.expiresAt.description)
    object["used_at"] = .optional(record.usedAt?.description)
    object["revoked_at"] = .optional(record.revokedAt?.description)
    object["agent"] = .optional(record.agent?.description)
    return object
  }

  private static func position(
    _ cursor: Cursor
  ) throws(Problem) -> EnrolmentTokenDirectory.Position {
    guard let time = Int64(cursor.values[0]), let createdAt = Timestamp(bounded: time),
      let id = TokenID(cursor.values[1])
    else { throw PageRequest.badCursor }
    return EnrolmentTokenDirectory.Position(createdAt: createdAt, id: id)
  }
}
