import JSON
import Model
import Postgres
import TestSupport
import Testing

/// What lies behind: an agent's events, a monitor's uptime, another policy's judgement, and votes that
/// did not count.
struct LookingBackTests {
  private func run(
    _ arguments: [String], _ api: TestAPI, organization: String = "acme"
  ) async throws -> CommandLineProgram.Outcome {
    try await CommandLineProgram.run(
      arguments,
      environment: [
        "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)",
        "UPBLIT_TOKEN": try api.key(organization: organization), "HOME": "/nonexistent",
      ])
  }

  @Test func `an agent's events are paged newest first, in words`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let connection = try api.database.connect()
      let id = AgentID.random()
      let agent = try api.database.addAgent(id: id, name: "fra-1", region: "eu")
      let empty = try await run(["agent", "events", "fra-1"], api)
      #expect(empty.status == 0 && empty.errors == "Nothing was ever amiss with this agent.\n")
      for index in 0..<5 {
        try connection.query(
          "INSERT INTO agent_event (agent_key, kind, reason) VALUES ($1, $2, $3)", agent,
          index % 2 == 0 ? "distrusted" : "trusted", index < 2 ? "canaries" : "loop_lag")
      }
      var kinds: [String] = []
      var path: String? = "/api/v1/agents/\(id)/events?limit=2"
      while let next = path {
        let page = try await api.send("GET", next, key: key)
        #expect(page.status == 200, "\(page.text)")
        kinds += page.json["items"]?.elements.compactMap { $0["kind"]?.stringValue } ?? []
        path = page.json["next_cursor"]?.stringValue.map {
          "/api/v1/agents/\(id)/events?limit=2&cursor=\($0)"
        }
      }
      #expect(kinds == ["distrusted", "trusted", "distrusted", "trusted", "distrusted"])
      let shown = try await run(["agent", "events", "fra-1"], api)
      let lines = shown.output.split(separator: "\n").map(String.init)
      #expect(lines.count == 6)
      #expect(lines[1].hasSuffix("  distrusted  not trusted: its machine stalls"))
      #expect(lines[4].hasSuffix("  trusted     trusted again (it was not: its canaries fail)"))
      expectProblem(
        try await api.send("GET", "/api/v1/agents/\(AgentID.random())/events", key: key), 404,
        "not-found")
      expectProblem(
        try await api.send("GET", "/api/v1/agents/\(id)/events?cursor=00", key: key), 400,
        "invalid-query")
    }
  }

  @Test func `an uptime has its range, its coverage and its rule`() async throws {
    try await TestAPI.with { api in
      let outage = try await Outage.store(in: api, organization: "acme")
      let key = try api.key()
      try api.database.connect().query(
        "UPDATE monitor SET created_at = $1", Timestamp(milliseconds: Outage.start - 86_400_000))
      func time(_ offsetMs: Int64) -> String {
        Timestamp(milliseconds: Outage.start + offsetMs).description
      }
      let path = "/api/v1/monitors/\(outage.monitor)/uptime"
      let answer = try await api.send(
        "GET", "\(path)?since=\(time(-100_000))&until=\(time(900_000))", key: key)
      #expect(answer.status == 200, "\(answer.text)")
      // Down from the start to the up that holds from 289 s on; before it nothing is known.
      #expect(answer.json["span_ms"] == 1_000_000)
      #expect(answer.json["down_ms"] == 289_000)
      #expect(answer.json["up_ms"] == 611_000)
      #expect(answer.json["unknown_ms"] == 100_000)
      #expect(answer.json["paused_ms"] == 0)
      #expect(answer.json["uptime_percent"]?["least"]?.text == "61.1")
      #expect(answer.json["uptime_percent"]?["most"]?.text == "71.1")
      #expect(answer.json["coverage_percent"]?.text == "90.0")
      #expect(
        answer.json["rule"]?.stringValue?.hasPrefix("UP, DEGRADED, REGIONAL and PARTIAL") == true)
      for query in [
        "since=x", "partial=maybe", "since=\(time(10))&until=\(time(0))", "interval=5",
      ] {
        expectProblem(try await api.send("GET", "\(path)?\(query)", key: key), 400, "invalid-query")
      }
      expectProblem(
        try await api.send("GET", path, key: api.key(organization: "other")), 404, "not-found")
      let shown = try await run(
        [
          "monitor", "uptime", "shop", "--since", time(-100_000), "--until", time(900_000),
          "--partial", "down",
        ], api)
      #expect(shown.status == 0, "\(shown.errors)")
      #expect(shown.output.contains("uptime    61.1% to 71.1%\n"), "\(shown.output)")
      #expect(shown.output.contains("coverage  90.0% of the time is known\n"), "\(shown.output)")
      #expect(shown.output.contains("down     4 min 49 s   28.9000%\n"), "\(shown.output)")
      #expect(shown.output.contains("DOWN and PARTIAL as down"), "\(shown.output)")
      let bad = try await run(["monitor", "uptime", "shop", "--since", "ages"], api)
      #expect(bad.status == 64 && bad.errors.contains("a span before now such as 30d"))
      let month = try await run(["monitor", "uptime", "shop", "-o", "json"], api)
      #expect(try JSONValue(parsing: month.output)["partial_counts_as"] == "up")
    }
  }

  @Test func `a backtest tells what another policy would have made of it`() async throws {
    try await TestAPI.with { api in
      let outage = try await LivedOutage.store(in: api)
      let key = try api.key()
      let monitors = try await api.send("GET", "/api/v1/monitors", key: key)
      let id = try #require(monitors.json["items"]?.elements.first?["id"]?.stringValue)
      let path = "/api/v1/monitors/\(id)/backtest"
      let same = try await api.send(
        "POST", path, key: key, body: #"{"policy":{"kind":"majority"}}"#)
      #expect(same.status == 200, "\(same.text)")
      #expect(same.json["logged"]?["pages"] == 1)
      #expect(same.json["tested"]?["pages"] == 1)
      #expect(same.json["control"]?["agrees"] == true)
      #expect(same.json["outages"]?.elements.first?["later_ms"] == 0)
      #expect(
        same.json["summary"] == "1 page instead of 1; 1 of 1 logged outages found")
      let shown = try await run(
        ["quorum", "backtest", "--monitor", "shop", "--policy", "4", "--since", "1h"], api)
      #expect(shown.status == 0, "\(shown.errors)")
      #expect(
        shown.output.hasPrefix(
          "at least 4 regions: 0 pages instead of 1; 0 of 1 logged outages found, 1 not at all\n"),
        "\(shown.output)")
      #expect(shown.output.contains("pages               1       0\n"), "\(shown.output)")
      #expect(shown.output.contains("  not at all\n"), "\(shown.output)")
      #expect(shown.output.contains("What this does not say:\n"), "\(shown.output)")
      for (body, pointer) in [
        ("{}", "/policy"), (#"{"policy":{"kind":"n_of_m","n":99}}"#, "/policy/n"),
        (#"{"policy":{"kind":"all"},"since":"x"}"#, "/since"),
        (#"{"policy":{"kind":"all"},"since":"2030-01-01T00:00:00Z"}"#, "/since"),
        (#"{"policy":{"kind":"all"},"name":"x"}"#, "/name"),
      ] {
        let answer = try await api.send("POST", path, key: key, body: body)
        expectProblem(answer, 422, "invalid-fields")
        #expect(answer.json["errors"]?.elements.first?["pointer"]?.stringValue == pointer)
      }
      expectProblem(
        try await api.send(
          "POST", path, key: api.key(organization: "other"), body: #"{"policy":{"kind":"all"}}"#),
        404, "not-found")
      let usage = try await run(["quorum", "backtest", "--monitor", "shop"], api)
      #expect(usage.status == 64)
      let replay = try await run(["incident", "replay", outage.incident], api)
      #expect(replay.status == 0, "\(replay.output)")
    }
  }

  @Test func `votes tell what they weigh, who must fail, and why they don't count`() async throws {
    try await TestAPI.with { api in
      let outage = try await Outage.store(in: api, organization: "acme")
      try api.database.connect().query(
        """
        UPDATE verdict SET
          policy = '{"kind":"weighted","weights":{"eu":3},"must_fail":["eu"],"ignore":["ap"]}',
          tally = tally || '{"weight":4,"weightDown":4,"requiredWeight":3,"limited":1}',
          votes = jsonb_set(jsonb_set(votes, '{0,uncounted}', '"ignored"'),
            '{2,uncounted}', '"limited"')
        WHERE id = $1
        """, Int64(outage.verdict))
      let answer = try await api.send(
        "GET", "/api/v1/verdicts/\(outage.verdict)", key: api.key())
      let votes = try #require(answer.json["votes"]?.elements)
      #expect(votes.map { $0["weight"] } == [1, 3, 1])
      #expect(votes.map { $0["must_fail"] } == [false, true, false])
      #expect(votes.map { $0["counted"] } == [false, true, false])
      #expect(votes[0]["reason"] == "the policy ignores this region")
      #expect(answer.json["tally"]?["required_weight"] == 3)
      let shown = try await run(["incident", "show", outage.incident], api)
      #expect(shown.output.contains("AGE    WEIGHT  MUST FAIL  COUNTED"), "\(shown.output)")
      #expect(
        shown.output.contains("1.2 s  3       yes        yes  "), "\(shown.output)")
      #expect(
        shown.output.contains("no: the target refused to be asked so often (status 429)"),
        "\(shown.output)")
      #expect(
        shown.output.contains(
          ", those that fail weigh 4 of 4 and 3 are needed, 1 refused (429) (weighted (eu 3), "
            + "eu must fail, ap ignored: 2 must fail"), "\(shown.output)")
      // What says nothing has no column.
      #expect(shown.output.contains("REGION  AGENT  VOTE  AGE    COUNTED  EVIDENCE"))
    }
  }
}
