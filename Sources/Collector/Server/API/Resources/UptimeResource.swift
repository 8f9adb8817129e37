import JSON
import Postgres
import Quorum
import Store

/// `/api/v1/monitors/{id}/uptime`: how much of a time a monitor was up, as its verdicts say.
enum UptimeResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/monitors/{id}/uptime", .scope(.incidentsRead),
      Operation(
        "getUptime", .results, "How much of a time a monitor was up",
        "As its verdicts say. Without a span the last 30 days.",
        query: [
          .since, .until,
          .query(
            "partial", Schema.words(["up", "down"]).byDefault("up"), "What partial counts as."),
        ], answer: .ok(ResultSchema.uptime, "Times and shares.")), handler: get)
  ]

  private static let defaultSpanMs: Int64 = 30 * 86_400_000

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let until = try request.queryTime("until") ?? Timestamp.now()
    let since = try request.queryTime("since") ?? until.adding(milliseconds: -defaultSpanMs)
    guard since < until else {
      throw Problem(.invalidQuery, "The parameter since must be before until.")
    }
    let partialIsDown = request.query["partial"] == "down"
    let monitor = try await MonitorResource.key(
      of: try request.identifier("id", of: "monitor"), for: request, context)
    do {
      let report = try await context.store.run { connection in
        try UptimeQueries.report(
          monitor: monitor, since: since, until: until, partialIsDown: partialIsDown,
          organization: organization, on: connection)
      }
      guard let report else { throw Problem.noSuch("monitor") }
      return .ok(json(report, partialIsDown: partialIsDown))
    } catch UptimeQueries.Refusal.tooManyVerdicts {
      throw Problem(
        .invalidQuery,
        "The span holds more than \(UptimeQueries.mostVerdicts) verdicts; ask for a shorter one.")
    }
  }

  private static func json(_ report: UptimeQueries.Report, partialIsDown: Bool) -> JSONValue {
    let uptime = report.uptime
    return [
      "since": .string(report.since.description), "until": .string(report.until.description),
      "span_ms": .integer(uptime.spanMs), "up_ms": .integer(uptime.upMs),
      "down_ms": .integer(uptime.downMs), "unknown_ms": .integer(uptime.unknownMs),
      "paused_ms": .integer(uptime.excludedMs), "degraded_ms": .integer(uptime.degradedMs),
      "regional_ms": .integer(uptime.regionalMs), "partial_ms": .integer(uptime.partialMs),
      "uptime_percent": ["least": percent(uptime.least), "most": percent(uptime.most)],
      "known_percent": percent(uptime.share), "coverage_percent": percent(uptime.coverage),
      "partial_counts_as": .string(partialIsDown ? "down" : "up"),
      "rule": .string(rule(partialIsDown: partialIsDown)),
    ]
  }

  /// Four digits behind the point, rounded down.
  private static func percent(_ share: Int64?) -> JSONValue {
    share.map { .number(Double($0) / 10_000) } ?? .null
  }

  private static func rule(partialIsDown: Bool) -> String {
    let up = partialIsDown ? "UP, DEGRADED and REGIONAL" : "UP, DEGRADED, REGIONAL and PARTIAL"
    let down = partialIsDown ? "DOWN and PARTIAL" : "DOWN"
    return
      "\(up) count as up, \(down) as down. A verdict holds from its first failure or success to "
      + "the next. UNKNOWN, and times of which nothing was said, are unknown: the least takes them "
      + "for down, the most for up. Pauses don't count. Shares are rounded down."
  }
}
