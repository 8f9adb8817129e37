import JSON
import Model
import Postgres
import Store
import TestSupport
import Testing

@testable import API

/// Lists as streams.
struct ExportAPITests {
  @Test(
    arguments: [
      ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
      ("two\nlines", "\"two\nlines\""), ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"),
      ("@a", "'@a"), ("\tx", "'\tx"), ("\rx", "\"'\rx\""), ("\r\nx", "\"'\r\nx\""),
      ("=a,b", "\"'=a,b\""), ("=\"a\"", "\"'=\"\"a\"\"\""), ("a=b", "a=b"), ("", ""), ("é", "é"),
    ])
  func `no cell is a formula`(text: String, cell: String) {
    #expect(CSVText.line([.string(text)]) == Array((cell + "\r\n").utf8))
  }

  @Test func `other values are told as they are`() {
    let row: JSONObject = {
      var object = JSONObject()
      object["a"] = ["b": -3]
      object["c"] = ["x", "y"]
      object["d"] = .null
      object["e"] = true
      return object
    }()
    let cells = ["a.b", "c", "d", "e", "f.g"].map { CSVText.value($0, of: row) }
    #expect(CSVText.line(cells) == Array("-3,x y,,true,\r\n".utf8))
  }

  @Test func `results are exported whole, in both forms, with their filters`() async throws {
    let api = try await SharedAPI.shared()
    let organization = "exporting"
    let key = try api.key(organization: organization)
    let outage = try await Outage.store(
      in: api, organization: organization, detail: "=cmd,\"x\"")
    try addResults(1_200, to: outage.monitor, agent: outage.agent, api)
    let lines = try await api.send("GET", "/api/v1/results.ndjson", key: key)
    #expect(lines.headers["content-type"] == "application/x-ndjson")
    let rows = try lines.text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(rows.count == 1_209)
    #expect(Set(rows).count == 1_209)
    let since = Timestamp(milliseconds: Outage.start).description
    let listed = try await api.send("GET", "/api/v1/results?limit=9&since=\(since)", key: key)
    #expect(Array(rows.prefix(9)) == listed.json["items"]?.elements)
    let table = try await api.send("GET", "/api/v1/results.csv?outcome=ambiguous", key: key)
    let cells = table.text.split(separator: "\r\n")
    #expect(cells.count == 4)
    #expect(cells[0].hasPrefix("started_at,monitor,agent,region,outcome,failure.class,"))
    #expect(cells[1].contains(",\"'=cmd,\"\"x\"\"\","))
    let none = try await api.send("GET", "/api/v1/results.csv?region=mars", key: key)
    #expect(none.text.split(separator: "\r\n").count == 1)
    let incidents = try await api.send("GET", "/api/v1/incidents.ndjson", key: key)
    #expect(
      try JSONValue(parsing: incidents.body.dropLast())["id"]?.stringValue == outage.incident)
    let closed = try await api.send("GET", "/api/v1/incidents.csv?state=open", key: key)
    #expect(closed.text.split(separator: "\r\n").count == 1)
  }

  @Test func `what is wrong before the first row is a problem`() async throws {
    let api = try await SharedAPI.shared()
    let key = try api.key(organization: "exporting-badly")
    for path in ["results.csv?since=x", "results.ndjson?q=a", "incidents.csv?state=gone"] {
      expectProblem(try await api.send("GET", "/api/v1/\(path)", key: key), 400, "invalid-query")
    }
    let other = try await Outage.store(in: api, organization: "exported")
    expectProblem(
      try await api.send("GET", "/api/v1/results.csv?monitor=\(other.monitor)", key: key), 404,
      "not-found")
    expectProblem(
      try await api.send(
        "GET", "/api/v1/results.csv", key: key, headers: [("Accept", "application/json")]), 406,
      "not-acceptable")
  }

  @Test func `a half that can't go on is not ended like a whole`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let outage = try await Outage.store(in: api, organization: "acme")
      // More than the socket holds, so that the server has not read the end yet.
      try addResults(60_000, to: outage.monitor, agent: outage.agent, api)
      let stream = try RawStream("/api/v1/results.ndjson", key: key, port: api.port)
      try await stream.wait(for: "started_at")
      try api.database.connect().execute(
        "ALTER TABLE result RENAME TO elsewhere; ALTER TABLE agent RENAME TO nobody")
      let text = try await stream.end()
      #expect(text.hasPrefix("HTTP/1.1 200"))
      #expect(!text.hasSuffix("0\r\n\r\n"))
    }
  }

  @Test func `a place is let go of when its stream is over, and none is left for too many`()
    throws
  {
    let gate = StreamGate("exports", most: 2, mostOfOne: 1)
    let (one, two, three) = (
      PostgresUUID(high: .random(in: 0 ... .max), low: 0),
      PostgresUUID(high: .random(in: 0 ... .max), low: 0),
      PostgresUUID(high: .random(in: 0 ... .max), low: 0)
    )
    var places = [try gate.enter(one), try gate.enter(two)]
    func refusal(_ key: PostgresUUID) -> Problem.Kind? {
      do {
        _ = try gate.enter(key)
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(refusal(one) == .rateLimited)
    #expect(refusal(three) == .overloaded)
    places.removeFirst()
    #expect(refusal(three) == nil)
    #expect(refusal(one) == nil)
    #expect(refusal(two) == .rateLimited)
    places.removeAll()
    #expect(refusal(two) == nil)
  }

  private func addResults(
    _ count: Int32, to monitor: String, agent: String, _ api: TestAPI
  ) throws {
    try api.database.connect().query(
      """
      INSERT INTO result (monitor_key, started_at, stream_key, sequence, organization_id,
        agent_key, total_us, record_index, outcome)
      SELECT m.key, $4::timestamptz + n * interval '1 millisecond', 1, n, m.organization_id, a.key,
        1000, 0, 0
      FROM monitor m, agent a, generate_series(1, $3) AS n WHERE m.id = $1 AND a.id = $2
      """, MonitorID(monitor), AgentID(agent), count, Timestamp(milliseconds: Outage.start))
  }
}
