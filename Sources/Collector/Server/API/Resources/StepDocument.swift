import JSON
import Model
import Postgres
import Store

/// `/api/v1/incidents/{id}/steps`: what the engine was told and whom it asked, step by step.
enum StepDocument {
  static func list(_ request: APIRequest, _ context: APIContext) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: IncidentID = try request.identifier("id", of: "incident")
    let page = try PageRequest(request, list: "steps", cursorValues: 1)
    let after = try page.cursor.map { cursor throws(Problem) in
      guard let number = Int64(cursor.values[0]) else { throw PageRequest.badCursor }
      return number
    }
    let found = try await context.store.run { connection in
      try IncidentQueries.get(id, organization: organization, on: connection).map { _ in
        let steps = try StepQueries.list(
          of: id, after: after ?? 0, limit: page.limit + 1, organization: organization,
          on: connection)
        let agents = try AgentDirectory.names(
          of: Set(steps.compactMap(\.agent)).sorted(), organization: organization, on: connection)
        return (steps, agents)
      }
    }
    guard let (steps, agents) = found else { throw Problem.noSuch("incident") }
    let shown = steps.prefix(page.limit)
    let next = steps.count > page.limit ? shown.last : nil
    return .page(
      shown.map { json($0, agents) },
      next: next.map { Cursor(list: "steps", values: [String($0.number)]).text }, of: request)
  }

  private static func json(
    _ step: StepQueries.Record, _ agents: [Int32: AgentDirectory.Name]
  ) -> JSONValue {
    let agent = step.agent.flatMap { agents[$0] }
    return [
      "number": .integer(step.number), "at": .string(step.at.description),
      "kind": .string(step.kind), "region": .optional(step.region),
      "agent": agent.map {
        ["id": .string($0.id.description), "name": .string($0.name)]
      } ?? .null,
      "edge": .optional(step.edge), "vote": step.finding?["kind"] ?? .null,
      "started_at": BallotDocument.time(step.finding?["startedAt"]),
      "evidence": BallotDocument.evidence(step.finding?["evidence"]),
      "request": step.finding?["evidence"]?["request"] ?? .null,
      "round": step.round.map(json) ?? .null, "distrusted": .optional(step.distrust),
      "asked": .array(
        step.asks.map { ask in
          [
            "round": json(ask.round), "purpose": .string(ask.purpose),
            "regions": .strings(ask.regions),
          ]
        }),
    ]
  }

  private static func json(_ round: StepQueries.RoundID) -> JSONValue {
    ["episode": .integer(Int64(round.episode)), "round": .integer(Int64(round.round))]
  }
}
