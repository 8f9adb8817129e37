import Ingress
import Model
import OpenSSL
import Postgres
import Signing
import Store
import Testing
import Wire

@Suite(.serialized) struct IngressResultsTests {
  @Test func `results become rows, and the ack follows`() async throws {
    try await IngressFixture.with(isTLS: true) { fixture in
      let slot = try fixture.monitor()
      let agent = try fixture.agent()
      try fixture.assign([slot], to: agent)
      let stream = StreamID.random()
      try fixture.connect(agent, stream: stream)
      let full = try agent.receive(AssignFull.self)
      #expect(full.targets.map(\.slot) == [UInt64(slot)])
      try agent.sendTagged(
        .results,
        try agent.batch(
          stream, 1,
          [
            agent.record(UInt64(slot), atMs: agent.nowMs - 20),
            agent.record(UInt64(slot), atMs: agent.nowMs - 10, up: false),
            agent.record(UInt64(slot), up: false),
          ]))
      let ack = try agent.receive(Ack.self)
      #expect(ack.stream == stream && ack.committed == 1 && ack.rejected == 0)
      #expect(try fixture.count("SELECT count(*) FROM result") == 3)
      #expect(try fixture.count("SELECT count(*) FROM result_evidence") == 2)
      // Up, then failed; the second failure is no news.
      #expect(try fixture.count("SELECT count(*) FROM quorum_event") == 2)
      #expect(try fixture.count("SELECT outcome::int8 FROM vote") == 2)
    }
  }

  @Test func `what stands is not told again in the next session of the same start`() async throws {
    try await IngressFixture.with { fixture in
      let slot = try fixture.monitor()
      let agent = try fixture.agent()
      try fixture.assign([slot], to: agent)
      let stream = StreamID.random()
      for sequence in 1...3 as ClosedRange<UInt64> {
        try fixture.connect(agent, stream: stream)
        agent.nowMs += 1
        try agent.sendTagged(
          .results, try agent.batch(stream, sequence, [agent.record(UInt64(slot), up: false)]))
        #expect(try agent.receive(Ack.self).committed == sequence)
      }
      #expect(try fixture.count("SELECT count(*) FROM quorum_event") == 1)
    }
  }

  @Test func `duplicates are acked again, forks and gaps refused, skips taken`() async throws {
    try await IngressFixture.with { fixture in
      let slot = UInt64(try fixture.monitor())
      let stream = StreamID.random()
      let agent = try fixture.liveAgent(stream: stream)
      let first = try agent.batch(stream, 1, [agent.record(slot)])
      try agent.sendTagged(.results, first)
      #expect(try agent.receive(Ack.self).committed == 1)
      try agent.sendTagged(.results, first)
      #expect(try agent.receive(Ack.self).committed == 1)
      try agent.sendTagged(.results, try agent.batch(stream, 1, [agent.record(slot, up: false)]))
      let fork = try agent.receive(Nack.self)
      #expect(fork.code == .fork && fork.expected == 2)
      try agent.sendTagged(.results, try agent.batch(stream, 4, [agent.record(slot)]))
      let gap = try agent.receive(Nack.self)
      #expect(gap.code == .gap && gap.expected == 2 && gap.sequence == 4)
      try agent.sendTagged(.results, try agent.skip(stream, 2, 3))
      #expect(try agent.receive(Ack.self).committed == 3)
      try agent.sendTagged(.results, try agent.batch(stream, 4, [agent.record(slot)]))
      #expect(try agent.receive(Ack.self).committed == 4)
      #expect(try fixture.count("SELECT count(*) FROM result") == 2)
      #expect(try fixture.count("SELECT count(*) FROM ingest_skip") == 1)
      try fixture.connect(agent, stream: stream)
      #expect(agent.welcome?.streams.first?.committed == 4)
    }
  }

  @Test func `records that are not acceptable are counted, and the rest is stored`() async throws {
    try await IngressFixture.with { fixture in
      let slot = UInt64(try fixture.monitor())
      let stream = StreamID.random()
      let agent = try fixture.liveAgent(stream: stream)
      let old = agent.nowMs - 8 * 86_400_000
      try agent.sendTagged(
        .results,
        try agent.batch(
          stream, 1,
          [
            agent.record(slot, atMs: old), agent.record(slot), agent.record(999_999),
            agent.record(slot, atMs: agent.nowMs + 600_000),
          ]))
      #expect(try agent.receive(Ack.self).rejected == 3)
      #expect(try fixture.count("SELECT count(*) FROM result") == 1)
      #expect(try fixture.count("SELECT count(*) FROM ingest_reject") == 3)
      // Not assigned: history, which nobody is told.
      #expect(try fixture.count("SELECT count(*) FROM quorum_event") == 0)
    }
  }

  @Test func `refusals keep the session, but for another agent's batch`() async throws {
    try await IngressFixture.with { fixture in
      let stream = StreamID.random()
      let agent = try fixture.liveAgent(stream: stream)
      let other = try fixture.agent()
      var forged = try agent.batch(stream, 1, [])
      forged[forged.count - 1] ^= 1
      try agent.sendTagged(.results, forged)
      #expect(try agent.receive(Nack.self).code == .badSignature)
      try agent.sendTagged(.results, try agent.batch(stream, 1, [], keyID: 7))
      #expect(try agent.receive(Nack.self).code == .badSignature)
      // A count that promises more than there is.
      var promising = try agent.batch(stream, 1, [])
      promising = Array(promising.dropLast(33)) + [9]
      try agent.sendTagged(
        .results, try BatchCode(keys: AgentKeys(root: agent.root)).sign(promising))
      #expect(try agent.receive(Nack.self).code == .malformed)
      try agent.sendTagged(
        .results, try agent.batch(stream, 1, [], agent: other.id, key: other.root))
      #expect(try agent.receive(Nack.self).code == .wrongAgent)
      #expect(try agent.receiveEnd())
    }
  }

