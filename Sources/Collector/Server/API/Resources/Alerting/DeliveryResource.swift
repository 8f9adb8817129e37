import Alerts
import JSON
import Model
import Postgres
import Store

/// `/api/v1/deliveries`: what channels were, or are to be, told, and what became of it.
enum DeliveryResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/deliveries", .scope(.incidentsRead),
      Operation(
        "listDeliveries", .alerting, "List deliveries", "Newest first.",
        query: Parameter.page + [
          .query("channel", .id, "Only this channel's."),
          .query("incident", .id, "Only this incident's."),
          .query("state", .words(states), "Only such."),
        ], answer: .page(of: delivery, "Deliveries.")), handler: list),
    .get(
      "/api/v1/deliveries/{id}", .scope(.incidentsRead),
      Operation(
        "getDelivery", .alerting, "Read a delivery", answer: .ok(delivery, "The delivery.")),
      handler: get),
    .post(
      "/api/v1/deliveries/{id}/replay", .scope(.channelsWrite),
      Operation(
        "replayDelivery", .alerting, "Send a failed delivery again",
        "Under the same identifier, with all attempts before it. Where the channel was told since that "
          + "the matter is over, it is superseded. 409 where it has not failed, or its channel is "
          + "switched off.", answer: .ok(delivery, "The delivery as it is now."),
        refusals: [.conflict]), handler: replay),
  ]

  private static let states = ["pending", "sending", "delivered", "superseded", "failed"]

  private static let delivery: Schema = Schema.told([
    "id": Schema.id.described("The same for every attempt: receivers tell a repetition by it."),
    "channel": .reference, "monitor": .monitorName, "incident": Schema.id.nullable,
    "event": Schema.words(["notice", "handover", "reminder", "acknowledged", "repeat"]).described(
      "`handover`: the matter goes on as an incident; `acknowledged`: somebody has it in hand; "
        + "`repeat`: it is said again every while, for its receiver takes silence for its end."),
    "kind": .words(["began", "worsened", "changed", "ended", "flapping", "steady"]),
    "urgency": .words(NoticeResource.urgencies),
    "text": Schema.text.described("What it tells of, in one sentence."),
    "state": .words(states),
    "reason": Schema.text.nullable.described(
      "Why it was not sent; until then what its last attempt was answered, or why it waits."),
    "attempts": .count, "due_at": .time,
    "next_at": Schema.time.nullable.described("When it is looked at again."),
    "first_at": Schema.time.nullable.described("The first attempt."),
    "sent_at": Schema.time.nullable,
    "message": Schema.id.nullable.described("The delivery whose message said it, or stood for it."),
    "created_at": .time,
  ]).named("Delivery")

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "deliveries", cursorValues: 1)
    let before = try page.cursor.map { cursor throws(Problem) in
      guard let key = Int64(cursor.values[0]) else { throw PageRequest.badCursor }
      return key
    }
    let filter = try await filter(request, context)
    let records = try await context.store.run { connection in
      try DeliveryQueries.list(
        filter, before: before, limit: page.limit + 1, organization: organization, on: connection)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last : nil
    return .page(
      shown.map(json), next: next.map { Cursor(list: "deliveries", values: [String($0.key)]).text },
      of: request)
  }

  /// What the query asks for; 404 where it names what the caller hasn't.
  private static func filter(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> DeliveryQueries.Filter {
    let organization = try request.caller.organization
    var filter = DeliveryQueries.Filter(state: request.query["state"])
    if let id: IncidentID = try request.queryIdentifier("incident") {
      let found = try await context.store.run { connection in
        try IncidentQueries.get(id, organization: organization, on: connection)
      }
      guard found != nil else { throw Problem.noSuch("incident") }
      filter.incident = id
    }
    if let id: ChannelID = try request.queryIdentifier("channel") {
      let has = try await context.store.run { connection in
        try ChannelQueries.had(id, organization: organization, on: connection)
      }
      guard has else { throw Problem.noSuch("channel") }
      filter.channel = id
    }
    return filter
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: DeliveryID = try request.identifier("id", of: "delivery")
    let record = try await context.store.run { connection in
      try DeliveryQueries.get(id, organization: organization, on: connection)
    }
    guard let record else { throw Problem.noSuch("delivery") }
    return .ok(json(record))
  }

  private static func replay(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: DeliveryID = try request.identifier("id", of: "delivery")
    do {
      return try await request.write(context) { write in
        guard let record = try DeliveryQueries.replay(id, organization: organization, by: write)
        else { throw Problem.noSuch("delivery") }
        return .ok(json(record))
      }
    } catch let refusal as DeliveryQueries.Refusal {
      switch refusal {
      case .notFailed(let state):
        throw Problem(.conflict, "The delivery is \(state); only one that failed is sent again.")
      case .channelOff:
        throw Problem(.conflict, "The delivery's channel is switched off or deleted.")
      }
    }
  }

  private static func json(_ record: DeliveryQueries.Record) -> JSONValue {
    let told = record.told
    var json = JSONObject()
    json["id"] = .string(record.id.description)
    json["channel"] = [
      "id": .string(record.channel.description), "name": .string(record.channelName),
    ]
    json["monitor"] = [
      "id": .string(told.monitor.description), "name": .string(told.body.monitorName),
      "target": .string(told.body.target),
    ]
    json["incident"] = .optional(record.incident?.description)
    json["event"] = .string(record.event)
    json["kind"] = .string(told.kind)
    json["urgency"] = .string(told.urgency)
    json["text"] = .string(NoticeWords.text(told))
    json["state"] = .string(record.state)
    json["reason"] = .optional(record.reason)
    json["attempts"] = .integer(Int64(record.attempts))
    json["due_at"] = .string(record.dueAt.description)
    json["next_at"] = .optional(record.nextAt?.description)
    json["first_at"] = .optional(record.firstAt?.description)
    json["sent_at"] = .optional(record.sentAt?.description)
    json["message"] = .optional(record.message?.description)
    json["created_at"] = .string(record.createdAt.description)
    return .object(json)
  }
}
