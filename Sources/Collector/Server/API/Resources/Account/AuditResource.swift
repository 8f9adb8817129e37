import JSON
import Model
import Postgres
import Store

/// `/api/v1/audit`: who changed what.
enum AuditResource {
  static let routes: [Route] =
    [
      .get(
        "/api/v1/audit", .scope(.auditRead),
        Operation(
          "listAudit", .organization, "List what was changed, and by whom", "Newest first.",
          query: Parameter.page + filter, answer: .page(of: entry, "Entries.")), handler: list)
    ] + exports

  private static let exports: [Route] = Export.routes(
    "/api/v1/audit", .scope(.auditRead), "exportAudit", .organization, "What was changed",
    query: filter
  ) { request, _ in
    let organization = try place(of: request)
    let filter = try Self.filter(of: request)
    return ExportSource<AuditQueries.Position>(columns: [
      "id", "at", "actor.kind", "actor.id", "actor.label", "actor.session", "action", "object.kind",
      "object.id", "change", "address", "request_id",
    ]) { position, limit, connection in
      try AuditQueries.list(
        filter, after: position, limit: limit, organization: organization, on: connection
      ).compactMap { record in
        guard case .object(let row) = json(record) else { return nil }
        return (row: row, position: record.position)
      }
    }
  }

  static let filter: [Parameter] = [
    .since, .until, .query("actor", .id, "Only what this person or key did."),
    .query("action", .string(1...64), "Only this, such as `monitor.update`."),
    .query("object_kind", .string(1...64), "Only of such, as `monitor`."),
    .query("object_id", .string(1...64), "Only of this one."),
    .query(
      "installation", .bool,
      "The installation's own log in place of the organization's: for operators."),
  ]

  static let entry: Schema = Schema.told([
    "id": .number64, "at": .time,
    "actor": .told([
      "kind": .words(AuditActor.Kind.allCases.map(\.rawValue)), "id": Schema.id.nullable,
      "label": Schema.text.described("What it was called then."),
      "session": Schema.id.nullable,
    ]), "action": .text,
    "object": .told(["kind": .text, "id": Schema.text.nullable]),
    "change": Schema.anything.described(
      "What is different, secrets left out; `null` where there is nothing to tell."),
    "address": Schema.text.nullable, "request_id": Schema.text.nullable,
  ]).named("AuditEntry")

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try place(of: request)
    let page = try PageRequest(request, list: "audit", cursorValues: 2)
    let position = try page.cursor.map { cursor throws(Problem) in
      guard let at = Int64(cursor.values[0]).flatMap({ Timestamp(bounded: $0) }),
        let id = Int64(cursor.values[1])
      else {
        throw PageRequest.badCursor
      }
      return AuditQueries.Position(at: at, id: id)
    }
    let filter = try filter(of: request)
    let records = try await context.store.run {
      try AuditQueries.list(
        filter, after: position, limit: page.limit + 1, organization: organization, on: $0)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last?.position : nil
    return .page(
      shown.map(json),
      next: next.map { position in
        Cursor(list: "audit", values: [String(position.at.microseconds), String(position.id)]).text
      }, of: request)
  }

  /// Whose log is asked for; `nil`: the installation's, of those who stand above organizations.
  private static func place(of request: APIRequest) throws(Problem) -> OrganizationID? {
    let caller = try request.caller
    guard try request.queryBool("installation") == true else { return caller.organization }
    try Authenticator.require(.installationOperator, of: caller)
    return nil
  }

  static func filter(of request: APIRequest) throws(Problem) -> AuditQueries.Filter {
    var filter = AuditQueries.Filter()
    filter.since = try request.queryTime("since")
    filter.until = try request.queryTime("until")
    if let actor: PersonID = try request.queryIdentifier("actor") {
      filter.actor = PostgresUUID(high: actor.high, low: actor.low)
    }
    filter.action = request.query["action"]
    filter.objectKind = request.query["object_kind"]
    filter.objectID = request.query["object_id"]
    return filter
  }

  static func json(_ record: AuditQueries.Record) -> JSONValue {
    let actor = record.actor
    return [
      "id": .string(String(record.id)), "at": .string(record.at.description),
      "actor": [
        "kind": .string(actor.kind.rawValue),
        "id": .optional((actor.person?.description ?? actor.apiKey?.description)),
        "label": .string(actor.label), "session": .optional(actor.session?.description),
      ], "action": .string(record.action),
      "object": ["kind": .string(record.objectKind), "id": .optional(record.objectID)],
      "change": record.change ?? .null, "address": .optional(record.address),
      "request_id": .optional(record.requestID),
    ]
  }
}
