import Checks
import JSON
import Model
import Postgres
import Quorum
import Store

/// `/api/v1/monitors`: what an organization watches.
enum MonitorResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/monitors", .scope(.monitorsRead),
      Operation(
        "listMonitors", .monitors, "List monitors", "In the order in which they were made.",
        query: Parameter.page + MonitorSchema.filters,
        answer: .page(of: MonitorSchema.monitor, "Monitors.")),
      handler: list),
    .post(
      "/api/v1/monitors", .scope(.monitorsWrite),
      Operation(
        "createMonitor", .monitors, "Make a monitor", body: MonitorSchema.new,
        examples: MonitorSchema.examples,
        answer: .created(MonitorSchema.monitor, "The monitor.", isTagged: true),
        refusals: [.conflict]), handler: create),
    .get(
      "/api/v1/monitors/{id}", .scope(.monitorsRead),
      Operation(
        "getMonitor", .monitors, "Read a monitor",
        answer: .tagged(MonitorSchema.monitor, "The monitor.")), handler: get),
    .patch(
      "/api/v1/monitors/{id}", .scope(.monitorsWrite),
      Operation(
        "changeMonitor", .monitors, "Change a monitor",
        "Takes over the fields that are sent (RFC 7396), but for `check` and `policy`, which are "
          + "replaced whole.", body: MonitorSchema.change,
        examples: [("pause", ["paused": true]), ("faster", ["interval_s": 30])],
        answer: .tagged(MonitorSchema.monitor, "The monitor as it is now."),
        refusals: [.conflict], isConditional: true), handler: change),
    .delete(
      "/api/v1/monitors/{id}", .scope(.monitorsWrite),
      Operation(
        "deleteMonitor", .monitors, "Delete a monitor",
        "Its results, verdicts and incidents stay to be read. It may be repeated.",
        answer: .done("It is deleted."),
        isConditional: true), handler: delete),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let sealing = context.configuration.sealingKey
    let page = try PageRequest(request, list: "monitors", cursorValues: 1)
    let after = try page.cursor.map { cursor throws(Problem) in
      guard let key = Int64(cursor.values[0]) else { throw PageRequest.badCursor }
      return key
    }
    var filter = MonitorQueries.Filter()
    filter.state = request.query["state"]
    filter.kind = request.query["kind"]
    filter.tag = request.query["tag"]
    filter.words = request.query["q"]
    filter.paused = try request.queryBool("paused")
    let wanted = filter
    let (records, posts) = try await context.store.run { connection in
      (
        try MonitorQueries.list(
          wanted, after: after, limit: page.limit + 1, organization: organization, sealing: sealing,
          on: connection),
        try RegionPosts(organization: organization, on: connection)
      )
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last : nil
    return .page(
      shown.map { json($0, posts) },
      next: next.map { Cursor(list: "monitors", values: [String($0.key)]).text },
      of: request)
  }

  private static func create(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let sealing = context.configuration.sealingKey
    return try await request.write(context) { write in
      let connection = write.connection
      try QuotaQueries.lock(organization, on: connection)
      let record = try MonitorQueries.create(
        organization: organization, sealing: sealing, on: connection
      ) { inherited in
        let draft = try request.readBody { MonitorDraft.read(&$0, inheriting: inherited) }
        try requireQuota(draft, insteadOf: nil, organization, connection)
        return draft
      }
      try write.record(
        AuditEntry(
          "monitor.create", organization: organization, objectID: record.id.description,
          change: .object(settings(record))))
      let posts = try RegionPosts(organization: organization, on: connection)
      return .created(
        json(record, posts), at: "/api/v1/monitors/\(record.id)", version: record.version)
    }
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let sealing = context.configuration.sealingKey
    let id: MonitorID = try request.identifier("id", of: "monitor")
    let (record, posts) = try await context.store.run { connection in
      (
        try MonitorQueries.get(id, organization: organization, sealing: sealing, on: connection),
        try RegionPosts(organization: organization, on: connection)
      )
    }
    guard let record else { throw Problem.noSuch("monitor") }
    return .ok(json(record, posts), version: record.version)
  }

  /// Takes over the fields that the body has (RFC 7396, but for `check` and `policy`, which are
  /// replaced whole). With `If-Match`, only if nobody changed the monitor since.
  private static func change(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let sealing = context.configuration.sealingKey
    let id: MonitorID = try request.identifier("id", of: "monitor")
    return try await request.write(context) { write in
      let connection = write.connection
      var before: MonitorRecord?
      try QuotaQueries.lock(organization, on: connection)
      let changed = try MonitorQueries.change(
        id, organization: organization, sealing: sealing, on: connection
      ) { record, draft in
        before = record
        try request.requireVersion(record.version, of: "monitor")
        draft = try request.readBody { reader in
          var changed = draft
          changed.change(&reader, inheriting: record.organizationPolicy)
          return changed
        }
        try requireQuota(draft, insteadOf: record.draft, organization, connection)
      }
      guard let before, let changed else { throw Problem.noSuch("monitor") }
      try record(before, changed, organization, in: write)
      let posts = try RegionPosts(organization: organization, on: connection)
      return .ok(json(changed, posts), version: changed.version)
    }
  }

  private static func delete(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: MonitorID = try request.identifier("id", of: "monitor")
    let sealing = context.configuration.sealingKey
    return try await request.write(context) { write in
      let record = try MonitorQueries.getLocked(
        id, organization: organization, sealing: sealing, on: write.connection)
      if let record { try request.requireVersion(record.version, of: "monitor") }
      guard try MonitorQueries.delete(id, organization: organization, on: write.connection) else {
        throw Problem.noSuch("monitor")
      }
      if let record {
        try write.record(
          AuditEntry(
            "monitor.delete", organization: organization, objectID: id.description,
            change: ["name": .string(record.draft.name)]))
      } else {
        write.nothingChanged()
      }
      return .noContent
    }
  }

  /// The monitor as the API shows it; values of secret headers are left out, and of a check that can't
  /// be read all but its kind. `policy` is its own,
  /// `null` where it inherits; `effective_policy` decides.
  static func json(_ record: MonitorRecord, _ posts: RegionPosts) -> JSONValue {
    let draft = record.draft
    return [
      "id": .string(record.id.description), "name": .string(draft.name),
      "state": .string(record.state), "state_since": .optional(record.verdictSince?.description),
      "in_maintenance": .bool(record.isMaintained),
      "check": record.shownCheck,
      "interval_s": .integer(Int64(draft.intervalSeconds)),
      "timeout_ms": .integer(Int64(draft.timeoutMs)),
      "regions": draft.regions.map { .strings($0) } ?? .null,
      "policy": draft.policy.map(PolicyDocument.json) ?? .null,
      "effective_policy": PolicyDocument.json(record.policy),
      "warnings": warnings(record, posts), "parent": .optional(draft.parent?.description),
      "paused": .bool(draft.paused), "tags": .strings(draft.tags),
      "epoch": .integer(Int64(record.epoch)), "created_at": .string(record.createdAt.description),
      "updated_at": .string(record.updatedAt.description),
    ]
  }

  /// What the policy asks for and the live agents can't give, and secrets or a check that can't be read.
  private static func warnings(_ record: MonitorRecord, _ posts: RegionPosts) -> JSONValue {
    var warnings: [JSONValue] = posts.shortages(of: record).map { shortage in
      [
        "pointer": .string(PolicyDocument.place(of: shortage.problem, in: "/effective_policy")),
        "detail": .string(shortage.problem.description),
        "unknown": .bool(shortage.isBlinding),
      ]
    }
    if let problem = record.draft.checkProblem {
      warnings.append([
        "pointer": "/check",
        "detail": .string(
          "its stored check can't be read: \(problem): no agent is given it; give the check anew, or "
            + "delete the monitor"),
        "unknown": true,
      ])
    }
    if record.draft.secretsAreLost {
      warnings.append([
        "pointer": "/check/headers",
        "detail": """
        the stored values of the secret headers can't be opened, so that no agent is given the \
        check: give them anew
        """,
        "unknown": true,
      ])
    }
    return .array(warnings)
  }
}

extension MonitorResource {
  /// The store's number of the monitor that a path or a query names; 404 where the caller has none.
  static func key(
    of id: MonitorID, for request: APIRequest, _ context: APIContext
  ) async throws -> Int64 {
    let organization = try request.caller.organization
    let key = try await context.store.run { connection in
      try MonitorQueries.key(of: id, organization: organization, on: connection)
    }
    guard let key else { throw Problem.noSuch("monitor") }
    return key
  }
}
