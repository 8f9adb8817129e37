import JSON
import Model
import Postgres
import Quorum
import Store

/// `/api/v1/monitors/{id}/results`: the immutable records of probes.
enum ResultResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/monitors/{id}/results", .scope(.resultsRead),
      Operation(
        "listResults", .results, "List a monitor's results",
        "Newest first. Without a span the last day; a span is at most 31 days.",
        query: Parameter.page + [
          .since, .until, .query("region", .region, "Only what agents of this region saw."),
        ], answer: .page(of: ResultSchema.result, "Results.")), handler: list)
  ]

  /// What is shown where the caller names no span: the last day.
  private static let defaultSpanMs: Int64 = 86_400_000
  private static let mostSpanMs: Int64 = 31 * 86_400_000

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "results", cursorValues: 4)
    let position = try page.cursor.map(position)
    let until = try request.queryTime("until") ?? Timestamp.now().adding(milliseconds: 3_600_000)
    let since = try request.queryTime("since") ?? until.adding(milliseconds: -defaultSpanMs)
    guard since < until else {
      throw Problem(.invalidQuery, "The parameter since must be before until.")
    }
    guard since.adding(milliseconds: mostSpanMs) >= until else {
      throw Problem(.invalidQuery, "The span from since to until must not exceed 31 days.")
    }
    let region = request.query["region"]
    let monitor = try await MonitorResource.key(
      of: try request.identifier("id", of: "monitor"), for: request, context)
    let records = try await context.store.run { connection in
      try ResultQueries.list(
        monitor: monitor, since: since, until: until, region: region, after: position,
        limit: page.limit + 1, organization: organization, on: connection)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last.map { cursor($0.position).text } : nil
    return .page(shown.map(json), next: next, of: request)
  }

  private static func json(_ record: ResultQueries.Record) -> JSONValue {
    var object: JSONValue = [
      "started_at": .string(record.startedAt.description),
      "agent": .string(record.agent.description), "region": .string(record.region),
      "outcome": .string(VoteKind(code: record.outcome)?.rawValue ?? "unknown"),
      "failure": failure(record), "status": .optional(record.status),
      "certificate_days": .optional(record.certificateDays),
      "total_us": .integer(Int64(record.totalUs)),
    ]
    guard case .object(var members) = object else { return object }
    members["dns_us"] = .optional(record.dnsUs)
    members["connect_us"] = .optional(record.connectUs)
    members["tls_us"] = .optional(record.tlsUs)
    members["first_byte_us"] = .optional(record.firstByteUs)
    object = .object(members)
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
