import JSON
import Model
import Quorum
import Postgres
import Store

/// `/api/v1/monitors/{id}/verdicts` and `/api/v1/verdicts/{id}`: what the quorum said, and why.
enum VerdictResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/monitors/{id}/verdicts", .scope(.incidentsRead),
      Operation(
        "listVerdicts", .incidents, "List a monitor's verdicts", "Newest first.",
        query: Parameter.page, answer: .page(of: VerdictSchema.verdict, "Verdicts.")),
      handler: list),
    .get(
      "/api/v1/verdicts/{id}", .scope(.incidentsRead),
      Operation(
        "getVerdict", .incidents, "Read a verdict with every vote",
        answer: .tagged(VerdictSchema.verdict, "The verdict."), pathID: .number64), handler: get),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "verdicts", cursorValues: 1)
    let before = try page.cursor.map { cursor throws(Problem) in
      guard let id = Int64(cursor.values[0]) else { throw PageRequest.badCursor }
      return id
    }
    let monitor = try await MonitorResource.key(
      of: try request.identifier("id", of: "monitor"), for: request, context)
    let records = try await context.store.run { connection in
      try VerdictQueries.list(
        monitor: monitor, before: before, limit: page.limit + 1, organization: organization,
        on: connection)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last : nil
    let documents = try await json(Array(shown), for: organization, context)
    return .page(
      documents, next: next.map { Cursor(list: "verdicts", values: [String($0.id)]).text },
      of: request)
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    guard let id = request.parameters["id"].flatMap({ Int64($0) }) else {
      throw Problem.noSuch("verdict")
    }
    let record = try await context.store.run { connection in
      try VerdictQueries.get(id, organization: organization, on: connection)
    }
    guard let record,
      let document = try await json([record], for: organization, context).first
    else { throw Problem.noSuch("verdict") }
    return .ok(document)
  }

  /// The verdicts with their policies, their tallies and every vote.
  static func json(
    _ records: [VerdictQueries.Record], for organization: OrganizationID, _ context: APIContext
  ) async throws -> [JSONValue] {
    let votes = records.map { stored($0.votes) }
    let keys = Set(votes.flatMap(BallotDocument.agentKeys)).sorted()
    let agents = try await context.store.run { connection in
      try AgentDirectory.names(of: keys, organization: organization, on: connection)
    }
    return zip(records, votes).map { record, votes in
      let policy = stored(record.policy)
      let ballots = BallotDocument(agents: agents, policy: policy)
      return [
        "id": .string(String(record.id)), "monitor": .string(record.monitor.description),
        "epoch": .integer(Int64(record.epoch)), "verdict": .string(record.verdict),
        "started_at": .string(record.startedAt.description),
        "decided_at": .string(record.decidedAt.description), "policy": policy,
        "tally": TallyDocument.json(stored(record.tally)),
        "votes": .array(votes.elements.map(ballots.json)), "engine": .optional(record.engine),
        "log_first": .optional(record.logFirst), "log_last": .optional(record.logLast),
        "previous_digest": .optional(record.previousDigest), "digest": .optional(record.digest),
      ]
    }
  }

  /// A column of the store, `null` where it is not JSON.
  private static func stored(_ text: String) -> JSONValue {
    (try? JSONValue(parsing: text)) ?? .null
  }
}
