import JSON
import Model
import Postgres
import Store

/// `/api/v1/agents/{id}/events`: when an agent was no longer trusted, when again, and why.
enum AgentEventResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/agents/{id}/events", .scope(.agentsRead),
      Operation(
        "listAgentEvents", .agents, "List when an agent was trusted, and why not", "Newest first.",
        query: Parameter.page,
        answer: .page(of: AgentSchema.event, "Events of the agent.")), handler: list)
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: AgentID = try request.identifier("id", of: "agent")
    let page = try PageRequest(request, list: "agent-events", cursorValues: 1)
    let before = try page.cursor.map { cursor throws(Problem) in
      guard let number = Int64(cursor.values[0]) else { throw PageRequest.badCursor }
      return number
    }
    let found = try await context.store.run { connection in
      try AgentDirectory.get(id, organization: organization, on: connection).map { agent in
        try AgentEventQueries.list(
          agent: agent.key, before: before, limit: page.limit + 1, organization: organization,
          on: connection)
      }
    }
    guard let records = found else { throw Problem.noSuch("agent") }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last : nil
    return .page(
      shown.map(json),
      next: next.map { Cursor(list: "agent-events", values: [String($0.id)]).text }, of: request)
  }

  private static func json(_ record: AgentEventQueries.Record) -> JSONValue {
    [
      "id": .string(String(record.id)), "at": .string(record.at.description),
      "kind": .string(record.kind), "reason": .string(record.reason),
      "text": .string(text(record)),
    ]
  }

  private static func text(_ record: AgentEventQueries.Record) -> String {
    let why = DistrustWord.text(record.reason)
    return record.kind == "trusted" ? "trusted again (it was not: \(why))" : "not trusted: \(why)"
  }
}
