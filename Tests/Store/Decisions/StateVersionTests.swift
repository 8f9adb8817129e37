import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `A stored state` {
  @Test(arguments: [
    #"{"version":1,"stage":{"gone":{}}}"#, #"{"version":999}"#,
  ])
  func `of a version that this engine does not know begins anew`(_ text: String) throws {
    let scene = try DecisionScene()
    for region in ["a", "b"] { _ = try scene.addAgent(region) }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.connection.query(
      "UPDATE quorum_state SET state = $2 WHERE monitor_key = $1", monitor, JSONText(text))
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up"])
    #expect(try scene.state(monitor).version == MonitorState.currentVersion)
  }
}

@Suite struct `A monitor that is down` {
  @Test func `is watched by one question after the other until one is answered with up`() throws {
    let scene = try DecisionScene()
    let agents = try ["a", "b"].map { try scene.addAgent($0) }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.answer { _ in .up }
    try scene.tell(monitor, agents[0], .attributable)
    try scene.answer { _ in .attributable }
    #expect(try scene.verdicts(monitor) == ["up", "down"])
    for agent in agents {
      try scene.pass(5_000, monitor)
      for agent in agents { try scene.hear(agent) }
      try scene.stepAll()
      let asked = try scene.connection.query(
        "SELECT agent_key FROM probe_request WHERE monitor_key = $1 AND done_at IS NULL", monitor)
      #expect(try asked.map { try $0.get(0, as: AgentKey.self) } == [agent])
      try scene.answer { _ in .attributable }
    }
    try scene.pass(5_000, monitor)
    try scene.answer { _ in .up }
    try scene.pass(10_000, monitor)
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up", "down", "up"])
  }
}
