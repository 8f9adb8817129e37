import JSON
import Model
import Postgres
import Store

/// `/api/v1/incidents`: intervals of not-up with their evidence.
enum IncidentResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/incidents", .scope(.incidentsRead),
      Operation(
        "listIncidents", .incidents, "List incidents", "Newest first.",
        query: Parameter.page + filters,
        answer: .page(of: IncidentSchema.incident, "Incidents without their evidence.")),
      handler: list),
    .get(
      "/api/v1/incidents/{id}", .scope(.incidentsRead),
      Operation(
        "getIncident", .incidents, "Read an incident with everything that explains it",
        "Its verdicts with every vote, what agents saw, what people were told, and the other "
          + "incidents of the same cause.",
        answer: .tagged(IncidentSchema.whole, "The incident.")), handler: get),
    .get(
      "/api/v1/incidents/{id}/steps", .scope(.incidentsRead),
      Operation(
        "listIncidentSteps", .incidents, "List what the engine was told and whom it asked",
        "Oldest first.", query: Parameter.page,
        answer: .page(of: IncidentSchema.step, "Steps of the incident.")),
      handler: StepDocument.list),
    .get(
      "/api/v1/incidents/{id}/replay", .scope(.incidentsRead),
      Operation(
        "replayIncident", .incidents, "Take an incident's stored steps again",
        "Says whether they give what is stored.",
        answer: .ok(IncidentSchema.replay, "Whether it came out the same.")),
      handler: ReplayDocument.get),
  ]

  static let exports: [Route] = Export.routes(
    "/api/v1/incidents", .scope(.incidentsRead), "exportIncidents", .incidents,
    "Export incidents", query: filters, source: source)

  private static func source(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> ExportSource<IncidentQueries.Position> {
    let organization = try request.caller.organization
    let filter = try await filter(request, context)
    return ExportSource(
      columns: [
        "id", "monitor.id", "monitor.name", "monitor.target", "severity", "open", "started_at",
        "decided_at", "ended_at", "recovered_at", "ended_by", "acknowledged_at", "resolved_at",
        "cause.id", "cause.kind", "marks",
      ]
    ) { position, limit, connection in
      try IncidentQueries.list(
        filter, after: position, limit: limit, organization: organization, on: connection
      ).map { (json($0), IncidentQueries.Position(startedAt: $0.startedAt, id: $0.id)) }
    }
  }

  /// The verdicts of one incident that are shown; a longer one is continued in the monitor's list.
  private static let verdictLimit = 100
  /// The other incidents of a shared cause that are shown; `cause.members` counts all.
  private static let memberLimit = 200
  /// Its notices that are shown; a longer one is continued in the list of notices.
  private static let noticeLimit = 200

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "incidents", cursorValues: 2)
    let position = try page.cursor.map(position)
    let filter = try await filter(request, context)
    let records = try await context.store.run { connection in
      try IncidentQueries.list(
        filter, after: position, limit: page.limit + 1, organization: organization, on: connection)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last : nil
    return .page(
      shown.map { .object(json($0)) },
      next: next.map { record in
        Cursor(
          list: "incidents",
          values: [String(record.startedAt.microseconds), record.id.description]
        ).text
      }, of: request)
  }

  /// What a list of incidents may be narrowed to.
  static let filters: [Parameter] = [
    .query(
      "state", Schema.words(IncidentQueries.State.allCases.map(\.rawValue)),
      "Only those that stand so. What is acknowledged, or not, is open."),
    .query("monitor", .id, "Only this monitor's."),
    .query("region", .region, "Only those that this region saw when they were opened."),
    .query("severity", .severity, "Only such."),
    .query("since", .time, "Only those that began then or later."),
    .query("until", .time, "Only those that began before then."),
    .query("tag", .word, "Only of monitors that bear it."), .search,
  ]

  /// What the query asks for; 404 where it names a monitor that the caller hasn't.
  static func filter(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> IncidentQueries.Filter {
    var filter = IncidentQueries.Filter()
    filter.state = request.query["state"].flatMap { IncidentQueries.State(rawValue: $0) }
    filter.region = request.query["region"]
    filter.severity = request.query["severity"]
    filter.since = try request.queryTime("since")
    filter.until = try request.queryTime("until")
    filter.tag = request.query["tag"]
    filter.words = request.query["q"]
    if let id: MonitorID = try request.queryIdentifier("monitor") {
      filter.monitor = try await MonitorResource.key(of: id, for: request, context)
    }
    return filter
  }

  /// The incident with every verdict from its opening to its closing, each with all votes, with what
  /// agents saw, and with what people were told of it.
  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: IncidentID = try request.identifier("id", of: "incident")
    let found = try await context.store.run { connection in
      try IncidentQueries.get(id, organization: organization, on: connection).map { incident in
        let verdicts = try IncidentQueries.verdicts(
          of: incident, limit: verdictLimit, organization: organization, on: connection)
        let evidence = try EvidenceQueries.list(
          of: incident, verdicts, organization: organization, on: connection)
        let agents = try AgentDirectory.names(
          of: Set(evidence.map(\.agent)).sorted(), organization: organization, on: connection)
        return (
          incident, verdicts,
          evidence.map(
            EvidenceDocument(agents: agents, monitor: incident.monitor, verdicts: verdicts).json),
          try IncidentQueries.others(
            of: incident, limit: memberLimit, organization: organization, on: connection),
          try NoticeQueries.list(
            of: id, limit: noticeLimit, organization: organization, on: connection),
          try IncidentNotes.list(of: id, organization: organization, on: connection)
        )
      }
    }
    guard let (incident, verdicts, evidence, others, notices, notes) = found else {
      throw Problem.noSuch("incident")
    }
    var object = json(incident)
    object["members"] = .array(others.map(member))
    object["verdicts"] = .array(
      try await VerdictResource.json(verdicts, for: organization, context))
    object["evidence"] = .array(evidence)
    object["notices"] = .array(notices.map(NoticeResource.json))
    object["notes"] = .array(notes.map(IncidentNoteResource.json))
    return .ok(.object(object))
  }

  static func json(_ record: IncidentQueries.Record) -> JSONObject {
    var object = JSONObject()
    object["id"] = .string(record.id.description)
    object["monitor"] = [
      "id": .string(record.monitor.description), "name": .string(record.monitorName),
      "target": .string(record.target),
    ]
    object["severity"] = .string(record.severity)
    object["open"] = .bool(record.isOpen)
    object["started_at"] = .string(record.startedAt.description)
    object["decided_at"] = .string(record.decidedAt.description)
    object["ended_at"] = .optional(record.endedAt?.description)
    object["recovered_at"] = .optional(record.recoveredAt?.description)
    object["opening_verdict"] = .string(String(record.openingVerdict))
    object["closing_verdict"] = .optional(record.closingVerdict.map { String($0) })
    object["ended_by"] = .optional(record.ending?.rawValue)
    object["cause"] = record.cause.map(json) ?? .null
    object["marks"] = .strings(record.marks)
    object["acknowledged_at"] = .optional(record.acknowledgedAt?.description)
    object["resolved_at"] = .optional(record.resolvedAt?.description)
    return object
  }

  private static func json(_ cause: IncidentCause) -> JSONValue {
    [
      "id": .string(cause.id.description), "kind": .string(cause.kind),
      "lead": ["id": .string(cause.lead.description), "name": .string(cause.leadName)],
      "started_at": .string(cause.startedAt.description),
      "ended_at": .optional(cause.endedAt?.description), "members": .integer(cause.members),
    ]
  }

  /// Another incident of the same cause, in short.
  private static func member(_ record: IncidentQueries.Record) -> JSONValue {
    [
      "id": .string(record.id.description),
      "monitor": [
        "id": .string(record.monitor.description), "name": .string(record.monitorName),
        "target": .string(record.target),
      ],
      "severity": .string(record.severity), "open": .bool(record.isOpen),
      "started_at": .string(record.startedAt.description),
      "ended_at": .optional(record.endedAt?.description),
    ]
  }

  private static func position(_ cursor: Cursor) throws(Problem) -> IncidentQueries.Position {
    guard let time = Int64(cursor.values[0]), let startedAt = Timestamp(bounded: time),
      let id = IncidentID(cursor.values[1])
    else { throw PageRequest.badCursor }
    return IncidentQueries.Position(startedAt: startedAt, id: id)
  }
}
