import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `After an agent's restart` {
  /// Three regions, a monitor that is up, and the second agent restarted a moment ago.
  private func scene() throws -> (scene: DecisionScene, monitor: Int64, agents: [AgentKey]) {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.answer { _ in .up }
    try scene.restart(agents[1])
    return (scene, monitor, agents)
  }

  private func openEvents(_ scene: DecisionScene) throws -> Int64 {
    try scene.database.value("SELECT count(*) FROM quorum_event WHERE stepped_at IS NULL")
  }

  @Test func `a failure told before the agent's first word is kept, and judged with it`() throws {
    let (scene, monitor, agents) = try scene()
    let listener = try scene.database.connect()
    let failed = try scene.tell(monitor, agents[1], .attributable)
    #expect(try scene.stepAll().map(\.events) == [0])
    #expect(try openEvents(scene) == 1)
    try listener.listen(to: ["upblit_due"])
    try scene.alive(agents[1])
    #expect(try listener.notifications(timeoutMs: 5_000).count == 1)
    #expect(try scene.stepAll().map(\.events) == [1])
    try scene.answer { _ in .attributable }
    #expect(try scene.verdicts(monitor) == ["up", "down"])
    #expect(try scene.incidents(monitor).map(\.startedAt) == [failed])
    // Nothing is wished for by a word that is no news.
    try scene.alive(agents[1])
    #expect(try listener.notifications(timeoutMs: 50).isEmpty)
  }

  @Test func `a monitor with a finding held back is looked at soon, whoever else missed it`() throws
  {
    let (scene, monitor, agents) = try scene()
    try scene.tell(monitor, agents[1], .attributable)
    try scene.stepAll()
    let soon: Bool = try scene.database.value(
      "SELECT due_at <= now() + interval '1 second' FROM monitor_due")
    #expect(soon)
    try scene.hear(agents[1])
    try scene.connection.query("UPDATE monitor_due SET due_at = now()")
    #expect(try scene.stepAll().map(\.events) == [1])
  }

  @Test func `findings of the others are not held up by it`() throws {
    let (scene, monitor, agents) = try scene()
    try scene.tell(monitor, agents[1], .up)
    try scene.tell(monitor, agents[0], .attributable)
    let reports = try scene.stepAll()
    #expect(reports.map(\.events) == [1])
    #expect(reports[0].directives.contains { if case .askProbes = $0 { true } else { false } })
  }

  @Test func `what a start found that is over already is history`() throws {
    let (scene, monitor, agents) = try scene()
    try scene.tell(monitor, agents[1], .attributable)
    try scene.restart(agents[1])
    #expect(try scene.stepAll().map(\.events) == [1])
    try scene.alive(agents[1])
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up"])
    #expect(try scene.state(monitor).votes.allSatisfy { $0.observation.kind == .up })
  }

  @Test func `a finding is held back no longer than it could vote`() throws {
    let (scene, monitor, agents) = try scene()
    try scene.tell(monitor, agents[1], .attributable)
    try scene.connection.query(
      "UPDATE quorum_event SET created_at = now() - interval '76 seconds' WHERE stepped_at IS NULL")
    #expect(try scene.stepAll().map(\.events) == [1])
    #expect(try scene.verdicts(monitor) == ["up"])
  }

  @Test func `the first finding of a new agent waits for its first word`() throws {
    let scene = try DecisionScene()
    let agent = try scene.addAgent("a")
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.restart(agent)
    try scene.connection.query("DELETE FROM agent_live")
    try scene.tell(monitor, agent, .attributable)
    try scene.stepAll()
    #expect(try openEvents(scene) == 1)
    try scene.alive(agent)
    #expect(try scene.stepAll().map(\.events) == [1])
    #expect(try scene.state(monitor).votes.count == 1)
  }
}
