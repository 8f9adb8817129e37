import JSON
import Model
import Postgres
import Store

/// `/api/v1/monitors/{id}/run`, `/pause` and `/resume`.
enum MonitorActionResource {
  static let routes: [Route] = [
    .post(
      "/api/v1/monitors/{id}/run", .scope(.monitorsWrite),
      Operation(
        "runMonitor", .monitors, "Probe a monitor at once",
        "Every live agent that has it is asked, at most once in \(MonitorRuns.leastSeconds) seconds; "
          + "what they find is taken like any other result, and stands among the results from "
          + "`asked_at` on.",
        answer: .accepted(MonitorSchema.run, "Who is asked."),
        refusals: [.conflict, .rateLimited]), handler: run),
    .post(
      "/api/v1/monitors/{id}/pause", .scope(.monitorsWrite),
      Operation(
        "pauseMonitor", .monitors, "Stop probing a monitor", "Again does nothing.",
        answer: .tagged(MonitorSchema.monitor, "The monitor as it is now."), isConditional: true),
      handler: { try await set(paused: true, $0, $1) }),
    .post(
      "/api/v1/monitors/{id}/resume", .scope(.monitorsWrite),
      Operation(
        "resumeMonitor", .monitors, "Probe a monitor again", "Again does nothing.",
        answer: .tagged(MonitorSchema.monitor, "The monitor as it is now."), refusals: [.conflict],
        isConditional: true), handler: { try await set(paused: false, $0, $1) }),
  ]

  private static func run(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: MonitorID = try request.identifier("id", of: "monitor")
    let by = try request.auditContext
    do {
      let run = try await context.store.run { connection in
        try AuditTrail.write(by: by, on: connection) { write in
          try MonitorRuns.ask(id, organization: organization, in: write)
        }
      }
      guard let run else { throw Problem.noSuch("monitor") }
      return APIAnswer(status: 202, body: .json(json(run)))
    } catch let refusal as MonitorRuns.Refusal {
      throw problem(of: refusal)
    }
  }

  private static func problem(of refusal: MonitorRuns.Refusal) -> Problem {
    switch refusal {
    case .tooSoon:
      var problem = Problem(
        .rateLimited,
        "A monitor is run at most once in \(MonitorRuns.leastSeconds) seconds; look at its results."
      )
      problem.headers = [("retry-after", String(MonitorRuns.leastSeconds))]
      return problem
    case .tooMany:
      var problem = Problem(
        .rateLimited,
        "An organization runs at most \(MonitorRuns.mostPerMinute) monitors in a minute; wait, or "
          + "give them a shorter interval.")
      problem.headers = [("retry-after", "60")]
      return problem
    case .paused: return Problem(.conflict, "The monitor is paused; resume it first.")
    case .nobody:
      return Problem(
        .conflict,
        "No live agent has the monitor: see /api/v1/agents, and its regions.")
    }
  }

  private static func json(_ run: MonitorRuns.Run) -> JSONValue {
    [
      "asked_at": .string(run.askedAt.description),
      "probes": .array(
        run.probes.map { probe in
          [
            "id": .string(probe.id.description), "agent": .string(probe.agent.description),
            "region": .string(probe.region),
          ]
        }),
    ]
  }

  private static func set(
    paused: Bool, _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: MonitorID = try request.identifier("id", of: "monitor")
    let sealing = context.configuration.sealingKey
    let by = try request.auditContext
    let found = try await context.store.run { connection in
      try AuditTrail.write(by: by, on: connection) { write in
        try QuotaQueries.lock(organization, on: connection)
        let changed = try MonitorQueries.change(
          id, organization: organization, sealing: sealing, on: connection
        ) { record, draft in
          try request.requireVersion(record.version, of: "monitor")
          guard draft.paused != paused else { return }
          let old = draft
          draft.paused = paused
          try MonitorResource.requireQuota(draft, insteadOf: old, organization, connection)
          try write.record(
            AuditEntry(
              paused ? "monitor.pause" : "monitor.resume", organization: organization,
              objectID: id.description))
        }
        write.nothingChanged()
        return (changed, try RegionPosts(organization: organization, on: connection))
      }
    }
    guard let record = found.0 else { throw Problem.noSuch("monitor") }
    return .ok(MonitorResource.json(record, found.1), version: record.version)
  }
}
