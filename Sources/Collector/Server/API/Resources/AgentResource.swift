import JSON
import Model
import Postgres
import Store

/// `/api/v1/agents`: the organization's own agents and the installation's.
enum AgentResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/agents", .scope(.agentsRead),
      Operation(
        "listAgents", .agents, "List agents", "The organization's own and the installation's.",
        query: Parameter.page, answer: .page(of: AgentSchema.agent, "Agents.")), handler: list),
    .get(
      "/api/v1/agents/{id}", .scope(.agentsRead),
      Operation(
        "getAgent", .agents, "Read an agent", answer: .tagged(AgentSchema.agent, "The agent.")),
      handler: get),
    .delete(
      "/api/v1/agents/{id}", .scope(.agentsWrite),
      Operation(
        "revokeAgent", .agents, "Revoke an agent",
        "It is refused from then on. Its record and its results stay; it may be repeated. One that "
          + "is shared needs the scope `operator`.", answer: .done("It is revoked.")),
      handler: revoke),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let page = try PageRequest(request, list: "agents", cursorValues: 1)
    let after = try page.cursor.map { cursor throws(Problem) in
      guard let key = Int32(cursor.values[0]) else { throw PageRequest.badCursor }
      return key
    }
    let records = try await context.store.run { connection in
      try AgentDirectory.list(
        after: after, limit: page.limit + 1, organization: caller.organization, on: connection)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last : nil
    return .page(
      shown.map { json($0, for: caller) },
      next: next.map { Cursor(list: "agents", values: [String($0.key)]).text }, of: request)
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let id: AgentID = try request.identifier("id", of: "agent")
    let record = try await context.store.run { connection in
      try AgentDirectory.get(id, organization: caller.organization, on: connection)
    }
    guard let record else { throw Problem.noSuch("agent") }
    return .ok(json(record, for: caller))
  }

  /// Revokes: an agent is never deleted, since its results stay.
  private static func revoke(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    let id: AgentID = try request.identifier("id", of: "agent")
    return try await request.write(context) { write in
      guard
        let record = try AgentDirectory.get(
          id, organization: caller.organization, on: write.connection)
      else { throw Problem.noSuch("agent") }
      if record.isShared { try Authenticator.require(.installationOperator, of: caller) }
      let owner = record.isShared ? nil : caller.organization
      switch try Agents.revoke(id, owner: owner?.rawValue, write.connection) {
      case .revoked:
        try write.record(
          AuditEntry(
            "agent.revoke", organization: owner, objectID: id.description,
            change: ["name": .string(record.name)]))
      case .alreadyRevoked, .notFound: write.nothingChanged()
      }
      return .noContent
    }
  }

  /// The host of an agent that is shared is shown to operators alone.
  private static func json(_ record: AgentDirectory.Record, for caller: Identity) -> JSONValue {
    let showsHost = !record.isShared || caller.scopes.contains(.installationOperator)
    return [
      "id": .string(record.id.description), "name": .string(record.name),
      "region": .string(record.region), "provider": .string(record.provider),
      "hostname": showsHost ? .string(record.hostname) : .null,
      "software": .string(record.software), "shared": .bool(record.isShared),
      "state": .string(record.state), "assigned": .integer(record.assigned),
      "trusted": .bool(record.distrust == nil),
      "distrust": record.distrust.map { distrust in
        ["reason": .string(distrust.reason), "since": .string(distrust.since.description)]
      } ?? .null,
      "live": live(record.live), "created_at": .string(record.createdAt.description),
      "revoked_at": .optional(record.revokedAt?.description),
    ]
  }

  private static func live(_ live: AgentDirectory.Live?) -> JSONValue {
    guard let live else { return .null }
    return [
      "seen_at": .string(live.seenAt.description),
      "connected_since": .string(live.connectedSince.description),
      "failing": .integer(Int64(live.failing)), "spool_bytes": .integer(live.spoolBytes),
      "dropped": .integer(live.dropped), "loop_lag_ms": .integer(Int64(live.loopLagMs)),
      "clock_steps": .integer(Int64(live.clockSteps)),
    ]
  }
}
