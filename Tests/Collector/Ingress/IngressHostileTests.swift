import Ingress
import Model
import OpenSSL
import Signing
import TestSupport
import Testing
import Wire

@Suite(.serialized) struct IngressHostileTests {
  @Test func `bodies of noise, tagged rightly, end at most their own session`() async throws {
    try await IngressFixture.with { fixture in
      var generator = SeededGenerator(state: 20_261_122)
      let agent = try fixture.agent()
      let types = FrameType.allCases.filter { $0 != .results }
      for type in types {
        for length in [0, 1, 7, 16, 33, 200] {
          try fixture.connect(agent, stream: .random())
          let body = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
          try agent.sendTagged(type, body)
          try? agent.send(Ping(token: 1))
          // Either the session goes on, or it ends with a reason or none.
          while let (frame, bytes) = try agent.receiveFrame() {
            if frame.type == .pong { break }
            guard frame.type == .error else { continue }
            let end = try ErrorFrame(decoding: Array(bytes[frame.body])).end
            #expect(end.code == .malformed)
          }
        }
      }
      try fixture.connect(agent, stream: .random())
      try agent.send(Ping(token: 9))
      #expect(try agent.receive(Pong.self).token == 9)
    }
  }

  @Test func `batches of noise, signed rightly, are refused or rejected`() async throws {
    try await IngressFixture.with { fixture in
      var generator = SeededGenerator(state: 7)
      let slot = try fixture.monitor()
      let agent = try fixture.agent()
      try fixture.assign([slot], to: agent)
      let stream = StreamID.random()
      try fixture.connect(agent, stream: stream)
      let code = try BatchCode(keys: AgentKeys(root: agent.root))
      var sequence: UInt64 = 1
      for _ in 0..<400 {
        let records = (0..<3).map { agent.record(UInt64(slot), up: $0 == 1) }
        var body = Array(try agent.batch(stream, sequence, records).dropLast(bodyCodeCount))
        // Behind stream, sequence, agent, key and boot.
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          let place = Int.random(in: 60..<body.count, using: &generator)
          body[place] = UInt8.random(in: 0...255, using: &generator)
        }
        try agent.sendTagged(.results, try code.sign(body))
        var isAnswered = false
        while !isAnswered, let (frame, _) = try agent.receiveFrame() {
          switch frame.type {
          case .ack:
            isAnswered = true
            sequence += 1
          case .nack: isAnswered = true
          case .error: Issue.record("the session ended")
          default: continue
          }
        }
        #expect(isAnswered)
      }
      #expect(sequence > 1)
    }
  }

  @Test func `a frame's claim of a length beyond its type's ends the session`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      // A PING that says 1 MiB: told after eight bytes, none of the rest is waited for.
      try agent.sendRaw([0, 0x10, 0, 0, 1, FrameType.ping.rawValue, 0, 1])
      #expect(try agent.receive(ErrorFrame.self).end.code == .malformed)
      #expect(try agent.receiveEnd())
    }
  }

  @Test func `a frame may be cut at any byte of a live session`() async throws {
    try await IngressFixture.with { fixture in
      let slot = UInt64(try fixture.monitor())
      let agent = try fixture.agent()
      let stream = StreamID.random()
      let body = try agent.batch(stream, 1, [agent.record(slot)])
      for length in stride(from: 1, to: body.count + 24, by: 7) {
        try fixture.connect(agent, stream: stream)
        let frame = try #require(agent.sealer).seal(.results, body)
        try agent.sendRaw(Array(frame[..<length]))
        agent.disconnect()
      }
      try fixture.connect(agent, stream: stream)
      #expect(agent.welcome?.streams.first?.committed == 0)
      try agent.sendTagged(.results, body)
      #expect(try agent.receive(Ack.self).committed == 1)
    }
  }
}

/// SplitMix64: the same noise at every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
