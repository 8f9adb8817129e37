import Ingress
import Linux
import Model
import Postgres
import TestSupport
import Testing
import Wire

/// A store that answers late: agents stay, and nothing is lost or taken twice.
@Suite(.serialized) struct SlowStoreTests {
  @Test func `while results can't be stored a session answers and does not ack`() async throws {
    try await IngressFixture.with { fixture in
      let slot = UInt64(try fixture.monitor())
      let stream = StreamID.random()
      let agent = try fixture.liveAgent(stream: stream)
      let holder = try fixture.database.connect()
      try holder.execute("BEGIN; LOCK TABLE result IN ACCESS EXCLUSIVE MODE")
      for sequence in 1...8 as ClosedRange<UInt64> {
        try agent.sendTagged(.results, try agent.batch(stream, sequence, [agent.record(slot)]))
      }
      let end = AgentClock.monotonicNanoseconds() + 5_000_000_000
      var answered: UInt64 = 0
      while AgentClock.monotonicNanoseconds() < end {
        answered += 1
        try agent.send(Ping(token: answered))
        while let (frame, _) = try agent.receiveFrame(), frame.type != .pong {
          #expect(frame.type != .ack && frame.type != .nack)
        }
        try fixture.database.connect().query("SELECT pg_sleep(0.1)")
      }
      holder.rollback()
      var committed: UInt64 = 0
      while committed < 8 { committed = try agent.receive(Ack.self).committed }
      #expect(answered > 10)
      #expect(try fixture.count("SELECT count(*) FROM result") == 8)
    }
  }

  @Test func `a handshake outlasts a store that is slower than the peer may be`() async throws {
    try await IngressFixture.with(limits: { $0.authenticationMs = 500 }) { fixture in
      let agent = try fixture.agent()
      let holder = try fixture.database.connect()
      try holder.execute("BEGIN; LOCK TABLE agent_session IN ACCESS EXCLUSIVE MODE")
      let release = Task {
        try fixture.database.connect().query("SELECT pg_sleep(1.5)")
        holder.rollback()
      }
      agent.connect(try fixture.socket())
      try agent.handshake()
      try await release.value
    }
  }

  @Test func `a store that never answers ends the handshake as an overload`() async throws {
    try await IngressFixture.with(limits: { $0.storeMs = 300 }) { fixture in
      let agent = try fixture.agent()
      let holder = try fixture.database.connect()
      try holder.execute("BEGIN; LOCK TABLE agent_session IN ACCESS EXCLUSIVE MODE")
      agent.connect(try fixture.socket())
      let end = #expect(throws: TestAgent.Ended.self) { try agent.handshake() }
      #expect(end?.code == .overload)
      holder.rollback()
    }
  }

  @Test func `a server that stops waits for the answers that it has asked for`() async throws {
    try await IngressFixture.with(limits: { $0.drainMs = 100 }) { fixture in
      let slot = UInt64(try fixture.monitor())
      let stream = StreamID.random()
      let agent = try fixture.liveAgent(stream: stream)
      let holder = try fixture.database.connect()
      try holder.execute("BEGIN; LOCK TABLE result IN ACCESS EXCLUSIVE MODE")
      try agent.sendTagged(.results, try agent.batch(stream, 1, [agent.record(slot)]))
      while try fixture.count("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0 {}
      let stopping = Task {
        await fixture.server.stop()
        return AgentClock.monotonicNanoseconds()
      }
      try fixture.database.connect().query("SELECT pg_sleep(1)")
      let releasedAt = AgentClock.monotonicNanoseconds()
      holder.rollback()
      #expect(await stopping.value > releasedAt)
    }
  }

  @Test func `whoever has left is no work for a store that comes back`() async throws {
    try await IngressFixture.with(limits: { $0.storeMs = 3000 }) { fixture in
      let agent = try fixture.agent()
      let (first, second) = (try fixture.database.connect(), try fixture.database.connect())
      try first.execute("BEGIN; LOCK TABLE agent IN ACCESS EXCLUSIVE MODE")
      try second.execute("BEGIN; LOCK TABLE agent_session IN ACCESS EXCLUSIVE MODE")
      let machines = (0..<12).map { _ in
        TestAgent(
          id: agent.id, root: agent.root, channelBinding: agent.channelBinding, nowMs: 1)
      }
      for machine in machines {
        let socket = try fixture.socket()
        socket.timeoutMs = 50
        machine.connect(socket)
        #expect(throws: TestSocket.Trouble.self) { try machine.handshake() }
      }
      // All of them are known now, and their sessions wait to begin, two at a time.
      first.rollback()
      try fixture.await(
        2, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
      try first.query("SELECT pg_sleep(0.3)")
      for machine in machines { machine.disconnect() }
      try first.query("SELECT pg_sleep(0.3)")
      second.rollback()
      agent.connect(try fixture.socket())
      try agent.handshake()
      #expect(try fixture.count("SELECT generation FROM agent_session") <= 3)
    }
  }

  @Test func `a storm of hints leaves room for what the agent has to say`() async throws {
    try await IngressFixture.with { fixture in
      let slot = try fixture.monitor()
      let agent = try fixture.agent()
      try fixture.assign([slot], to: agent)
      try fixture.connect(agent, stream: .random())
      _ = try agent.receive(AssignFull.self)
      let other = try fixture.liveAgent(region: "us", stream: .random())
      let keyOf: SQL = "SELECT key::int8 FROM agent WHERE id = $1"
      let (key, otherKey) = (try fixture.count(keyOf, agent.id), try fixture.count(keyOf, other.id))
      let holder = try fixture.database.connect()
      try holder.execute("BEGIN; LOCK TABLE probe_request IN ACCESS EXCLUSIVE MODE")
      let hints = try fixture.database.connect()
      for _ in 0..<3000 {
        try hints.query("SELECT pg_notify('upblit_probe', $1)", String(key))
      }
      // Told after them all, and heard without the store.
      try hints.query("SELECT pg_notify('upblit_revoked', $1)", String(otherKey))
      #expect(try other.receive(ErrorFrame.self).end.code == .revoked)
      try agent.send(Overdue(slot: UInt64(slot), runningMs: 2000))
      try agent.send(Ping(token: 1))
      _ = try agent.receive(Pong.self)
      holder.rollback()
      try fixture.await(1, "SELECT count(*) FROM quorum_event WHERE kind = 'overdue'")
    }
  }
}
