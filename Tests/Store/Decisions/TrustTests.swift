import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `Trust in agents` {
  /// Three regions and a monitor that is up; all agents are beyond doubt, with canaries or without.
  private func scene(
    canaries: Bool = true
  ) throws -> (scene: DecisionScene, monitor: Int64, agents: [AgentKey]) {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    for agent in agents {
      try scene.alive(agent, canaries: canaries ? .init(beganMs: 1_000) : nil)
    }
    if !canaries { try pass(scene) }
    _ = try AgentTrusts.restore(scene.connection)
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up"])
    #expect(try reasons(scene).isEmpty)
    return (scene, monitor, agents)
  }

  /// Moves all doubts over a minute into the past.
  private func pass(_ scene: DecisionScene) throws {
    try scene.connection.query(
      """
      UPDATE agent_trust SET wake_at = now(), state = jsonb_set(state, '{doubts}', (
        SELECT coalesce(jsonb_agg(jsonb_set(d, '{at}', to_jsonb((d->>'at')::int8 - 61000))), '[]')
        FROM jsonb_array_elements(state->'doubts') AS d))
      """)
  }

  private func reasons(_ scene: DecisionScene) throws -> [String] {
    try scene.connection.query(
      "SELECT reason FROM agent_trust WHERE reason IS NOT NULL ORDER BY agent_key"
    ).map { try $0.get(0) }
  }

  private func events(_ scene: DecisionScene) throws -> [String] {
    try scene.connection.query("SELECT kind || ' ' || reason FROM agent_event ORDER BY id").map {
      try $0.get(0)
    }
  }

  private func waiting(_ scene: DecisionScene) throws -> Int64 {
    try scene.database.value("SELECT count(*) FROM quorum_event WHERE stepped_at IS NULL")
  }

  @Test func `an ambiguous failure waits until canaries have passed that were asked after it`()
    throws
  {
    let (scene, monitor, agents) = try scene()
    let failed = try scene.tell(monitor, agents[1], .ambiguous)
    try scene.stepAll()
    #expect(try waiting(scene) == 1)
    try scene.alive(agents[1], canaries: .init(beganMs: failed - 1))
    try scene.stepAll()
    #expect(try waiting(scene) == 1)
    try scene.alive(agents[1], canaries: .init(beganMs: failed + 100))
    let reports = try scene.stepAll()
    #expect(try waiting(scene) == 0)
    let asks = reports.flatMap(\.directives).contains {
      if case .askProbes = $0 { true } else { false }
    }
    #expect(asks, "an episode opens")
  }

  @Test func `where canaries fail the agent is distrusted, once and for all its monitors`() throws {
    let (scene, monitor, agents) = try scene()
    let others = try (0..<4).map { _ in try scene.addMonitor() }
    try scene.reconcile()
    try scene.answer { _ in .up }
    var failed: Int64 = 0
    for one in others + [monitor] { failed = try scene.tell(one, agents[1], .ambiguous) }
    try scene.stepAll()
    #expect(try waiting(scene) == 5)
    let news = try scene.alive(agents[1], canaries: .init(beganMs: failed + 100, failing: 2))
    #expect(news.map(\.reason) == ["canaries"])
    #expect(news.map(\.isTrusted) == [false])
    try scene.answer { agent in agent == agents[1] ? .ambiguous : .up }
    #expect(try waiting(scene) == 0)
    for one in others + [monitor] {
      #expect(try scene.verdicts(one) == ["up"])
      #expect(try scene.incidents(one).isEmpty)
    }
    #expect(try reasons(scene) == ["canaries"])
    #expect(try events(scene) == ["distrusted canaries"])

    // Clean for a minute, by the clock and by the canaries.
    try scene.alive(agents[1], canaries: .init(beganMs: failed + 55_000))
    #expect(try reasons(scene) == ["canaries"])
    try pass(scene)
    let restored = try AgentTrusts.restore(scene.connection)
    #expect(restored.map(\.isTrusted) == [true])
    #expect(try events(scene) == ["distrusted canaries", "trusted canaries"])
    #expect(try AgentTrusts.restore(scene.connection).isEmpty)

    // What it found meanwhile and still holds is looked into now.
    try scene.answer { _ in .up }
    for one in others + [monitor] {
      #expect(try scene.verdicts(one) == ["up"])
      #expect(try scene.incidents(one).isEmpty)
    }
  }

  @Test func `one canary of five that fails is no reason`() throws {
    let (scene, _, agents) = try scene()
    try scene.alive(agents[0], canaries: .init(beganMs: 2_000, failing: 1))
    #expect(try reasons(scene).isEmpty)
  }

  @Test func `what canaries never confirm makes no verdict`() throws {
    let (scene, monitor, agents) = try scene()
    for agent in agents { try scene.tell(monitor, agent, .ambiguous) }
    try scene.stepAll()
    #expect(try waiting(scene) == 3)
    try scene.connection.query(
      """
      UPDATE quorum_event SET created_at = now() - interval '9 seconds' WHERE stepped_at IS NULL
      """)
    try scene.connection.query("UPDATE monitor_due SET due_at = now()")
    try scene.stepAll()
    #expect(try waiting(scene) == 0)
    #expect(try scene.verdicts(monitor) == ["up"])
    #expect(try scene.incidents(monitor).isEmpty)
  }

  @Test func `failures that the target gave itself wait for nothing`() throws {
    let (scene, monitor, agents) = try scene()
    try scene.alive(agents[1], canaries: .init(beganMs: 2_000, failing: 5))
    try scene.tell(monitor, agents[1], .attributable)
    try scene.answer { _ in .attributable }
    #expect(try scene.verdicts(monitor) == ["up", "down"])
  }

  @Test func `without canaries a minute must pass after a start, and none of it is an event`()
    throws
  {
    let scene = try DecisionScene()
    let agent = try scene.addAgent("a")
    #expect(try scene.alive(agent).isEmpty)
    #expect(try reasons(scene) == ["restarted"])
    #expect(try AgentTrusts.restore(scene.connection).isEmpty)
    #expect(try reasons(scene) == ["restarted"])
    try pass(scene)
    #expect(try AgentTrusts.restore(scene.connection).isEmpty)
    #expect(try reasons(scene).isEmpty)
    try scene.restart(agent)
    try scene.alive(agent, canaries: .init())
    #expect(try reasons(scene) == ["restarted"])
    try scene.alive(agent, canaries: .init(beganMs: 5))
    #expect(try reasons(scene).isEmpty)
    #expect(try events(scene).isEmpty)
  }

  @Test func `a new start's failures wait for its first canaries`() throws {
    let (scene, monitor, agents) = try scene()
    try scene.restart(agents[1])
    try scene.alive(agents[1], canaries: .init())
    let failed = try scene.tell(monitor, agents[1], .ambiguous)
    try scene.stepAll()
    #expect(try waiting(scene) == 1)
    try scene.alive(agents[1], canaries: .init(beganMs: failed + 10))
    try scene.stepAll()
    #expect(try waiting(scene) == 0)
    let votes = try scene.state(monitor).votes
    #expect(votes.contains { $0.observation.kind == .ambiguous })
  }

  @Test func `without canaries an agent that its peers contradict is distrusted`() throws {
    let (scene, monitor, agents) = try scene(canaries: false)
    let others = try (0..<2).map { _ in try scene.addMonitor() }
    try scene.reconcile()
    try scene.answer { _ in .up }
    var news: [TrustNews] = []
    for one in others + [monitor] {
      #expect(news.isEmpty)
      try scene.tell(one, agents[1], .ambiguous)
      news += try scene.stepAll().flatMap(\.trust)
    }
    #expect(news.map(\.reason) == ["contradicted"])
    try scene.answer { agent in agent == agents[1] ? .ambiguous : .up }
    for one in others + [monitor] { #expect(try scene.incidents(one).isEmpty) }
    #expect(try events(scene) == ["distrusted contradicted"])
  }

  @Test func `an outage that all see contradicts nobody`() throws {
    let (scene, monitor, agents) = try scene(canaries: false)
    for agent in agents { try scene.tell(monitor, agent, .ambiguous) }
    #expect(try scene.stepAll().flatMap(\.trust).isEmpty)
    #expect(try reasons(scene).isEmpty)
  }

  @Test func `a late loop, a stepped clock and a session that breaks again and again`() throws {
    let (scene, _, agents) = try scene()
    let canaries = DecisionScene.Canaries(beganMs: 1_000)
    #expect(
      try scene.alive(agents[0], canaries: canaries, loopLagMs: 501).map(\.reason) == ["loop_lag"])
    #expect(
      try scene.alive(agents[1], canaries: canaries, clockSteps: 1).map(\.reason) == ["clock_step"])
    for number in 1...3 {
      let news = try AgentTrusts.disconnected(agents[2], scene.connection)
      #expect(news?.reason == (number == 3 ? "disconnects" : nil))
    }
    #expect(try reasons(scene) == ["loop_lag", "clock_step", "disconnects"])
    #expect(try events(scene).count == 3)
  }

  @Test func `a session's end tells on its agent only where it broke`() throws {
    let (scene, _, agents) = try scene()
    for _ in 1...5 {
      try scene.connection.query("UPDATE agent_session SET ended_at = NULL")
      #expect(
        try Sessions.end(agentKey: agents[0], generation: 1, scene.connection) == nil)
    }
    var news: [TrustNews?] = []
    for _ in 1...3 {
      try scene.connection.query("UPDATE agent_session SET ended_at = NULL")
      news.append(
        try Sessions.end(agentKey: agents[0], generation: 1, isBroken: true, scene.connection))
      // The second end of the same session is none.
      #expect(
        try Sessions.end(agentKey: agents[0], generation: 1, isBroken: true, scene.connection)
          == nil)
    }
    #expect(news.map { $0?.reason } == [nil, nil, "disconnects"])
  }

  @Test func `while nothing is amiss an ALIVE writes no more than its row`() throws {
    let (scene, _, agents) = try scene()
    func versions() throws -> [String] {
      try scene.connection.query("SELECT xmin::text FROM agent_trust ORDER BY agent_key").map {
        try $0.get(0)
      }
    }
    let before = try versions()
    for _ in 0..<3 { try scene.alive(agents[0], canaries: .init(beganMs: 1_000)) }
    _ = try AgentTrusts.restore(scene.connection)
    #expect(try versions() == before)
  }
}

