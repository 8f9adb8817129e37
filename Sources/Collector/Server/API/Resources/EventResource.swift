import JSON
import Model
import Postgres
import Store

/// `/api/v1/events`: what happens, as it happens, as server-sent events.
enum EventResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/events", .scope(.incidentsRead),
      Operation(
        "streamEvents", .incidents, "Be told what happens, as it happens",
        "Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). Each has an "
          + "`id`, its kind as `event`, and as `data` a JSON object with `at`, the `monitor` where it is of "
          + "one, and what the kind has to tell. After a break, `Last-Event-ID` goes on where that one "
          + "was; without it, the stream begins now. The event `reset` says that what came between is "
          + "no longer known: read again what you show. A comment comes at least every 15 s. Agents are "
          + "told to keys with the scope `agents:read`. A key that is revoked, or a reader that takes "
          + "nothing, is cut.",
        query: [
          .query(
            "kinds", .string(1...400, pattern: "^(\(words))(,(\(words)))*$"),
            "Only these, with commas between."),
          .query("monitor", .id, "Only this monitor's."),
        ],
        headers: [
          .header(
            "Last-Event-ID", .string(1...64, pattern: "^[0-9]+-[0-9]+-[0-9]+$"),
            "The `id` of the last event that was read.")
        ], answer: .stream("text/event-stream", "Events, until either side has enough."),
        refusals: [.overloaded]), handler: stream)
  ]

  private static let words = EventQueries.kinds.map {
    $0.split(separator: ".").joined(separator: "[.]")
  }.joined(separator: "|")

  private static func stream(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let caller = try request.caller
    var filter = EventFilter(allowsAgents: caller.scopes.contains(.agentsRead))
    if let kinds = request.query["kinds"] {
      let words = kinds.split(separator: ",", omittingEmptySubsequences: false)
      filter.kinds = Set(words.map(String.init))
      guard filter.kinds?.isSubset(of: EventQueries.kinds) == true else {
        throw Problem(
          .invalidQuery,
          "The parameter kinds must name some of \(EventQueries.kinds.joined(separator: ", ")), with "
            + "commas between.")
      }
    }
    if let id: MonitorID = try request.queryIdentifier("monitor") {
      _ = try await MonitorResource.key(of: id, for: request, context)
      filter.monitor = id
    }
    let place = try context.streams.events.enter(caller.payerID)
    let subscription = context.streams.hub.subscribe(caller.organization)
    let end = try await context.store.run { try EventQueries.end(on: $0) }
    let start = request.lastEventID.map { EventMark($0)?.resume(at: end, now: .now()) } ?? .go(end)
    let feed = EventFeed(
      filter: filter, start: start ?? .reset(end), request: request, context: context,
      subscription: subscription)
    let body = StreamBody(type: "text/event-stream") { writer in
      try await feed.run(&writer)
      place.stay()
    } onStop: {
      subscription.end()
    }
    return APIAnswer(
      status: 200, headers: [("x-accel-buffering", "no")], body: .stream(body))
  }
}

/// Which events somebody wants, and may be told.
struct EventFilter: Sendable {
  /// `nil`: all.
  var kinds: Set<String>?
  var monitor: MonitorID?
  var allowsAgents: Bool

  init(allowsAgents: Bool) { self.allowsAgents = allowsAgents }

  func takes(_ record: EventQueries.Record) -> Bool {
    if let kinds, !kinds.contains(record.kind) { return false }
    if let monitor, record.monitor?.id != monitor { return false }
    return allowsAgents || !record.kind.hasPrefix("agent.")
  }
}
