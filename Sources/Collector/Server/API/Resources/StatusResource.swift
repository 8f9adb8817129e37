import JSON
import Postgres
import Store

/// `/api/v1/status`: how everything stands, in one answer.
enum StatusResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/status", .scope(.monitorsRead),
      Operation(
        "getStatus", .monitors, "How everything stands, in one answer",
        "With the newest \(incidentLimit) open incidents.",
        answer: .ok(OrganizationSchema.status, "Counts, and the open incidents.")), handler: get)
  ]

  /// The states of monitors, worst first.
  static let states = [
    "down", "partial", "regional", "unknown", "degraded", "pending", "up", "paused",
  ]
  private static let incidentLimit = 50

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let (monitors, agents, incidents) = try await context.store.run { connection in
      (
        try SummaryQueries.states(organization: organization, on: connection),
        try SummaryQueries.agentStates(organization: organization, on: connection),
        try IncidentQueries.list(
          .init(state: .open), after: nil, limit: incidentLimit, organization: organization,
          on: connection)
      )
    }
    return .ok([
      "at": .string(Timestamp.now().description), "monitors": counts(monitors, of: states),
      "agents": counts(agents, of: ["live", "silent", "new"]),
      "open_incidents": .array(incidents.map { .object(IncidentResource.json($0)) }),
    ])
  }

  private static func counts(_ counts: [String: Int64], of words: [String]) -> JSONValue {
    var object = JSONObject()
    object["total"] = .integer(counts.values.reduce(0, +))
    for word in words { object[word] = .integer(counts[word] ?? 0) }
    return .object(object)
  }
}
