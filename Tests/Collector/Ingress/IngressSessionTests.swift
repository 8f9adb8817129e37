import Ingress
import Checks
import Linux
import Model
import OpenSSL
import Postgres
import Signing
import Store
import TestSupport
import Testing
import Wire

@Suite(.serialized) struct IngressSessionTests {
  @Test func `an assignment that changes is sent as what changed`() async throws {
    try await IngressFixture.with { fixture in
      let slots = try ["a", "b", "c"].map { try fixture.monitor($0) }
      let agent = try fixture.agent()
      try fixture.assign([slots[0], slots[1]], to: agent)
      try fixture.connect(agent, stream: .random())
      #expect(agent.welcome?.assignmentRevision == 1)
      let full = try agent.receive(AssignFull.self)
      #expect(full.revision == 1 && full.targets.count == 2)
      try agent.send(AssignAck(revision: 1, status: .applied))
      try fixture.assign([slots[1], slots[2]], to: agent)
      let delta = try agent.receive(AssignDelta.self)
      #expect(delta.baseRevision == 1 && delta.revision == 2)
      #expect(delta.upserts.map(\.slot) == [UInt64(slots[2])])
      #expect(delta.removals == [UInt64(slots[0])])
      try agent.send(AssignAck(revision: 0, status: .needFull))
      #expect(try agent.receive(AssignFull.self).revision == 2)
    }
  }