@Suite struct `Canaries of an installation` {
  @Test(arguments: [
    ("1.1.1.1:443", "1.1.1.1", 443), ("[2606:4700::1111]:53", "2606:4700::1111", 53),
    ("www.example.org:80", "www.example.org", 80),
  ])
  func `are hosts with ports`(text: String, host: String, port: UInt16) throws {
    let canary = try #require(Canary(text))
    #expect(canary.host == host && canary.port == port)
    #expect(canary.text == text)
  }

  @Test(arguments: [
    "", "off", "host", "host:", ":80", "host:0", "host:65536", "http://host:80", "a b:1", "[x]:1",
    "::1:80", "host:+1", "[]:1",
  ])
  func `are nothing else`(text: String) {
    #expect(Canary(text) == nil)
  }

  @Test func `reach the agents that have an assignment, when they change`() throws {
    let scene = try DecisionScene()
    let agent = try scene.addAgent("a")
    _ = try scene.addMonitor()
    try scene.connection.query(
      """
      INSERT INTO installation (
        id, ingress_key_sealed, ingress_certificate, ingress_pin, key_check)
      VALUES (gen_random_uuid(), '', '', '', '')
      """)
    let canaries = ["192.0.2.1:443", "host.example:80"].compactMap { Canary($0) }
    try Canary.install(canaries, scene.connection)
    // Revision 0 is an agent that was never given anything.
    let before = try AgentAssignment.load(
      agentKey: agent, sealing: try InstallationTests.key(1), scene.connection)
    #expect(before.revision == 0 && before.canaries.isEmpty)
    try scene.reconcile()
    let given = try AgentAssignment.load(
      agentKey: agent, sealing: try InstallationTests.key(1), scene.connection)
    #expect(given.revision == 1 && given.targets.count == 1)
    #expect(
      given.canaries.map(\.question) == [
        .canary(TCPCheck(host: "192.0.2.1", port: 443)),
        .canary(TCPCheck(host: "host.example", port: 80)),
      ])
    try Canary.install(canaries, scene.connection)
    #expect(
      try AgentAssignment.load(
        agentKey: agent, sealing: try InstallationTests.key(1), scene.connection
      ).revision == 1)
    let listener = try scene.database.connect()
    try listener.listen(to: [StoreChannel.assignment.rawValue])
    try Canary.install([], scene.connection)
    let bare = try AgentAssignment.load(
      agentKey: agent, sealing: try InstallationTests.key(1), scene.connection)
    #expect(bare.revision == 2 && bare.canaries.isEmpty)
    #expect(try listener.notifications(timeoutMs: 5_000).map(\.payload) == ["\(agent)"])
  }
}
