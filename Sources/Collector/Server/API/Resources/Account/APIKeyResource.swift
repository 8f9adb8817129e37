import JSON
import Model
import Postgres
import Store

/// `/api/v1/api-keys`: the keys by which programs act in an organization.
enum APIKeyResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/api-keys", .scope(.keysRead),
      Operation(
        "listAPIKeys", .organization, "List API keys", "Oldest first, revoked ones too.",
        query: Parameter.page, answer: .page(of: APIKeySchema.key, "Keys without their secrets.")),
      handler: list),
    .post(
      "/api/v1/api-keys", .scope(.keysWrite),
      Operation(
        "createAPIKey", .organization, "Make an API key",
        "It may do what its scopes say, and never more than its maker may at that moment. The answer "
          + "is the only one that holds the secret.", body: APIKeySchema.new,
        examples: [("reads alone", ["name": "dashboard", "scopes": ["monitors:read"]])],
        answer: .created(APIKeySchema.made, "The key and its secret."),
        refusals: [.notAllowed, .conflict], tellsSecret: true), handler: create),
    .get(
      "/api/v1/api-keys/{id}", .scope(.keysRead),
      Operation(
        "getAPIKey", .organization, "Read an API key",
        answer: .tagged(APIKeySchema.key, "The key without its secret.")), handler: get),
    .delete(
      "/api/v1/api-keys/{id}", .scope(.keysWrite),
      Operation(
        "revokeAPIKey", .organization, "Revoke an API key",
        "At once and for ever; its record stays. It may be repeated.",
        answer: .done("It can't be used."), refusals: [.notAllowed]), handler: revoke),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "api-keys", cursorValues: 2)
    let position = try page.cursor.map { cursor throws(Problem) in
      guard let made = Int64(cursor.values[0]).flatMap({ Timestamp(bounded: $0) }),
        let id = APIKeyID(cursor.values[1])
      else {
        throw PageRequest.badCursor
      }
      return APIKeyQueries.Position(createdAt: made, id: id)
    }
    let records = try await context.store.run {
      try APIKeyQueries.list(
        after: position, limit: page.limit + 1, organization: organization, on: $0)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last?.position : nil
    return .page(
      shown.map { .object(json($0)) },
      next: next.map { position in
        Cursor(
          list: "api-keys",
          values: [String(position.createdAt.microseconds), position.id.description]
        ).text
      }, of: request)
  }

  private static func create(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let draft = try request.readBody(read)
    return try await request.write(context) { write in
      let (record, secret) = try APIKeyQueries.create(
        draft, organization: caller.organization, in: write)
      var object = json(record)
      object["secret"] = .string(secret.text)
      return .created(.object(object), at: "/api/v1/api-keys/\(record.id)")
    }
  }

  private static func read(_ reader: inout ObjectReader) -> APIKeyDraft? {
    let name = AccountFields.line("name", &reader)
    reader.require("scopes")
    let words = reader.strings("scopes", count: Scope.allCases.count, bytes: 1...64)
    var scopes: Set<Scope> = []
    for (index, word) in (words ?? []).enumerated() {
      if let scope = Scope(rawValue: word) {
        scopes.insert(scope)
      } else {
        reader.note(
          reader.child("scopes") + "/\(index)",
          "must be one of " + Scope.allCases.map(\.rawValue).joined(separator: ", "))
      }
    }
    var expiresAt: Timestamp?
    if let text = reader.string("expires_at", bytes: 1...64) {
      expiresAt = Timestamp(rfc3339: text)
      if expiresAt.map({ $0 <= .now() }) ?? true {
        reader.note(
          reader.child("expires_at"), "must be a time to come such as 2031-01-31T12:00:00Z")
      }
    }
    var networks: [IPNetwork]?
    if let texts = reader.strings("networks", count: 32, bytes: 2...64) {
      networks = []
      for (index, text) in texts.enumerated() {
        if let network = IPNetwork(text) {
          networks?.append(network)
        } else {
          reader.note(
            reader.child("networks") + "/\(index)", "must be a range such as 192.0.2.0/24")
        }
      }
    }
    if words?.isEmpty == true { reader.note(reader.child("scopes"), "must not be empty") }
    if networks?.isEmpty == true {
      reader.note(reader.child("networks"), "must not be empty: leave it out for everywhere")
    }
    guard let name, !scopes.isEmpty else { return nil }
    return APIKeyDraft(name: name, scopes: scopes, expiresAt: expiresAt, networks: networks)
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: APIKeyID = try request.identifier("id", of: "API key")
    let record = try await context.store.run {
      try APIKeyQueries.get(id, organization: organization, on: $0)
    }
    guard let record else { throw Problem.noSuch("API key") }
    return .ok(.object(json(record)))
  }

  private static func revoke(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let id: APIKeyID = try request.identifier("id", of: "API key")
    let record = try await context.store.run { connection in
      try AuditTrail.write(by: request.audit(as: caller.actor), on: connection) {
        try APIKeyQueries.revoke(id, organization: caller.organization, in: $0)
      }
    }
    guard record != nil else { throw Problem.noSuch("API key") }
    return .noContent
  }

  private static func json(_ record: APIKeyQueries.Record) -> JSONObject {
    var object = JSONObject()
    object["id"] = .string(record.id.description)
    object["name"] = .string(record.name)
    object["scopes"] = .strings(record.scopes.map(\.rawValue).sorted())
    object["effective_scopes"] = .strings(record.effectiveScopes.map(\.rawValue).sorted())
    object["hint"] = .string(record.secretHint)
    object["networks"] = record.networks.map { .strings($0.map(\.description)) } ?? .null
    object["made_by"] = .optional(record.maker?.description)
    object["parent"] = .optional(record.parent?.description)
    object["created_at"] = .string(record.createdAt.description)
    object["expires_at"] = .optional(record.expiresAt?.description)
    object["last_used_at"] = .optional(record.lastUsedAt?.description)
    object["last_address"] = .optional(record.lastAddress)
    object["revoked_at"] = .optional(record.revokedAt?.description)
    return object
  }
}
