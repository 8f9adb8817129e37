import JSON
import Model
import Postgres
import Store

/// `/api/v1/notices`: what people were, or are to be, told.
enum NoticeResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/notices", .scope(.incidentsRead),
      Operation(
        "listNotices", .incidents, "List what people were, or are to be, told", "Newest first.",
        query: Parameter.page + [
          .query("monitor", .id, "Only this monitor's."),
          .query("incident", .id, "Only this incident's."),
          .query("urgency", .words(urgencies), "Only such."),
        ], answer: .page(of: NoticeSchema.notice, "Notices.")), handler: list)
  ]

  /// What the parameter `urgency` may be, most urgent first.
  static let urgencies = ["page", "notify", "admins", "none"]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "notices", cursorValues: 1)
    let before = try page.cursor.map { cursor throws(Problem) in
      guard let number = Int64(cursor.values[0]) else { throw PageRequest.badCursor }
      return number
    }
    let filter = try await filter(request, context)
    let records = try await context.store.run { connection in
      try NoticeQueries.list(
        filter, before: before, limit: page.limit + 1, organization: organization, on: connection)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last : nil
    return .page(
      shown.map(json), next: next.map { Cursor(list: "notices", values: [String($0.number)]).text },
      of: request)
  }

  /// What the query asks for; 404 where it names a monitor or an incident that the caller hasn't.
  private static func filter(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> NoticeQueries.Filter {
    let organization = try request.caller.organization
    var filter = NoticeQueries.Filter()
    filter.urgency = request.query["urgency"]
    if let id: IncidentID = try request.queryIdentifier("incident") {
      let found = try await context.store.run { connection in
        try IncidentQueries.get(id, organization: organization, on: connection)
      }
      guard found != nil else { throw Problem.noSuch("incident") }
      filter.incident = id
    }
    if let id: MonitorID = try request.queryIdentifier("monitor") {
      filter.monitor = try await MonitorResource.key(of: id, for: request, context)
    }
    return filter
  }

  static func json(_ record: NoticeQueries.Record) -> JSONValue {
    [
      "id": .string(record.id.description), "kind": .string(record.kind),
      "urgency": .string(record.urgency), "text": .string(NoticeWords.text(record)),
      "verdict": .string(record.verdict), "domain": .optional(record.domain),
      "at": .string(record.at.description), "created_at": .string(record.createdAt.description),
      "incident": .optional(record.incident?.description),
      "monitor": [
        "id": .string(record.monitor.description), "name": .string(record.body.monitorName),
        "target": .string(record.body.target),
      ],
      "verdict_id": .optional(record.verdictID.map { String($0) }),
    ]
  }
}
