import JSON
import Model
import Postgres
import TestSupport
import Testing

@testable import Store

/// "Run now", from outside.
struct MonitorRunAPITests {
  @Test func `every live agent that has the monitor is asked, and not again at once`()
    async throws
  {
    try await TestAPI.with { api in
      let key = try api.key()
      let connection = try api.database.connect()
      let id = try await api.makeMonitor(key: key)
      let path = "/api/v1/monitors/\(id)/run"
      expectProblem(try await api.send("POST", path, key: key), 409, "conflict")
      var agents: [Int32] = []
      for region in ["ap", "eu", "us"] {
        let agent = try api.database.addAgent(name: region, region: region)
        try connection.query(
          """
          INSERT INTO agent_live (
            agent_key, boot_id, seen_at, connected_since, watermark_ms, mono_now_ms,
            assignment_revision, spool_bytes, dropped, loop_lag_ms, canaries, clock_steps, failing)
          VALUES ($1, $2, now(), now(), 0, 0, 0, 0, 0, 0, 0, 0, 0)
          """, agent, BootID.random())
        agents.append(agent)
      }
      var reconciler = Reconciler(nowMs: 0)
      _ = try reconciler.run(nowMs: 1_000, connection)
      try connection.query(
        "UPDATE agent_live SET seen_at = now() - interval '1 minute' WHERE agent_key = $1",
        agents[2])
      // What the engine itself asks is apart.
      try connection.query("DELETE FROM probe_request")
      let run = try await api.send("POST", path, key: key)
      #expect(run.status == 202, "\(run.text)")
      #expect(run.json["probes"]?.elements.map { $0["region"] } == ["ap", "eu"])
      let taken = try ProbeRequests.take(agent: agents[0], connection)
      #expect(
        taken.requests.map(\.id.description)
          == [run.json["probes"]?.elements[0]["id"]?.stringValue])
      #expect(taken.requests.first?.deadlineMs == 12_000)
      let soon = try await api.send("POST", path, key: key)
      expectProblem(soon, 429, "rate-limited")
      #expect(soon.headers["retry-after"] == "5")
      try connection.query("UPDATE monitor_run SET asked_at = asked_at - interval '5 seconds'")
      // Who has not yet taken the question is not asked twice.
      let again = try await api.send("POST", path, key: key)
      #expect(again.json["probes"]?.elements.map { $0["region"] } == ["ap"])
      // An organization's many monitors leave room for others' questions.
      try connection.execute(
        """
        ALTER TABLE monitor_run DROP CONSTRAINT monitor_run_monitor_key_fkey;
        INSERT INTO monitor_run (monitor_key, organization_id, asked_at)
        SELECT -n, (SELECT organization_id FROM monitor_run), now() FROM generate_series(1, 300) n;
        UPDATE monitor_run SET asked_at = asked_at - interval '5 seconds'
        """)
      let many = try await api.send("POST", path, key: key)
      expectProblem(many, 429, "rate-limited")
      #expect(many.headers["retry-after"] == "60")
      _ = try await api.send("POST", "/api/v1/monitors/\(id)/pause", key: key)
      expectProblem(try await api.send("POST", path, key: key), 409, "conflict")
      #expect(
        try api.database.value(
          "SELECT count(*) FROM audit WHERE action = 'monitor.run'", as: Int64.self) == 2)
    }
  }
}
