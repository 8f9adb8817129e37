import JSON
import Postgres
import Store

/// `/api/v1/monitors/{id}/latency`: how long its probes took, over time.
enum LatencyResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/monitors/{id}/latency", .scope(.resultsRead),
      Operation(
        "getLatency", .results, "How long a monitor's probes took, over time",
        "Without a span the last day; a span is at most 31 days and \(mostBuckets) steps. Steps in "
          + "which nothing began are left out. Times are of probes that did not fail.",
        query: [
          .since, .until,
          .query(
            "step", .integer(1...86_400),
            "Seconds of a step; without it a round number of which some hundred fill the span."),
          .query("region", .region, "Only what agents of this region saw."),
        ], answer: .ok(ResultSchema.latency, "Steps, oldest first.")), handler: get)
  ]

  private static let mostBuckets: Int64 = 1_000
  private static let defaultSpanMs: Int64 = 86_400_000
  private static let mostSpanMs: Int64 = 31 * 86_400_000
  /// Steps that people think in, seconds.
  private static let round: [Int64] = [
    1, 5, 10, 30, 60, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200,
  ]

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let (since, until) = try request.span(defaultMs: defaultSpanMs, mostMs: mostSpanMs)
    let spanSeconds = (until.microseconds - since.microseconds + 999_999) / 1_000_000
    let step: Int64 =
      request.query["step"].flatMap { Int64($0) }
      ?? round.first { spanSeconds / $0 <= 200 } ?? 86_400
    guard (spanSeconds + step - 1) / step <= mostBuckets else {
      throw Problem(
        .invalidQuery,
        "The span holds more than \(mostBuckets) steps of \(step) s; ask for longer ones.")
    }
    let monitor = try await MonitorResource.key(
      of: try request.identifier("id", of: "monitor"), for: request, context)
    let wish = LatencyQueries.Wish(
      monitor: monitor, since: since, until: until, stepSeconds: step,
      region: request.query["region"])
    do {
      let buckets = try await context.store.run { connection in
        try LatencyQueries.list(wish, organization: organization, on: connection)
      }
      return .ok([
        "since": .string(since.description), "until": .string(until.description),
        "step_s": .integer(step), "steps": .array(buckets.map { json($0, wish) }),
      ])
    } catch LatencyQueries.Refusal.tooManyResults {
      throw Problem(
        .invalidQuery,
        "The span holds more than \(LatencyQueries.mostResults) results; ask for a shorter one, or for "
          + "one region.")
    }
  }

  private static func json(
    _ bucket: LatencyQueries.Bucket, _ wish: LatencyQueries.Wish
  ) -> JSONValue {
    let begin = wish.since.adding(milliseconds: bucket.number * wish.stepSeconds * 1_000)
    return [
      "at": .string(begin.description), "count": .integer(bucket.count),
      "failures": .integer(bucket.failures), "p50_us": .optional(bucket.p50),
      "p95_us": .optional(bucket.p95), "p99_us": .optional(bucket.p99),
      "max_us": .optional(bucket.most),
    ]
  }
}
