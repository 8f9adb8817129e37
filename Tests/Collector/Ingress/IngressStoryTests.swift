import Decisions
import Ingress
import Linux
import Logging
import Model
import Postgres
import Store
import TestSupport
import Testing
import Wire

@Suite(.serialized) struct IngressStoryTests {
  @Test func `of two agents in a region one is asked, and the other when it dies`() async throws {
    try await IngressFixture.with { fixture in
      let slot = try fixture.monitor()
      var log = Logger(label: "test")
      log.logLevel = .critical
      let decisions = DecisionService(fixture.database.address, logger: log)
      let task = Task { try await decisions.run() }
      defer { task.cancel() }
      let first = try fixture.liveAgent(region: "eu", stream: .random())
      let second = try fixture.liveAgent(region: "eu", stream: .random())
      try alive([first, second])
      try fixture.await(1, "SELECT count(*) FROM assignment")
      let holder: AgentID = try #require(
        try fixture.database.connect().query(
          "SELECT id FROM agent WHERE key = (SELECT agent_key FROM assignment)"
        ).first
      ).get(0)
      let (dead, heir) = holder == first.id ? (first, second) : (second, first)
      dead.disconnect()
      // Fifteen seconds of silence, and what it takes to notice.
      let end = AgentClock.monotonicNanoseconds() + 30_000_000_000
      let connection = try fixture.database.connect()
      while AgentClock.monotonicNanoseconds() < end {
        try alive([heir])
        let moved = try connection.query(
          """
          SELECT 1 FROM assignment AS s JOIN agent AS a ON a.key = s.agent_key WHERE a.id = $1
          """, heir.id)
        if moved.first != nil { break }
        try connection.query("SELECT pg_sleep(0.5)")
      }
      let delta = try heir.receive(AssignDelta.self)
      #expect(delta.upserts.map(\.slot) == [UInt64(slot)])
      let stream = try #require(heir.welcome?.streams.first?.id)
      heir.nowMs = AgentClock.wallMs()
      try heir.sendTagged(
        .results, try heir.batch(stream, 1, [heir.record(UInt64(slot), up: false)]))
      #expect(try heir.receive(Ack.self).committed == 1)
      let voter: AgentID = try #require(
        try connection.query(
          "SELECT a.id FROM vote AS v JOIN agent AS a ON a.key = v.agent_key"
        ).first
      ).get(0)
      #expect(voter == heir.id)
    }
  }

  private func alive(_ agents: [TestAgent]) throws {
    for agent in agents {
      let now = AgentClock.wallMs()
      try agent.send(
        Alive(
          assignmentRevision: 0, watermarkMs: now, nowMs: now, loopLagMs: 0, failingTargets: 0,
          spoolBytes: 0, droppedResults: 0))
    }
  }
}
