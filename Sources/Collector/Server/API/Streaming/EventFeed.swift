import JSON
import Model
import Postgres
import Store

/// One stream of events, from its first to its last byte.
struct EventFeed: Sendable {
  var filter: EventFilter
  var start: EventMark.Start
  var request: APIRequest
  var context: APIContext
  var subscription: EventHub.Subscription

  private static let pageSize = 100
  /// How often the credential is looked at again.
  private static let identifyEvery = Duration.seconds(30)

  /// Tells until the subscription ends, the credential is no longer good, or the reader is gone.
  func run(_ writer: inout StreamWriter) async throws {
    let organization = try request.caller.organization
    var position: EventQueries.Position
    switch start {
    case .go(let known):
      position = known
      try await writer.write(Array("retry: 2000\n\(mark(position))\n".utf8))
    case .reset(let end):
      position = end
      try await writer.write(
        Array("retry: 2000\n\(mark(position))event: reset\ndata: {}\n\n".utf8))
    }
    var saidAt = ContinuousClock.now
    var knownAt = saidAt
    var wakes = subscription.wakes.makeAsyncIterator()
    repeat {
      var count = 0
      do {
        count = try await tellNews(after: &position, organization, &writer)
      } catch is PostgresError {
        // The position stands: it is read from there at the next wake.
      }
      let now = ContinuousClock.now
      if count > 0 {
        saidAt = now
      } else if now - saidAt >= EventHub.beat - .seconds(1) {
        try await writer.write(Array("\(mark(position)): alive\n\n".utf8))
        saidAt = now
      }
      if now - knownAt >= Self.identifyEvery {
        guard try await isStillWelcome() else { return }
        knownAt = now
      }
    } while await wakes.next() != nil
  }

  /// Tells all that there is; returns how many were told.
  private func tellNews(
    after position: inout EventQueries.Position, _ organization: OrganizationID,
    _ writer: inout StreamWriter
  ) async throws -> Int {
    var count = 0
    while true {
      let from = position
      let records = try await context.streams.feedTurns.take {
        try await context.store.run { connection in
          try EventQueries.list(
            after: from, limit: Self.pageSize, organization: organization, on: connection)
        }
      }
      let told = records.filter(filter.takes)
      if !told.isEmpty { try await writer.write(told.flatMap { Array(text($0).utf8) }) }
      count += told.count
      position = records.last?.position ?? position
      if records.count < Self.pageSize || writer.isStopping { return count }
    }
  }

  /// A store that can't be asked says nothing about anybody.
  private func isStillWelcome() async throws -> Bool {
    guard let identify = request.identifyAgain else { return true }
    do {
      let now = try await context.streams.feedTurns.take { try await identify() }
      return now.organization == (try request.caller.organization)
        && now.scopes.contains(.incidentsRead)
        && (!filter.allowsAgents || now.scopes.contains(.agentsRead))
    } catch is Problem {
      return false
    } catch is PostgresError {
      return true
    }
  }

  private func mark(_ position: EventQueries.Position) -> String {
    "id: \(EventMark(position, at: .now()).text)\n"
  }

  private func text(_ record: EventQueries.Record) -> String {
    var object = JSONObject()
    object["at"] = .string(record.at.description)
    if let monitor = record.monitor {
      object["monitor"] = ["id": .string(monitor.id.description), "name": .string(monitor.name)]
    }
    if case .object(let data)? = try? JSONValue(parsing: record.data) {
      for member in data.members { object[member.name] = member.value }
    }
    let id = EventMark(record.position, at: record.at).text
    return "id: \(id)\nevent: \(record.kind)\ndata: \(JSONValue.object(object).text)\n\n"
  }
}
