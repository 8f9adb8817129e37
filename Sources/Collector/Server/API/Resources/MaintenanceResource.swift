import JSON
import Model
import Postgres
import Store

/// `/api/v1/maintenance`: windows within which nobody is told of what goes wrong.
enum MaintenanceResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/maintenance", .scope(.monitorsRead),
      Operation(
        "listMaintenance", .maintenance, "List maintenance windows",
        query: Parameter.page + [
          .query("monitor", .id, "Only those that hold this monitor."),
          .query(
            "state", .words(MaintenanceRecord.State.allCases.map(\.rawValue)), "Only such."),
        ], answer: .page(of: MaintenanceSchema.maintenance, "Maintenance windows.")),
      handler: list),
    .post(
      "/api/v1/maintenance", .scope(.monitorsWrite),
      Operation(
        "createMaintenance", .maintenance, "Make a maintenance window",
        "Within it nobody is told of what goes wrong; results are kept all the same.",
        body: MaintenanceSchema.new, examples: MaintenanceSchema.examples,
        answer: .created(MaintenanceSchema.maintenance, "The window.", isTagged: true),
        refusals: [.conflict]), handler: create),
    .get(
      "/api/v1/maintenance/{id}", .scope(.monitorsRead),
      Operation(
        "getMaintenance", .maintenance, "Read a maintenance window",
        answer: .tagged(MaintenanceSchema.maintenance, "The window.")), handler: get),
    .patch(
      "/api/v1/maintenance/{id}", .scope(.monitorsWrite),
      Operation(
        "changeMaintenance", .maintenance, "Change a maintenance window",
        "Takes over the fields that are sent. One that is over stays as it was.",
        body: MaintenanceSchema.change, examples: [("longer", ["duration_s": 7200])],
        answer: .tagged(MaintenanceSchema.maintenance, "The window as it is now."),
        refusals: [.conflict], isConditional: true), handler: change),
    .delete(
      "/api/v1/maintenance/{id}", .scope(.monitorsWrite),
      Operation(
        "endMaintenance", .maintenance, "Take back or end a maintenance window",
        "One that has not begun is deleted, one that runs ends now and stays on record, one that is "
          + "over stays as it was.", answer: .done("It is not, or no longer, in force."),
        isConditional: true), handler: end),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "maintenance", cursorValues: 2)
    let position = try page.cursor.map(position)
    let state = state(request)
    var monitor: Int64?
    if let id: MonitorID = try request.queryIdentifier("monitor") {
      monitor = try await MonitorResource.key(of: id, for: request, context)
    }
    let wanted = monitor
    let records = try await context.store.run { connection in
      try MaintenanceQueries.list(
        state: state, monitor: wanted, after: position, limit: page.limit + 1,
        organization: organization, on: connection)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last : nil
    return .page(
      shown.map(json),
      next: next.map { record in
        Cursor(
          list: "maintenance",
          values: [String(record.startsAt.microseconds), record.id.description]
        ).text
      }, of: request)
  }

  private static func state(
    _ request: APIRequest
  ) -> MaintenanceRecord.State? {
    request.query["state"].flatMap(MaintenanceRecord.State.init(rawValue:))
  }

  private static func create(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let wish = try request.readBody { MaintenanceDocument.readNew(&$0) }
    return try await refusing {
      try await request.write(context) { write in
        let record = try MaintenanceQueries.create(
          wish, organization: organization, on: write.connection)
        try write.record(
          AuditEntry(
            "maintenance.create", organization: organization, objectID: record.id.description,
            change: .object(settings(record))))
        return .created(
          json(record), at: "/api/v1/maintenance/\(record.id)", version: record.version)
      }
    }
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: MaintenanceID = try request.identifier("id", of: "maintenance")
    let record = try await context.store.run { connection in
      try MaintenanceQueries.get(id, organization: organization, on: connection)
    }
    guard let record else { throw Problem.noSuch("maintenance") }
    return .ok(json(record), version: record.version)
  }

  /// Takes over the fields that the body has. With `If-Match`, only if nobody changed it since.
  private static func change(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: MaintenanceID = try request.identifier("id", of: "maintenance")
    return try await refusing {
      try await request.write(context) { write in
        var before: MaintenanceRecord?
        let changed = try MaintenanceQueries.change(
          id, organization: organization, on: write.connection
        ) { record in
          before = record
          try request.requireVersion(record.version, of: "maintenance")
          return try request.readBody { MaintenanceDocument.readChange(&$0, of: record) }
        }
        guard let before, let changed else { throw Problem.noSuch("maintenance") }
        if let change = AuditChange.between(settings(before), settings(changed)) {
          try write.record(
            AuditEntry(
              "maintenance.update", organization: organization, objectID: id.description,
              change: change))
        } else {
          write.nothingChanged()
        }
        return .ok(json(changed), version: changed.version)
      }
    }
  }

  /// Takes it back, or ends it now; one that is over stays as it was.
  private static func end(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: MaintenanceID = try request.identifier("id", of: "maintenance")
    return try await request.write(context) { write in
      guard
        let record = try MaintenanceQueries.getLocked(
          id, organization: organization, on: write.connection)
      else { throw Problem.noSuch("maintenance") }
      try request.requireVersion(record.version, of: "maintenance")
      _ = try MaintenanceQueries.end(id, organization: organization, on: write.connection)
      if record.state == .over {
        write.nothingChanged()
      } else {
        try write.record(
          AuditEntry(
            record.state == .running ? "maintenance.end" : "maintenance.delete",
            organization: organization, objectID: id.description,
            change: ["title": .string(record.title)]))
      }
      return .noContent
    }
  }

  /// Runs `body`; what the store refuses becomes a problem.
  private static func refusing<T>(_ body: () async throws -> T) async throws -> T {
    do {
      return try await body()
    } catch let errors as FieldErrors {
      throw Problem(errors)
    } catch let refusal as MaintenanceQueries.Refusal {
      switch refusal {
      case .isOver:
        throw Problem(.conflict, "The maintenance is over and stays as it was; make another.")
      case .tooMany:
        throw Problem(
          .conflict,
          "Your organization has \(MaintenanceWish.mostOpen) maintenances that are not over, as many "
            + "as it may; delete some.")
      }
    }
  }

  /// What a team decides about a window, as the API shows it.
  private static func settings(_ record: MaintenanceRecord) -> JSONObject {
    var settings = JSONObject()
    settings["title"] = .string(record.title)
    settings["starts_at"] = .string(record.startsAt.description)
    settings["ends_at"] = .string(record.endsAt.description)
    settings["all_monitors"] = .bool(record.isForAll)
    settings["monitors"] = .strings(record.monitors.map(\.id.description))
    return settings
  }

  static func json(_ record: MaintenanceRecord) -> JSONValue {
    [
      "id": .string(record.id.description), "title": .string(record.title),
      "state": .string(record.state.rawValue), "starts_at": .string(record.startsAt.description),
      "ends_at": .string(record.endsAt.description), "all_monitors": .bool(record.isForAll),
      "monitors": .array(
        record.monitors.map { ["id": .string($0.id.description), "name": .string($0.name)] }),
      "created_at": .string(record.createdAt.description),
      "updated_at": .string(record.updatedAt.description),
    ]
  }

  private static func position(
    _ cursor: Cursor
  ) throws(Problem) -> MaintenanceQueries.Position {
    guard let time = Int64(cursor.values[0]), let startsAt = Timestamp(bounded: time),
      let id = MaintenanceID(cursor.values[1])
    else { throw PageRequest.badCursor }
    return MaintenanceQueries.Position(startsAt: startsAt, id: id)
  }
}
