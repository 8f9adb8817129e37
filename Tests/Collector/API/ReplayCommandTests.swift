import JSON
import Postgres
import TestSupport
import Testing

/// What was decided can be taken again and read as a story, from outside.
struct ReplayCommandTests {
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

  @Test func `a replay says identical, or names what was changed`() async throws {
    try await TestAPI.with { api in
      let outage = try await LivedOutage.store(in: api)
      let good = try await run(["incident", "replay", outage.incident], api)
      #expect(good.status == 0, "\(good.output)\(good.errors)")
      #expect(good.output.hasPrefix("identical: "), "\(good.output)")
      #expect(good.output.contains(", 1 verdict, all digests equal\n"), "\(good.output)")

      try outage.change(#"votes = jsonb_set(votes, '{0,kind}', '"up"')"#)
      let bad = try await run(["incident", "replay", outage.incident], api)
      #expect(bad.status == 1)
      #expect(bad.output.hasPrefix("not identical: "), "\(bad.output)")
      #expect(bad.output.contains("  verdict \(outage.verdict), "), "\(bad.output)")
      #expect(
        bad.output.contains(
          ": votes/0/kind\n    stored  \"up\"\n    engine  \"attributable\"\n"), "\(bad.output)")
      #expect(bad.errors == "upblit: the incident is not what its steps give\n")
      let json = try await run(["incident", "replay", outage.incident, "-o", "json"], api)
      #expect(json.status == 1)
      #expect(try JSONValue(parsing: json.output)["identical"] == false)
    }
  }

  @Test func `an incident that was never logged is not called identical`() async throws {
    try await TestAPI.with { api in
      let outage = try await Outage.store(in: api, organization: "acme")
      let outcome = try await run(["incident", "replay", outage.incident], api)
      #expect(outcome.status == 1)
      #expect(outcome.output.contains("its steps were not logged"), "\(outcome.output)")
    }
  }

  @Test func `the timeline tells who found what, whom the rounds asked, and how it ended`()
    async throws
  {
    try await TestAPI.with { api in
      let outage = try await LivedOutage.store(in: api)
      let shown = try await run(["incident", "show", outage.incident], api)
      let lines = shown.output.split(separator: "\n").map(String.init)
      let story = lines.filter { $0.hasPrefix("  ") && !$0.hasPrefix("    ") }
        .map { String($0.dropFirst(12)) }
      let refused = "fails (tcp.refused): 1.5 ms, connection refused"
      #expect(
        story.filter { !$0.hasPrefix("declared") && !$0.hasPrefix("told") } == [
          "first failure", "eu  \(refused)", "round 1: asked ap, eu, us",
          "ap  \(refused) (round 1)", "eu  \(refused) (round 1)", "us  \(refused) (round 1)",
          "the monitor was edited, paused or resumed",
          "closed without a verdict: the monitor was paused or deleted",
        ], "\(shown.output)")
      #expect(story.contains { $0.hasPrefix("declared down: 3 of 3 votes fail") })
      #expect(
        story.contains("told: page, shop is down: 3 of 3 regions fail, connection refused"),
        "\(shown.output)")
      #expect(
        story.contains("told: notify, shop is watched no more: it was paused or deleted"),
        "\(shown.output)")
      let steps = try await api.send(
        "GET", "/api/v1/incidents/\(outage.incident)/steps?limit=2", key: try api.key())
      #expect(steps.json["items"]?.elements.count == 2)
      let first = try #require(steps.json["items"]?.elements.first)
      #expect(first["kind"] == "observed")
      #expect(first["agent"]?["name"] == "eu-1")
      #expect(first["evidence"]?["connect_us"] == 900)
      #expect(first["asked"]?.elements.first?["purpose"] == "confirm")
      #expect(steps.json["next_cursor"]?.stringValue != nil)
    }
  }
}
