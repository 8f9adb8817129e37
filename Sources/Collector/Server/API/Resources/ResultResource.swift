import JSON
import Model
import Postgres
import Quorum
import Store

/// `/api/v1/monitors/{id}/results` and `/api/v1/results`: the immutable records of probes.
enum ResultResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/monitors/{id}/results", .scope(.resultsRead),
      Operation(
        "listResults", .results, "List a monitor's results", span,
        query: Parameter.page + filters, answer: .page(of: ResultSchema.result, "Results.")),
      handler: list),
    .get(
      "/api/v1/results", .scope(.resultsRead),
      Operation(
        "listAllResults", .results, "List the results of all monitors, or of one",
        span + " Those of a deleted monitor are told where it is named.",
        query: Parameter.page + [.query("monitor", .id, "Only this monitor's.")] + filters,
        answer: .page(of: ResultSchema.result, "Results.")), handler: list),
  ]

  static let exports: [Route] = Export.routes(
    "/api/v1/results", .scope(.resultsRead), "exportResults", .results, "Export results",
    query: [.query("monitor", .id, "Only this monitor's.")] + filters, source: source)

  private static func source(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> ExportSource<ResultQueries.Position> {
    let organization = try request.caller.organization
    let filter = try await filter(request, context, isWhole: true)
    return ExportSource(
      columns: [
        "started_at", "monitor", "agent", "region", "outcome", "failure.class", "failure.reason",
        "failure.detail", "failure.curl_code", "status", "certificate_days", "total_us", "dns_us",
        "connect_us", "tls_us", "first_byte_us",
      ]
    ) { position, limit, connection in
      try ResultQueries.list(
        filter, after: position, limit: limit, organization: organization, on: connection
      ).map { (json($0), $0.position) }
    }
  }

  private static let span =
    "Newest first. Without a span the last day; a span is at most 31 days."

  /// What a list of results may be narrowed to.
  static let filters: [Parameter] = [
    .since, .until, .query("region", .region, "Only what agents of this region saw."),
    .query("agent", .id, "Only what this agent saw."),
    .query("outcome", .voteKind, "Only those that came out so."),
  ]

  /// What is shown where the caller names no span: the last day.
  private static let defaultSpanMs: Int64 = 86_400_000
  private static let mostSpanMs: Int64 = 31 * 86_400_000
  /// No result is kept as long.
  private static let keptMs: Int64 = 400 * 86_400_000

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "results", cursorValues: 4)
    let position = try page.cursor.map(position)
    let filter = try await filter(request, context)
    let records = try await context.store.run { connection in
      try ResultQueries.list(
        filter, after: position, limit: page.limit + 1, organization: organization, on: connection)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last.map { cursor($0.position).text } : nil
    return .page(shown.map { .object(json($0)) }, next: next, of: request)
  }

  /// What the path and the query ask for; 404 where they name what the caller hasn't.
  ///
  /// - Parameter isWhole: whether a span may be of any length, and is by default.
  static func filter(
    _ request: APIRequest, _ context: APIContext, isWhole: Bool = false
  ) async throws -> ResultQueries.Filter {
    let (since, until) = try request.span(
      defaultMs: isWhole ? keptMs : defaultSpanMs,
      mostMs: isWhole ? Int64.max / 1_000_000 : mostSpanMs,
      end: Timestamp.now().adding(milliseconds: 3_600_000))
    var filter = ResultQueries.Filter(since: since, until: until)
    filter.region = request.query["region"]
    filter.outcome = request.query["outcome"].flatMap { VoteKind(rawValue: $0)?.code }
    if request.parameters["id"] != nil {
      filter.monitor = try await MonitorResource.key(
        of: try request.identifier("id", of: "monitor"), for: request, context)
    } else if let id: MonitorID = try request.queryIdentifier("monitor") {
      filter.monitor = try await MonitorResource.key(of: id, for: request, context)
    }
    if let id: AgentID = try request.queryIdentifier("agent") {
      let organization = try request.caller.organization
      let agent = try await context.store.run { connection in
        try AgentDirectory.get(id, organization: organization, on: connection)
      }
      guard let agent else { throw Problem.noSuch("agent") }
      filter.agent = agent.key
    }
    return filter
  }

  static func json(_ record: ResultQueries.Record) -> JSONObject {
    var object = JSONObject()
    object["started_at"] = .string(record.startedAt.description)
    object["monitor"] = .string(record.monitor.description)
    object["agent"] = .string(record.agent.description)
    object["region"] = .string(record.region)
    object["outcome"] = .string(VoteKind(code: record.outcome)?.rawValue ?? "unknown")
    object["failure"] = failure(record)
    object["status"] = .optional(record.status)
    object["certificate_days"] = .optional(record.certificateDays)
    object["total_us"] = .integer(Int64(record.totalUs))
    object["dns_us"] = .optional(record.dnsUs)
    object["connect_us"] = .optional(record.connectUs)
    object["tls_us"] = .optional(record.tlsUs)
    object["first_byte_us"] = .optional(record.firstByteUs)
    return object
  }

  private static func failure(_ record: ResultQueries.Record) -> JSONValue {
    guard let number = record.reason else { return .null }
    return [
      "class": .string(ReasonWord.failureClass(number)), "reason": .string(ReasonWord.code(number)),
      "reason_text": .optional(ReasonWord.sentence(number)),
      "curl_code": .optional(record.curlCode),
      "detail": .optional(record.detail),
    ]
  }

  private static func cursor(_ position: ResultQueries.Position) -> Cursor {
    Cursor(
      list: "results",
      values: [
        String(position.startedAt.microseconds), String(position.stream),
        String(position.sequence), String(position.index),
      ])
  }

  private static func position(_ cursor: Cursor) throws(Problem) -> ResultQueries.Position {
    guard let time = Int64(cursor.values[0]), let stream = Int64(cursor.values[1]),
      let sequence = Int64(cursor.values[2]), let index = Int16(cursor.values[3]),
      let startedAt = Timestamp(bounded: time)
    else { throw PageRequest.badCursor }
    return ResultQueries.Position(
      startedAt: startedAt, stream: stream, sequence: sequence, index: index)
  }
}
