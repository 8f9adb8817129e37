import JSON
import TestSupport
import Testing

/// What the command line makes of streams and of what people do about incidents.
struct FollowCommandTests {
  private func run(
    _ arguments: [String], _ server: ScriptedServer
  ) async throws -> CommandLineProgram.Outcome {
    try await CommandLineProgram.run(
      arguments,
      environment: [
        "UPBLIT_SERVER": server.address, "UPBLIT_TOKEN": "upb_key_x", "HOME": "/nonexistent",
      ])
  }

  @Test func `events are one line each, for a person or a program, over broken connections`()
    async throws
  {
    let type = ["Content-Type: text/event-stream"]
    let opened = """
      retry: 1
      id: 1-1
      event: incident.opened
      data: {"at":"2026-01-31T12:00:00.5Z","monitor":{"id":"m","name":"shop\\u001b"},"severity":"down","incident":"1b4e28ba-x"}


      """
    let gone = """
      id: 1-2
      event: agent.gone
      data: {"at":"2026-01-31T12:00:01Z","agent":"a","name":"fra-1","region":"eu"}


      """
    for output in ["table", "json"] {
      let server = try ScriptedServer(
        .init(headers: type, body: opened, endsByClosing: true),
        .init(headers: type, body: gone, endsByClosing: true))
      defer { server.stop() }
      let outcome = try await run(
        ["events", "--kind", "a.b", "--kind", "c.d", "--limit", "2", "-o", output], server)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(server.requests[0].line == "GET /api/v1/events?kinds=a.b%2Cc.d")
      #expect(server.requests[1].header("last-event-id") == "1-1")
      if output == "table" {
        #expect(
          outcome.output == """
            2026-01-31T12:00:00.5Z  incident.opened        shop\\u{1b}  down  incident 1b4e28ba
            2026-01-31T12:00:01Z  agent.gone             fra-1  eu

            """)
      } else {
        let lines = try outcome.output.split(separator: "\n").map {
          try JSONValue(parsing: String($0))
        }
        #expect(lines.map { $0["id"]?.stringValue } == ["1-1", "1-2"])
        #expect(lines[0]["event"] == "incident.opened" && lines[0]["data"]?["severity"] == "down")
      }
    }
  }

  @Test func `an export is written whole or not at all`() async throws {
    let home = try TemporaryHome()
    defer { home.remove() }
    let whole = try ScriptedServer(.init(headers: ["Content-Type: text/csv"], body: "a,b\n1,2\n"))
    defer { whole.stop() }
    let shown = try await run(["incident", "export", "--since", "2026-01-01T00:00:00Z"], whole)
    #expect(shown.output == "a,b\n1,2\n")
    #expect(
      whole.requests[0].line == "GET /api/v1/incidents.csv?since=2026-01-01T00%3A00%3A00Z")
    let written = try await run(["audit", "export", "--to", home.path + "/audit.csv"], whole)
    #expect(written.status == 0, "\(written.errors)")
    #expect(home.text("audit.csv") == "a,b\n1,2\n")
    let torn = try ScriptedServer(
      .init(headers: ["Content-Length: 100"], body: "a,b\n", endsByClosing: true))
    defer { torn.stop() }
    let half = try await run(
      ["monitor", "export", "--format", "ndjson", "--to", home.path + "/half"], torn)
    #expect(half.status == 1, "\(half.errors)")
    #expect(home.text("half") == nil && home.text("half.part") == nil)
    #expect(torn.requests[0].line == "GET /api/v1/results.ndjson")
  }

  @Test func `what people do about an incident is sent where it belongs`() async throws {
    let id = "1b4e28ba-0000-7000-8000-000000000000"
    let server = try ScriptedServer { request in
      if request.line.hasSuffix("/comments") || request.line.hasSuffix("/updates") {
        return .init(
          status: 201,
          body: #"{"kind":"comment","text":"rebooted","by":{"kind":"person","label":"ann"}}"#)
      }
      return .init(
        body: #"{"id":"\#(id)","severity":"down","open":true,"monitor":{"name":"shop"}}"#)
    }
    defer { server.stop() }
    let done = try await run(["incident", "ack", id], server)
    #expect(done.output.hasPrefix("Acknowledged: shop is down."), "\(done.errors)")
    #expect(
      try await run(["incident", "note", id, "rebooted"], server).output == "Ann said: rebooted\n")
    _ = try await run(["incident", "note", id, "x", "--public", "identified"], server)
    _ = try await run(["incident", "resolve", id, "moved"], server)
    let path = "POST /api/v1/incidents/\(id)"
    #expect(
      server.requests.map(\.line)
        == ["acknowledge", "comments", "updates", "resolve"].map { "\(path)/\($0)" })
    #expect(
      server.requests.map(\.body) == [
        "", #"{"text":"rebooted"}"#, #"{"status":"identified","text":"x"}"#, #"{"text":"moved"}"#,
      ])
    #expect(try await run(["incident", "note", id, "x", "--public", "done"], server).status == 64)
  }

  @Test func `a series and the regions are tables`() async throws {
    let id = "1b4e28ba-0000-7000-8000-000000000000"
    let series = try ScriptedServer(
      .init(
        body: """
          {"since":"2026-01-31T12:00:00Z","until":"2026-01-31T12:10:00Z","step_s":300,"steps":[
            {"at":"2026-01-31T12:00:00Z","count":10,"failures":1,"p50_us":12300,"p95_us":20000,
             "p99_us":null,"max_us":30000}]}
          """))
    defer { series.stop() }
    let latency = try await run(["monitor", "latency", id, "--step", "5m", "-o", "csv"], series)
    #expect(
      latency.output
        == "at,probes,failed,p50,p95,p99,max\n2026-01-31T12:00:00Z,10,1,12300,20000,,30000\n",
      "\(latency.errors)")
    #expect(series.requests[0].line == "GET /api/v1/monitors/\(id)/latency?step=300")
    let regions = try ScriptedServer(
      .init(
        body: """
          {"items":[{"region":"eu","agents":{"own":1,"shared":2,"live":3},"heard_at":null,
           "monitors":4}],"next_cursor":null}
          """))
    defer { regions.stop() }
    #expect(
      try await run(["region", "list"], regions).output == """
        REGION  AGENTS  LIVE  HEARD  MONITORS
        eu           3     3  -             4

        """)
  }
}
