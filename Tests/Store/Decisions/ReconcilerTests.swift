import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `The reconciler` {
  @Test func `seats one live agent a region and tells those concerned`() throws {
    let scene = try DecisionScene()
    let first = try (0..<2).map { _ in try scene.addAgent("a") }
    let second = try scene.addAgent("b")
    let monitors = try (0..<20).map { _ in try scene.addMonitor() }
    let listener = try scene.database.connect()
    try listener.listen(to: ["upblit_assignment"])
    let report = try scene.reconcile()
    #expect(Set(report.reassigned) == Set(first + [second]))
    for monitor in monitors {
      let voters = try scene.voters(monitor)
      #expect(voters.count == 2)
      #expect(voters["b"] == second)
      #expect(first.contains(try #require(voters["a"])))
    }
    let told = try listener.notifications(timeoutMs: 5_000).compactMap { AgentKey($0.payload) }
    #expect(Set(told) == Set(report.reassigned))
    #expect(
      try scene.database.value("SELECT sum(revision)::int8 FROM agent_assignment") == Int64(3))
    #expect(
      try scene.database.value("SELECT min(longest_timeout_ms) FROM agent_assignment")
        == Int32(10_000))
  }

  @Test func `writes nothing while nothing changes`() throws {
    let scene = try DecisionScene()
    _ = try scene.addAgent("a")
    _ = try scene.addMonitor()
    #expect(try scene.reconcile().isComplete)
    for _ in 0..<5 {
      #expect(try scene.reconcile() == Reconciler.Report())
    }
    _ = try scene.addMonitor()
    #expect(try scene.reconcile().reassigned.count == 1)
  }

  @Test func `lets another agent stand in for a silent one, and the first return when stable`()
    throws
  {
    let scene = try DecisionScene()
    let pair = try (0..<2).map { _ in try scene.addAgent("a") }
    let other = try scene.addAgent("b")
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.answer { _ in .up }
    let holder = try #require(try scene.voters(monitor)["a"])
    let standIn = holder == pair[0] ? pair[1] : pair[0]
    // Listening for long enough; the holder was last heard 16 s ago.
    for _ in 0..<20 {
      for agent in [standIn, other] { try scene.hear(agent) }
      try scene.hear(holder, agoMs: 16_000)
      try scene.reconcile()
    }
    #expect(try scene.voters(monitor)["a"] == standIn)
    // The stand-in is asked at once, and the verdict never wavered.
    try scene.answer { _ in .up }
    #expect(try scene.state(monitor).votes.map(\.observation.agent).contains(standIn))
    #expect(try scene.verdicts(monitor) == ["up"])

    try scene.hear(holder)
    #expect(try scene.reconcile().edges == [holder])
    #expect(try scene.voters(monitor)["a"] == standIn)
    try scene.connection.query(
      "UPDATE agent_presence SET since = now() - interval '6 minutes' WHERE agent_key = $1", holder)
    try scene.reconcile()
    // It was the holder by its hash, and is again.
    #expect(try scene.voters(monitor)["a"] == holder)
  }

  @Test func `makes monitors due when their only voters fall silent, and unknown is what they are`()
    throws
  {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.answer { _ in .up }
    for _ in 0..<20 { try scene.reconcile() }
    for agent in agents.prefix(2) { try scene.hear(agent, agoMs: 16_000) }
    try scene.hear(agents[2])
    #expect(try scene.reconcile().edges == Array(agents.prefix(2)))
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up"])
    try scene.pass(20_000, monitor)
    try scene.hear(agents[2])
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up", "unknown"])
    #expect(try scene.incidents(monitor).map(\.severity) == ["unknown"])
    for agent in agents { try scene.hear(agent) }
    try scene.reconcile()
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up", "unknown", "up"])
    #expect(try scene.incidents(monitor).allSatisfy { $0.endedAt != nil })
  }

  @Test func `blames no agent for the time in which nobody listened`() throws {
    let scene = try DecisionScene()
    let agent = try scene.addAgent("a")
    _ = try scene.addMonitor()
    try scene.reconcile()
    // The collector, or Postgres, was away for a minute.
    try scene.hear(agent, agoMs: 60_000)
    scene.nowMs += 60_000
    for _ in 0..<16 { #expect(try scene.reconcile().edges.isEmpty) }
    try scene.reconcile()
    #expect(try scene.database.value("SELECT state FROM agent_presence") == "silent")
  }

  @Test func `takes seats from revoked agents and gives organizations only what is theirs`() throws
  {
    let scene = try DecisionScene()
    let shared = try scene.addAgent("a")
    let other = try scene.database.addOrganization("other")
    let foreign = try scene.database.addAgent(region: "b", organization: other)
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    #expect(try scene.voters(monitor) == ["a": shared])
    _ = foreign
    try scene.connection.query("UPDATE agent SET status = 'revoked' WHERE key = $1", shared)
    #expect(try scene.reconcile().reassigned == [shared])
    #expect(try scene.voters(monitor).isEmpty)
  }

  @Test func `follows an edit to its new slot and keeps the voter`() throws {
    let scene = try DecisionScene()
    for _ in 0..<3 { _ = try scene.addAgent("a") }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    let before = try scene.voters(monitor)
    try scene.connection.query(
      """
      UPDATE monitor SET epoch = 2, slot = nextval('slot_seq') WHERE key = $1
      """, monitor)
    try scene.reconcile()
    #expect(try scene.voters(monitor) == before)
    #expect(
      try scene.database.value(
        "SELECT count(*) FROM assignment s JOIN monitor m ON m.slot = s.slot") == Int64(1))
  }

  @Test func `follows a database clock that was set back`() throws {
    let scene = try DecisionScene()
    let agents = try ["a", "b"].map { try scene.addAgent($0) }
    let monitors = try (0..<3).map { _ in try scene.addMonitor() }
    try scene.reconcile()
    try scene.answer { _ in .up }
    // As rows of an hour ahead look once the clock is back: one agent is heard again, one is not.
    try scene.connection.query(
      """
      UPDATE monitor_due SET due_at = now() + interval '1 hour' WHERE monitor_key = ANY ($1)
      """, Array(monitors.prefix(2)))
    try scene.connection.query(
      "UPDATE agent_live SET seen_at = now() + interval '1 hour' WHERE agent_key = $1", agents[1])
    let listener = try scene.database.connect()
    try listener.listen(to: ["upblit_due"])
    #expect(try scene.reconcile().isClockBack)
    #expect(try listener.notifications(timeoutMs: 5_000).count == 1)
    #expect(Set(try scene.stepAll().map(\.monitorKey)) == Set(monitors.prefix(2)))
    #expect(
      try scene.database.value("SELECT bool_and(seen_at <= now()) FROM agent_live") == true)
    #expect(try scene.reconcile() == Reconciler.Report())
  }

  @Test func `keeps a silent agent silent when the clock was set back`() throws {
    let scene = try DecisionScene()
    let agents = try ["a", "b"].map { try scene.addAgent($0) }
    try scene.reconcile()
    try scene.hear(agents[1], agoMs: 60_000)
    // Silence counts only while somebody listens.
    for _ in 0..<17 { try scene.reconcile() }
    func state() throws -> String {
      try scene.database.value(
        "SELECT state FROM agent_presence ORDER BY agent_key DESC LIMIT 1")
    }
    #expect(try state() == "silent")
    try scene.connection.query("UPDATE agent_live SET seen_at = now() + interval '1 hour'")
    #expect(try scene.reconcile().isClockBack)
    try scene.reconcile()
    #expect(try state() == "silent")
  }

  @Test func `sees by the monotonic clock that the database's was set back`() throws {
    let scene = try DecisionScene()
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.stepAll()
    try scene.connection.query("UPDATE monitor_due SET due_at = now() + interval '1 hour'")
    // Two minutes have passed here, and none in the database.
    scene.nowMs += 59_000
    #expect(try !scene.reconcile().isClockBack)
    #expect(try scene.stepAll().isEmpty)
    scene.nowMs += 60_000
    #expect(try scene.reconcile().isClockBack)
    #expect(try scene.stepAll().map(\.monitorKey) == [monitor])
  }
}