  @Test func `an assignment that the agent holds is not sent`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.agent()
      try fixture.assign([try fixture.monitor()], to: agent)
      agent.connect(try fixture.socket())
      try agent.handshake(assignmentRevision: 1)
      try agent.send(Ping(token: 3))
      let (frame, _) = try #require(try agent.receiveFrame())
      #expect(frame.type == .pong)
    }
  }

  @Test func `an assignment that changed without a word is found by looking`() async throws {
    try await IngressFixture.with { fixture in
      let slots = try ["a", "b"].map { try fixture.monitor($0) }
      let agent = try fixture.agent()
      try fixture.assign([slots[0]], to: agent)
      try fixture.connect(agent, stream: .random())
      #expect(try agent.receive(AssignFull.self).revision == 1)
      try fixture.assign(slots, to: agent, tells: false)
      #expect(try agent.receive(AssignDelta.self).revision == 2)
    }
  }

  @Test func `a probe now is sent, and its end noted`() async throws {
    try await IngressFixture.with { fixture in
      let slot = try fixture.monitor()
      let agent = try fixture.agent()
      try fixture.assign([slot], to: agent)
      let stream = StreamID.random()
      try fixture.connect(agent, stream: stream)
      let request = ProbeRequestID.random()
      try fixture.database.connect().query(
        """
        WITH asked AS (
          INSERT INTO probe_request (
            id, organization_id, monitor_key, agent_key, slot, episode, round, asked_at, deadline_ms)
          SELECT $1, s.organization_id, s.monitor_key, a.key, s.slot, 1, 1, now(), 3000
          FROM monitor_slot AS s, agent AS a WHERE s.slot = $2 AND a.id = $3 RETURNING agent_key
        ) SELECT pg_notify('upblit_probe', agent_key::text) FROM asked
        """, request, slot, agent.id)
      let probe = try agent.receive(ProbeNow.self)
      #expect(probe.id == request && probe.target.slot == UInt64(slot))
      #expect(probe.deadlineMs == 3000)
      var record = agent.record(UInt64(slot))
      record.request = request
      try agent.sendTagged(.results, try agent.batch(stream, 1, [record]))
      try agent.send(ProbeDone(id: request, stream: stream, sequence: 1))
      #expect(try agent.receive(Ack.self).committed == 1)
      try fixture.await(1, "SELECT count(*) FROM probe_request WHERE done_at IS NOT NULL")
      #expect(
        try fixture.count(
          "SELECT count(*) FROM quorum_event WHERE payload->>'probe_request' = $1",
          request.description) == 1)
    }
  }

  @Test func `a check that is tried is sent to who can try it, and its answer told`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      let connection = try fixture.database.connect()
      let organization = try OrganizationQueries.findOrCreate(name: "acme", on: connection)
      func ask(tells: Bool = true) throws -> ProbeRequestID {
        let id = ProbeRequestID.random()
        try connection.query(
          """
          INSERT INTO check_try (id, organization_id, "check", timeout_ms, asked, expires_at)
          VALUES ($1, $2, $3, 3000, 1, now() + interval '1 minute')
          """, id, organization.rawValue,
          JSONText(CheckDocument.encode(.http(HTTPCheck(url: "http://x.test/")))))
        try connection.query(
          """
          WITH asked AS (
            INSERT INTO check_try_region (try_id, region, organization_id, agent_key)
            SELECT $1, region, $2, key FROM agent WHERE id = $3 RETURNING agent_key
          ) SELECT pg_notify('upblit_try', agent_key::text) FROM asked WHERE $4
          """, id, organization.rawValue, agent.id, tells)
        return id
      }
      let id = try ask()
      let question = try agent.receive(Try.self)
      #expect(question.id == id && question.deadlineMs == 5_000)
      #expect(question.target.question == .check(.http(HTTPCheck(url: "http://x.test/"))))
      // What was not asked for is nobody's.
      try agent.send(Tried(id: .random(), record: agent.record(0), attempts: []))
      try agent.send(Tried(id: id, record: agent.record(0, up: false), attempts: [65, 0, 10]))
      try fixture.await(
        1,
        """
        SELECT count(*) FROM check_try_region WHERE answer->>'outcome' = 'down'
          AND answer->>'reason' = 'http.status' AND answer#>>'{attempts,0}' = 'A' || chr(65533)
        """)
      // A word that was lost is found by looking.
      _ = try ask(tells: false)
      _ = try agent.receive(Try.self)

      agent.features = 0
      try fixture.connect(agent, stream: .random())
      // To it these numbers mean nothing, or what only later versions know.
      for type in [FrameType.try, .tried] { try agent.sendTagged(type, [1, 2, 3]) }
      _ = try ask()
      try fixture.await(
        1,
        """
        SELECT count(*) FROM check_try_region WHERE answer->>'reason' = 'agent.not_understood'
        """)
      #expect(try fixture.count("SELECT count(*) FROM result") == 0)
    }
  }

  @Test func `a probe now about what is gone is given up at once, and its monitor looked at`()
    async throws
  {
    try await IngressFixture.with { fixture in
      let slot = try fixture.monitor()
      let agent = try fixture.liveAgent(stream: .random())
      let connection = try fixture.database.connect()
      try connection.query("UPDATE monitor SET deleted_at = now()")
      try connection.query("UPDATE monitor_due SET due_at = 'infinity'")
      try connection.query(
        """
        WITH asked AS (
          INSERT INTO probe_request (
            id, organization_id, monitor_key, agent_key, slot, episode, round, asked_at, deadline_ms)
          SELECT $1, s.organization_id, s.monitor_key, a.key, s.slot, 1, 1, now(), 3000
          FROM monitor_slot AS s, agent AS a WHERE s.slot = $2 AND a.id = $3 RETURNING agent_key
        ) SELECT pg_notify('upblit_probe', agent_key::text) FROM asked
        """, ProbeRequestID.random(), slot, agent.id)
      try fixture.await(1, "SELECT count(*) FROM probe_request WHERE dropped")
      try fixture.await(1, "SELECT count(*) FROM monitor_due WHERE due_at < now()")
    }
  }

  @Test func `a probe now about what can't be read is dropped, and blocks no other`() async throws {
    try await IngressFixture.with { fixture in
      let slots = [try fixture.monitor(), try fixture.monitor(), try fixture.monitor()]
      let agent = try fixture.liveAgent(stream: .random())
      let connection = try fixture.database.connect()
      // A row that the server itself can't read, as after damage to its storage.
      try connection.execute(
        SQL(
          verbatim: """
            ALTER TABLE monitor RENAME TO monitor_row;
            CREATE FUNCTION readable(slot int8, document jsonb) RETURNS jsonb
            LANGUAGE plpgsql AS $$
            BEGIN
              IF slot = \(slots[1]) THEN RAISE 'missing chunk number 0' USING ERRCODE = 'XX001';
              END IF;
              RETURN document;
            END $$;
            CREATE VIEW monitor AS SELECT key, id, organization_id, name, kind, target, host,
              readable(slot, "check") AS "check", secrets, interval_s, timeout_ms, regions, policy,
              paused, parent_key, epoch, slot, created_at, updated_at, deleted_at FROM monitor_row
            """))
      try connection.query(
        """
        WITH asked AS (
          INSERT INTO probe_request (
            id, organization_id, monitor_key, agent_key, slot, episode, round, asked_at, deadline_ms)
          SELECT gen_random_uuid(), s.organization_id, s.monitor_key, a.key, s.slot, 1, 1, now(), 3000
          FROM monitor_slot AS s, agent AS a WHERE a.id = $1 RETURNING agent_key
        ) SELECT pg_notify('upblit_probe', agent_key::text) FROM asked
        """, agent.id)
      let probes = [try agent.receive(ProbeNow.self), try agent.receive(ProbeNow.self)]
      #expect(Set(probes.map(\.target.slot)) == [UInt64(slots[0]), UInt64(slots[2])])
      try fixture.await(1, "SELECT count(*) FROM probe_request WHERE dropped")
      let dropped = try fixture.count("SELECT max(slot) FROM probe_request WHERE dropped")
      #expect(dropped == slots[1])
    }
  }

  @Test func `how the agent is becomes known, with its watermark`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      try agent.send(
        Alive(
          assignmentRevision: 0, watermarkMs: agent.nowMs - 5, nowMs: agent.nowMs, loopLagMs: 3,
          failingTargets: 2, spoolBytes: 10, droppedResults: 1))
      try fixture.await(2, "SELECT coalesce(max(failing), 0)::int8 FROM agent_live")
      #expect(
        try fixture.count("SELECT watermark_ms FROM agent_live") == agent.nowMs - 5)
    }
  }

  @Test func `time is told`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      try agent.send(TimeRequest(t1: 1234))
      let response = try agent.receive(TimeResponse.self)
      #expect(response.t1 == 1234 && abs(response.t2 - AgentClock.wallMs()) < 10_000)
    }
  }

  @Test func `a revoked agent is put out at once, and not let in again`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      try agent.send(Ping(token: 1))
      _ = try agent.receive(Pong.self)
      let began = AgentClock.monotonicNanoseconds()
      #expect(
        try Agents.revoke(agent.id, owner: nil, fixture.database.connect()) == .revoked)
      #expect(try agent.receive(ErrorFrame.self).end.code == .revoked)
      #expect(AgentClock.monotonicNanoseconds() - began < 5_000_000_000)
      #expect(try agent.receiveEnd())
      agent.connect(try fixture.socket())
      let end = #expect(throws: TestAgent.Ended.self) { try agent.handshake() }
      #expect(end?.code == .revoked)
    }
  }

  @Test func `the newest session wins, and the old one stores nothing`() async throws {
    try await IngressFixture.with { fixture in
      let stream = StreamID.random()
      let old = try fixture.liveAgent(stream: stream)
      let new = TestAgent(
        id: old.id, root: old.root, channelBinding: old.channelBinding, nowMs: old.nowMs)
      try fixture.connect(new, stream: .random())
      let end = try old.receive(ErrorFrame.self).end
      #expect(end.code == .replaced && end.minimumDelayMs >= 30_000)
      #expect(try old.receiveEnd())
      try new.send(Ping(token: 5))
      #expect(try new.receive(Pong.self).token == 5)
    }
  }

  @Test func `two machines that fight for an identity are noticed`() async throws {
    try await IngressFixture.with { fixture in
      let first = try fixture.agent()
      var holders: [TestAgent] = []
      for _ in 0..<5 {
        let machine = TestAgent(
          id: first.id, root: first.root, channelBinding: first.channelBinding, nowMs: 1)
        try fixture.connect(machine, stream: .random())
        holders.append(machine)
      }
      #expect(try fixture.count("SELECT count(*) FROM agent WHERE cloned_at IS NOT NULL") == 1)
    }
  }

  @Test func `a key is changed within a session and proven in the next`() async throws {
    try await IngressFixture.with { fixture in
      let stream = StreamID.random()
      let agent = try fixture.liveAgent(stream: stream)
      let slot = UInt64(try fixture.monitor())
      let connection = try fixture.database.connect()
      try agent.send(Ping(token: 1))
      _ = try agent.receive(Pong.self)
      try connection.query("SELECT pg_notify('upblit_rotate', key::text) FROM agent")
      let rotate = try agent.receive(KeyRotate.self)
      #expect(rotate.keyID == 2)
      let keyPair = try X25519()
      var rotated = KeyRotated(
        keyID: 2, publicKey: keyPair.publicKey, nonce: try randomBytes(32), code: [])
      let root = try AgentKeys.deriveRoot(
        secret: agent.root, shared: keyPair.sharedSecret(with: rotate.publicKey),
        agentNonce: rotated.nonce, collectorNonce: rotate.nonce, agent: agent.id, keyID: 2)
      rotated.code = try RotationProof.code(
        root: root, rotateBody: rotate.encoded(), rotated: rotated)
      try agent.send(rotated)
      try fixture.await(1, "SELECT count(*) FROM agent WHERE pending_key_id = 2")
      let old = agent.root
      let waiting = try agent.batch(stream, 1, [agent.record(slot)])
      agent.root = root
      agent.keyID = 2
      agent.connect(try fixture.socket())
      try agent.handshake(streams: [.init(id: stream, firstUnacked: 1, lastAssigned: 1)])
      // What was signed before the change is still taken, and nothing else under the old key.
      try agent.sendTagged(.results, waiting)
      #expect(try agent.receive(Ack.self).committed == 1)
      try agent.sendTagged(
        .results, try agent.batch(stream, 2, [agent.record(slot)], key: old, keyID: 1))
      #expect(try agent.receive(Nack.self).code == .badSignature)
      try agent.sendTagged(.results, try agent.batch(stream, 2, [agent.record(slot)]))
      #expect(try agent.receive(Ack.self).committed == 2)
      agent.root = old
      agent.keyID = 1
      agent.connect(try fixture.socket())
      let end = #expect(throws: TestAgent.Ended.self) { try agent.handshake() }
      #expect(end?.code == .auth)
    }
  }

  @Test func `a silent agent is pinged, then given up`() async throws {
    try await IngressFixture.with(limits: {
      $0.pingAfterMs = 100
      $0.deadAfterMs = 5500
    }) { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      _ = try agent.receive(Ping.self)
      while try agent.receiveFrame() != nil {}
    }
  }

  @Test func `a collector that stops says goodbye to who is not in yet`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.agent()
      // Whoever holds the agent's row keeps its session from beginning.
      let holder = try fixture.database.connect()
      try holder.execute("BEGIN")
      try holder.query("SELECT FROM agent FOR UPDATE")
      agent.connect(try fixture.socket())
      let server = fixture.server
      let stopping = Task {
        try fixture.await(
          1, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        await server.stop()
      }
      let end = #expect(throws: TestAgent.Ended.self) { try agent.handshake() }
      #expect(end?.code == .shutdown)
      holder.rollback()
      try await stopping.value
    }
  }

  @Test func `a collector that stops says goodbye`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      try agent.send(Ping(token: 1))
      _ = try agent.receive(Pong.self)
      await fixture.server.stop()
      let end = try agent.receive(GoAway.self).end
      #expect(end.code == .shutdown && end.maximumDelayMs == 5000)
    }
  }
}