  @Test func `another agent's batch is told as that even where it does not decode`() async throws {
    try await IngressFixture.with { fixture in
      let stream = StreamID.random()
      let agent = try fixture.liveAgent(stream: stream)
      var body = try agent.batch(stream, 1, [], agent: .random())
      // The kind: no such one.
      body[body.count - bodyCodeCount - 2] = 9
      try agent.sendTagged(.results, body)
      #expect(try agent.receive(Nack.self).code == .wrongAgent)
      #expect(try agent.receiveEnd())
    }
  }

  @Test func `a wrong tag ends the connection without a word`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      try agent.send(Ping(token: 1))
      _ = try agent.receive(Pong.self)
      var frame = try #require(agent.sealer).seal(Ping(token: 2))
      frame[10] ^= 1
      try agent.sendRaw(frame)
      #expect(try agent.receiveEnd())
    }
  }

  @Test func `a stream that begins within a session is found`() async throws {
    try await IngressFixture.with { fixture in
      let slot = UInt64(try fixture.monitor())
      let agent = try fixture.liveAgent(stream: .random())
      let streams = (0..<3).map { _ in StreamID.random() }
      for stream in streams {
        try agent.sendTagged(.results, try agent.batch(stream, 1, [agent.record(slot)]))
      }
      for stream in streams {
        let ack = try agent.receive(Ack.self)
        #expect(ack.stream == stream && ack.committed == 1)
      }
    }
  }

  @Test func `another agent's stream is refused`() async throws {
    try await IngressFixture.with { fixture in
      let stream = StreamID.random()
      _ = try fixture.liveAgent(stream: stream)
      let thief = try fixture.liveAgent(stream: .random())
      try thief.sendTagged(.results, try thief.batch(stream, 1, []))
      #expect(try thief.receive(Nack.self).code == .wrongAgent)
      #expect(try thief.receiveEnd())
    }
  }

  @Test func `findings of an earlier start, or too old, are history`() async throws {
    try await IngressFixture.with { fixture in
      let slot = try fixture.monitor()
      let agent = try fixture.agent()
      try fixture.assign([slot], to: agent)
      let stream = StreamID.random()
      try fixture.connect(agent, stream: stream)
      try agent.send(
        Alive(
          assignmentRevision: 1, watermarkMs: agent.nowMs, nowMs: agent.nowMs, loopLagMs: 0,
          failingTargets: 0, spoolBytes: 0, droppedResults: 0))
      try agent.sendTagged(
        .results,
        try agent.batch(stream, 1, [agent.record(UInt64(slot), up: false)], boot: .random()))
      _ = try agent.receive(Ack.self)
      try agent.sendTagged(
        .results,
        try agent.batch(
          stream, 2, [agent.record(UInt64(slot), atMs: agent.nowMs - 60_000, up: false)]))
      _ = try agent.receive(Ack.self)
      #expect(try fixture.count("SELECT count(*) FROM quorum_event") == 0)
      #expect(try fixture.count("SELECT count(*) FROM result") == 2)
    }
  }

  @Test func `evidence comes in a stream of its own`() async throws {
    try await IngressFixture.with { fixture in
      let slot = UInt64(try fixture.monitor())
      let stream = StreamID.random()
      let agent = try fixture.liveAgent(stream: stream)
      try agent.sendTagged(.results, try agent.batch(stream, 1, [agent.record(slot, up: false)]))
      #expect(try agent.receive(Ack.self).committed == 1)
      let other = StreamID.random()
      try agent.sendTagged(.results, try agent.evidence(other, 1, about: stream))
      #expect(try agent.receive(Ack.self).stream == other)
      #expect(try fixture.count("SELECT count(*) FROM evidence_part WHERE kind = 4") == 1)
    }
  }

  @Test func `evidence of a good answer that came too late to vote is kept as history`()
    async throws
  {
    try await IngressFixture.with { fixture in
      let slot = UInt64(try fixture.monitor())
      let stream = StreamID.random()
      let agent = try fixture.liveAgent(stream: stream)
      let late = agent.nowMs - 3_600_000
      try agent.sendTagged(.results, try agent.batch(stream, 1, [agent.record(slot, atMs: late)]))
      #expect(try agent.receive(Ack.self).committed == 1)
      #expect(try fixture.count("SELECT count(*) FROM result_evidence") == 0)
      let record = EvidenceRecord(slot: slot, startedAtMs: late)
      try agent.sendTagged(
        .results, try agent.evidence(.random(), 1, about: stream, record: record))
      _ = try agent.receive(Ack.self)
      #expect(try fixture.count("SELECT count(*) FROM evidence_part WHERE kind = 4") == 1)
      #expect(try fixture.count("SELECT count(*) FROM evidence_part") == 1)
    }
  }
}
