import JSON
import Postgres
import TestSupport
import Testing

/// What people were told, from outside.
struct NoticeAPITests {
  private func run(
    _ arguments: [String], _ api: TestAPI
  ) async throws -> CommandLineProgram.Outcome {
    try await CommandLineProgram.run(
      arguments,
      environment: [
        "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": try api.key(),
        "HOME": "/nonexistent",
      ])
  }

  @Test func `notices are listed newest first, page by page, and with their incident`()
    async throws
  {
    try await TestAPI.with { api in
      let outage = try await LivedOutage.store(in: api)
      let key = try api.key()
      let incident = try await api.send("GET", "/api/v1/incidents/\(outage.incident)", key: key)
      let told = try #require(incident.json["notices"]?.elements)
      #expect(told.map { $0["kind"] } == ["began", "ended"])
      #expect(incident.json["marks"] == [])
      let first = try #require(told.first)
      #expect(first["urgency"] == "page")
      #expect(first["text"] == "shop is down: 3 of 3 regions fail, connection refused")
      #expect(first["verdict"] == "down")
      #expect(first["verdict_id"]?.stringValue == String(outage.verdict))
      #expect(first["incident"]?.stringValue == outage.incident)
      #expect(first["monitor"]?["name"] == "shop")
      #expect(first["at"] == incident.json["started_at"])
      #expect(first["created_at"] == incident.json["decided_at"])

      let one = try await api.send("GET", "/api/v1/notices?limit=1", key: key)
      #expect(one.json["items"] == .array([told[1]]))
      let cursor = try #require(one.json["next_cursor"]?.stringValue)
      let two = try await api.send("GET", "/api/v1/notices?limit=1&cursor=\(cursor)", key: key)
      #expect(two.json["items"] == .array([told[0]]))
      #expect(two.json["next_cursor"]?.isNull == true)
      for (query, count) in [
        ("urgency=page", 1), ("urgency=admins", 0), ("incident=\(outage.incident)", 2),
        ("monitor=\(first["monitor"]?["id"]?.stringValue ?? "")&urgency=notify", 1),
      ] {
        let answer = try await api.send("GET", "/api/v1/notices?\(query)", key: key)
        #expect(answer.json["items"]?.elements.count == count, "\(query)")
      }

      let stranger = try api.key(organization: "stranger")
      let theirs = try await api.send("GET", "/api/v1/notices", key: stranger)
      #expect(theirs.json["items"] == [])
      for query in [
        "incident=\(outage.incident)", "monitor=\(first["monitor"]?["id"]?.stringValue ?? "")",
      ] {
        expectProblem(
          try await api.send("GET", "/api/v1/notices?\(query)", key: stranger), 404, "not-found")
      }
      for query in ["urgency=loud", "incident=1", "monitor=x", "kind=began", "cursor=6e"] {
        expectProblem(
          try await api.send("GET", "/api/v1/notices?\(query)", key: key), 400, "invalid-query")
      }
    }
  }

  @Test func `the command lists them, and says whose words they are`() async throws {
    try await TestAPI.with { api in
      let outage = try await LivedOutage.store(in: api)
      let list = try await run(["notice", "list", "--monitor", "shop"], api)
      let lines = list.output.split(separator: "\n").map(String.init)
      #expect(lines.count == 3, "\(list.output)\(list.errors)")
      #expect(lines[0].hasPrefix("TOLD"))
      let short = outage.incident.prefix(8)
      #expect(
        lines[2].hasSuffix(
          "  page     began  shop     \(short)  "
            + "shop is down: 3 of 3 regions fail, connection refused"), "\(lines[2])")
      let paged = try await run(
        [
          "notice", "list", "--incident", String(outage.incident.prefix(8)), "--urgency", "page",
          "-o", "json",
        ], api)
      #expect(try JSONValue(parsing: paged.output).elements.map { $0["kind"] } == ["began"])
      let none = try await run(["notice", "list", "--urgency", "admins"], api)
      #expect(none.output.isEmpty && none.errors == "Nobody was told anything.\n")
      let bad = try await run(["notice", "list", "--urgency", "loud"], api)
      #expect(bad.status == 1)
      #expect(
        bad.errors.hasSuffix(
          "The parameter urgency must be one of page, notify, admins, none.\n"))
    }
  }
}
