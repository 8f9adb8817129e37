import JSON
import Model
import Postgres
import Store
import TestSupport
import Testing

@testable import API

/// Server-sent events.
struct EventAPITests {
  /// The `data` of the events of a kind.
  private func data(_ kind: String, in text: String) throws -> [JSONValue] {
    try text.split(separator: "event: \(kind)\ndata: ").dropFirst().map { part in
      try JSONValue(parsing: Array(part.prefix { $0 != "\n" }.utf8))
    }
  }

  /// The last `id`.
  private func mark(_ text: String) throws -> String {
    let part = try #require(text.split(separator: "\nid: ").last)
    return String(part.prefix { $0 != "\n" })
  }

  private func opened(_ path: String, key: String, _ api: TestAPI) async throws -> RawStream {
    let stream = try RawStream(path, key: key, port: api.port)
    try await stream.wait(for: "retry: 2000\nid: ")
    return stream
  }

  @Test func `what happens is told to its organization, and after a break from there on`()
    async throws
  {
    let api = try await SharedAPI.shared()
    let key = try api.key(organization: "listening")
    let stranger = try api.key(organization: "deaf")
    let stream = try await opened("/api/v1/events", key: key, api)
    let other = try await opened("/api/v1/events", key: stranger, api)
    #expect(stream.text.contains("Content-Type: text/event-stream\r\n"))
    let outage = try await Outage.store(in: api, organization: "listening")
    try await stream.wait(for: "event: incident.opened")
    let verdicts = try data("verdict.changed", in: stream.text)
    #expect(verdicts.map { $0["verdict"] } == ["down", "up"])
    #expect(verdicts[0]["monitor"]?["id"]?.stringValue == outage.monitor)
    #expect(verdicts[0]["verdict_id"]?.stringValue == outage.verdict)
    #expect(
      try data("incident.opened", in: stream.text)[0]["incident"]?.stringValue
        == outage.incident)
    let mark = try mark(stream.text)
    let path = "/api/v1/incidents/\(outage.incident)"
    _ = try await api.send(
      "POST", path + "/comments", key: key, body: #"{"text":"first"}"#)
    _ = try await api.send(
      "POST", path + "/updates", key: key, body: #"{"text":"second","status":"monitoring"}"#)
    let later = try RawStream(
      "/api/v1/events", key: key, port: api.port, headers: [("Last-Event-ID", mark)])
    try await later.wait(for: "event: incident.updated")
    #expect(try data("incident.commented", in: later.text).count == 1)
    #expect(try data("incident.updated", in: later.text)[0]["status"] == "monitoring")
    #expect(try data("verdict.changed", in: later.text).isEmpty)
    #expect(!other.text.contains(outage.monitor))
  }

  @Test func `a transaction that is still open loses nothing and changes no order`() async throws {
    let api = try await SharedAPI.shared()
    let key = try api.key(organization: "ordering")
    let outage = try await Outage.store(in: api, organization: "ordering")
    let id = try #require(IncidentID(outage.incident))
    let stream = try await opened("/api/v1/events?kinds=incident.changed", key: key, api)
    let slow = try api.database.connect()
    try slow.execute("BEGIN")
    try slow.query(
      "UPDATE incident SET marks = array_append(marks, 'slow') WHERE id = $1", id)
    // The later number commits first.
    let second = try await Outage.store(in: api, organization: "ordering", name: "second")
    try second.change("severity = 'partial'", in: api)
    let connection = try api.database.connect()
    let organization = try OrganizationQueries.findOrCreate(name: "ordering", on: connection)
    let end = try EventQueries.end(on: connection)
    let seen = try EventQueries.list(
      after: EventQueries.Position(transaction: 0, number: 0), limit: 100,
      organization: organization, on: connection)
    #expect(seen.allSatisfy { $0.position.transaction <= end.transaction })
    #expect(!seen.contains { $0.kind == "incident.changed" })
    try slow.execute("COMMIT")
    try await stream.wait(for: "event: incident.changed", times: 2)
    let incidents = try data("incident.changed", in: stream.text).map {
      $0["incident"]?.stringValue
    }
    #expect(incidents == [outage.incident, second.incident])
  }

  @Test func `kinds and a monitor narrow it, and agents are told to who may read them`()
    async throws
  {
    try await TestAPI.with { api in
      let key = try api.key()
      let blind = try api.key(scopes: [.incidentsRead])
      let outage = try await Outage.store(in: api, organization: "acme")
      let other = try await Outage.store(in: api, organization: "acme", name: "other")
      let all = try await opened("/api/v1/events", key: key, api)
      let some = try await opened(
        "/api/v1/events?monitor=\(outage.monitor)&kinds=incident.changed,incident.closed",
        key: key, api)
      let few = try await opened("/api/v1/events", key: blind, api)
      let agent = try api.database.addAgent(name: "shared-1", region: "eu")
      let connection = try api.database.connect()
      for state in ["live", "behind", "silent", "live"] {
        try connection.query(
          """
          INSERT INTO agent_presence (agent_key, state, since) VALUES ($1, $2, now())
          ON CONFLICT (agent_key) DO UPDATE SET state = excluded.state
          """, agent, state)
      }
      try other.change("severity = 'partial'", in: api)
      try outage.change("severity = 'partial'", in: api)
      for stream in [all, few] { try await stream.wait(for: "event: incident.changed", times: 2) }
      try await some.wait(for: "event: incident.changed")
      #expect(try data("agent.connected", in: all.text).count == 2)
      #expect(try data("agent.gone", in: all.text)[0]["name"] == "shared-1")
      #expect(!few.text.contains("event: agent."))
      #expect(!some.text.contains("event: agent.") && !some.text.contains(other.incident))
    }
  }

  @Test func `what can't be resumed is told to be read anew`() async throws {
    let api = try await SharedAPI.shared()
    let key = try api.key(organization: "resuming")
    let now = Timestamp.now().milliseconds
    for mark in ["1-1-1", "\(Int64.max)-1-\(now)", "9223372036854775808-1-1", "what"] {
      let stream = try RawStream(
        "/api/v1/events", key: key, port: api.port, headers: [("Last-Event-ID", mark)])
      try await stream.wait(for: "event: reset\ndata: {}\n\n")
    }
    let fresh = try RawStream(
      "/api/v1/events", key: key, port: api.port, headers: [("Last-Event-ID", "1-1-\(now)")])
    try await fresh.wait(for: "retry: 2000\nid: 1-1-")
    for query in ["kinds=", "kinds=a", "kinds=agent.gone,", "monitor=x"] {
      expectProblem(
        try await api.send("GET", "/api/v1/events?\(query)", key: key), 400, "invalid-query")
    }
    let other = try await Outage.store(in: api, organization: "resumed")
    expectProblem(
      try await api.send("GET", "/api/v1/events?monitor=\(other.monitor)", key: key), 404,
      "not-found")
  }

  @Test func `a key has so many streams open, and a stream that is left makes room`() async throws {
    let api = try await SharedAPI.shared()
    let key = try api.key(organization: "many")
    var streams: [RawStream] = []
    for _ in 0..<20 { streams.append(try await opened("/api/v1/events", key: key, api)) }
    expectProblem(try await api.send("GET", "/api/v1/events", key: key), 429, "rate-limited")
    streams.removeLast()
    while true {
      let next = try RawStream("/api/v1/events", key: key, port: api.port)
      try await next.wait(for: "\r\n\r\n")
      if next.text.hasPrefix("HTTP/1.1 200") { break }
    }
  }
}
