import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `While many monitors are down` {
  /// Further monitors that are down.
  private func addDown(
    _ count: Int64, _ scene: DecisionScene, organization: Int32? = nil
  ) throws {
    try scene.connection.query(
      """
      WITH new AS (
        INSERT INTO monitor (organization_id, name, kind, target, "check", interval_s, timeout_ms,
          policy, paused)
        SELECT $1, 'm' || n, 'tcp', 'a:1', '{"kind": "tcp", "host": "a", "port": 1}', 60, 10000,
          '{"kind": "majority"}', true
        FROM generate_series(1, $2) n RETURNING key, organization_id
      ), said AS (
        INSERT INTO verdict (monitor_key, organization_id, epoch, started_at, decided_at, verdict,
          policy, tally, votes)
        SELECT key, organization_id, 1, now(), now(), 'down', '{}', '{}', '[]' FROM new
        RETURNING id, monitor_key, organization_id
      )
      INSERT INTO incident (organization_id, monitor_key, opening_verdict, started_at, decided_at,
        severity)
      SELECT organization_id, monitor_key, id, now(), now(), 'down' FROM said
      """, organization ?? scene.organization, count)
  }

  @Test func `each is asked rarely, and the log says so`() throws {
    let scene = try DecisionScene()
    let agents = try ["a", "b"].map { try scene.addAgent($0) }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.wait(0)
    try scene.answer { _ in .up }
    try scene.tell(monitor, agents[0], .attributable)
    try scene.answer { _ in .attributable }
    #expect(try scene.verdicts(monitor) == ["up", "down"])
    var pace = WatchPace()
    func paceMs() throws -> Int64? {
      try pace.look(scene.connection)
      return pace.paceMs(of: scene.organization)
    }
    #expect(try paceMs() == nil)
    try addDown(WatchPace.manyDown - 2, scene)
    #expect(try paceMs() == nil)
    // What others have down is their matter.
    let other = try scene.database.addOrganization("other")
    try addDown(WatchPace.manyDown, scene, organization: other)
    #expect(try paceMs() == nil)
    #expect(pace.paceMs(of: other) == 30_000)
    try addDown(1, scene)
    #expect(try paceMs() == 30_000)

    func asked() throws -> Int64 {
      try scene.database.value("SELECT count(*) FROM probe_request")
    }
    func step() throws {
      try scene.connection.query("UPDATE monitor_due SET due_at = now()")
      while try DecisionStep.run(scene.connection, pace: pace) != nil {}
    }
    let before = try asked()
    for _ in 0..<4 {
      try scene.wait(7_000)
      try step()
    }
    #expect(try asked() == before)
    try scene.wait(7_000)
    try step()
    #expect(try asked() == before + 1)
    let logged: Int64 = try scene.database.value(
      "SELECT count(*) FROM quorum_log WHERE (event->>'paceMs')::int8 = 30000")
    #expect(logged >= 1)
    let incident = try #require(
      try IncidentQueries.list(
        .init(state: .open, monitor: monitor), after: nil, limit: 1,
        organization: OrganizationID(rawValue: scene.organization), on: scene.connection
      ).first)
    let report = try IncidentReplay.run(incident, scene.connection)
    #expect(report.differences.map(\.what) == [])
    #expect(report.isIdentical)
  }

  @Test func `the count is looked up once a second, not at every step`() throws {
    let scene = try DecisionScene()
    var pace = WatchPace()
    try pace.refresh(nowMs: 5_000, scene.connection)
    #expect(pace.paceMs(of: scene.organization) == nil)
    try addDown(WatchPace.manyDown, scene)
    try pace.refresh(nowMs: 5_999, scene.connection)
    #expect(pace.paceMs(of: scene.organization) == nil)
    try pace.refresh(nowMs: 6_000, scene.connection)
    #expect(pace.paceMs(of: scene.organization) == WatchPace.rarelyMs)
  }
}
