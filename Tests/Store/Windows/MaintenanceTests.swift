import JSON
import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `A maintenance in the store` {
  @Test func `keeps an outage from being told, and at its end what lasts is told`() throws {
    let scene = try WindowScene()
    let monitor = try scene.addUpMonitor()
    let window = try scene.plan(seconds: 600, of: [monitor])
    try scene.look()
    #expect(try scene.edges(monitor) == ["began"])
    try scene.scene.tell(monitor, scene.agents[0], .attributable)
    try scene.scene.answer { _ in .attributable }
    #expect(try scene.scene.verdicts(monitor) == ["up", "down"])
    #expect(try scene.told().isEmpty)
    let incident = try #require(try scene.incidents(monitor).first)
    #expect(incident.marks == ["maintenance"])
    #expect(try scene.record(monitor).isMaintained)

    try scene.scene.wait(590_000)
    try scene.look()
    #expect(try scene.edges(monitor) == ["began"])
    try scene.scene.wait(11_000)
    try scene.look()
    #expect(try scene.edges(monitor) == ["began", "ended"])
    try scene.scene.answer { _ in .attributable }
    #expect(try scene.told() == ["began page"])
    #expect(try scene.scene.state(monitor).maintenance == nil)
    #expect(try scene.get(window)?.state == .over)
    #expect(try !scene.record(monitor).isMaintained)
    let report = try IncidentReplay.run(
      try #require(try scene.incidents(monitor).first), scene.scene.connection)
    #expect(report.differences.map(\.what) == [])
    let steps = try StepQueries.list(
      of: incident.id, after: 0, limit: 200, organization: scene.organization,
      on: scene.scene.connection)
    #expect(steps.compactMap(\.edge) == ["ended"])
  }

  @Test func `tells nothing of an outage that ends within it`() throws {
    let scene = try WindowScene()
    let monitor = try scene.addUpMonitor()
    try scene.plan(seconds: 600, of: nil)
    try scene.look()
    try scene.scene.tell(monitor, scene.agents[0], .attributable)
    try scene.scene.answer { _ in .attributable }
    try scene.scene.wait(30_000)
    try scene.scene.tell(monitor, scene.agents[1], .up)
    try scene.scene.answer { _ in .up }
    try scene.scene.wait(10_000)
    try scene.scene.answer { _ in .up }
    try scene.scene.wait(600_000)
    try scene.look()
    try scene.scene.answer { _ in .up }
    #expect(try scene.scene.verdicts(monitor) == ["up", "down", "up"])
    #expect(try scene.told().isEmpty)
    #expect(try scene.incidents(monitor).map(\.marks) == [["maintenance"]])
  }

  @Test func `of several windows is one, from the first beginning to the last end`() throws {
    let scene = try WindowScene()
    let monitor = try scene.addUpMonitor()
    try scene.plan(seconds: 600, of: [monitor])
    try scene.plan(inSeconds: 300, seconds: 600, of: nil)
    // Begins where that one ends.
    try scene.plan(inSeconds: 900, seconds: 60, of: [monitor])
    for _ in 0..<22 {
      try scene.look()
      try scene.scene.wait(50_000)
    }
    #expect(try scene.edges(monitor) == ["began", "ended"])
    let told = try scene.scene.connection.query(
      """
      SELECT extract(epoch FROM l.at - w.starts_at)::int8 FROM quorum_log l,
        (SELECT min(starts_at) AS starts_at FROM maintenance) w
      WHERE l.event->'change' ? 'maintenance' ORDER BY l.number
      """)
    let seconds = try told.map { try $0.get(0, as: Int64.self) }
    #expect(seconds.count == 2)
    #expect((960...1_010).contains(seconds.last ?? 0), "\(seconds)")
  }

  @Test func `for all monitors is for one that comes later too, of no other organization`() throws {
    let scene = try WindowScene()
    let first = try scene.addUpMonitor()
    let other = try scene.scene.database.addOrganization("other")
    let stranger = try scene.scene.database.addMonitor(organization: other).key
    try scene.plan(seconds: 600, of: nil)
    try scene.look()
    let second = try scene.scene.addMonitor()
    try scene.look()
    #expect(try scene.edges(first) == ["began"])
    #expect(try scene.edges(second) == ["began"])
    #expect(try scene.edges(stranger) == [])
  }

  @Test func `that is changed while it runs begins and ends for whom it concerns`() throws {
    let scene = try WindowScene()
    let first = try scene.addUpMonitor()
    let second = try scene.addUpMonitor()
    let window = try scene.plan(seconds: 600, of: [first])
    try scene.look()
    try scene.change(window) { $0.scope = .monitors([try scene.id(second)]) }
    try scene.look()
    #expect(try scene.edges(first) == ["began", "ended"])
    #expect(try scene.edges(second) == ["began"])
    try scene.change(window) { $0.scope = .all }
    try scene.look()
    #expect(try scene.edges(first) == ["began", "ended", "began"])
    #expect(try scene.edges(second) == ["began"])
    try scene.change(window) { $0.end = .after(seconds: 1_200) }
    try scene.scene.wait(700_000)
    try scene.look()
    #expect(try scene.edges(second) == ["began"])
    try scene.change(window) { $0.end = .after(seconds: 720) }
    try scene.scene.wait(21_000)
    try scene.look()
    #expect(try scene.edges(first) == ["began", "ended", "began", "ended"])
    #expect(try scene.edges(second) == ["began", "ended"])
  }

  @Test func `that is deleted while it runs ends now and stays on record`() throws {
    let scene = try WindowScene()
    let monitor = try scene.addUpMonitor()
    let window = try scene.plan(seconds: 600, of: nil)
    let later = try scene.plan(inSeconds: 60, seconds: 600, of: nil)
    try scene.look()
    #expect(try scene.end(later))
    #expect(try scene.get(later) == nil)
    #expect(try !scene.end(later))
    #expect(try scene.end(window))
    #expect(try scene.get(window)?.state == .over)
    #expect(try scene.end(window))
    try scene.look()
    #expect(try scene.edges(monitor) == ["began", "ended"])
  }

  @Test func `of a monitor that is paused meanwhile is still on when it is resumed`() throws {
    let scene = try WindowScene()
    let monitor = try scene.addUpMonitor()
    try scene.plan(seconds: 600, of: nil)
    try scene.look()
    try scene.pause(monitor, true)
    try scene.look()
    try scene.pause(monitor, false)
    try scene.look()
    #expect(try scene.edges(monitor) == ["began"])
    #expect(try scene.scene.state(monitor).maintenance != nil)
    try scene.pause(monitor, true)
    try scene.scene.wait(601_000)
    try scene.look()
    #expect(try scene.edges(monitor) == ["began", "ended"])
    #expect(try scene.scene.state(monitor).maintenance == nil)
  }

  @Test func `of a monitor that is deleted is over`() throws {
    let scene = try WindowScene()
    let monitor = try scene.addUpMonitor()
    try scene.plan(seconds: 600, of: [monitor])
    try scene.look()
    try scene.scene.connection.query(
      "UPDATE monitor SET deleted_at = now() WHERE key = $1", monitor)
    try scene.look()
    #expect(try scene.edges(monitor) == ["began", "ended"])
    #expect(try scene.scene.state(monitor).maintenance == nil)
  }

  @Test func `goes on where the clock is set back to before its beginning`() throws {
    let scene = try WindowScene()
    let monitor = try scene.addUpMonitor()
    try scene.plan(inSeconds: 60, seconds: 600, of: [monitor])
    try scene.scene.wait(61_000)
    try scene.look()
    try scene.scene.wait(-5_000)
    try scene.look()
    #expect(try scene.edges(monitor) == ["began"])
  }

  @Test func `is told again to states that a newer engine began anew`() throws {
    let scene = try WindowScene()
    let monitor = try scene.addUpMonitor()
    try scene.plan(seconds: 600, of: [monitor])
    try scene.look()
    try scene.scene.connection.query(
      "UPDATE monitor_maintenance SET state_version = state_version - 1")
    try scene.scene.connection.query(
      "UPDATE quorum_state SET state = jsonb_set(state, '{version}', '1')")
    try scene.look()
    try scene.look()
    #expect(try scene.edges(monitor) == ["began", "began"])
    #expect(try scene.scene.state(monitor).maintenance != nil)
  }

  @Test func `costs one exchange a second that writes nothing while nothing changes`() throws {
    let scene = try WindowScene()
    _ = try scene.addUpMonitor()
    try scene.plan(seconds: 600, of: nil)
    try scene.look()
    var schedule = MaintenanceSchedule()
    _ = try schedule.run(nowMs: 0, scene.scene.connection)
    // What was told by whom is forgotten behind its back: it does not even look.
    try scene.scene.connection.query("DELETE FROM monitor_maintenance")
    #expect(try schedule.run(nowMs: 1_000, scene.scene.connection).began == 0)
    #expect(try schedule.run(nowMs: 30_000, scene.scene.connection).began == 1)
  }

  @Test func `ends for many monitors little by little`() throws {
    let scene = try WindowScene()
    let count = MaintenanceSchedule.mostEnds + 100
    try scene.scene.connection.query(
      """
      INSERT INTO monitor (organization_id, name, kind, target, "check", interval_s, timeout_ms,
        policy, paused)
      SELECT $1, 'm' || n, 'tcp', 'a:1', '{"kind": "tcp", "host": "a", "port": 1}', 60, 10000,
        '{"kind": "majority"}', true
      FROM generate_series(1, $2) n
      """, scene.scene.organization, count)
    let window = try scene.plan(seconds: 600, of: nil)
    var schedule = MaintenanceSchedule()
    #expect(try schedule.run(nowMs: 0, scene.scene.connection).began == count)
    #expect(try scene.end(window))
    var ended: [Int64] = []
    for second in 1...4 {
      ended.append(try schedule.run(nowMs: Int64(second) * 1_000, scene.scene.connection).ended)
    }
    #expect(ended == [MaintenanceSchedule.mostEnds, 100, 0, 0])
  }
}
