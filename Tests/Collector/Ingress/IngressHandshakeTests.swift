import Ingress
import Model
import OpenSSL
import Postgres
import Signing
import Store
import Testing
import Wire

@Suite(.serialized) struct IngressHandshakeTests {
  @Test func `over TLS an agent enrols and opens a session`() async throws {
    try await IngressFixture.with(isTLS: true) { fixture in
      let stream = StreamID.random()
      let agent = try fixture.agent()
      let welcome = try fixture.connect(agent, stream: stream)
      #expect(welcome.streams == [.init(id: stream, committed: 0, digest: .unknown)])
      #expect(welcome.credit == Credit(bytes: 512 << 10, batches: 8))
      let pins = try agent.receive(Pins.self)
      #expect(pins.hashes == [fixture.installation.pin])
      try agent.send(Ping(token: 7))
      #expect(try agent.receive(Pong.self).token == 7)
    }
  }

  @Test func `another collector's pin does not connect`() async throws {
    try await IngressFixture.with(isTLS: true) { fixture in
      let other = try #require(Pin(hash: [UInt8](repeating: 1, count: 32)))
      #expect(throws: TestSocket.Trouble.self) {
        try TestSocket(tls: fixture.port, pin: other.description)
      }
    }
  }

  @Test func `an unknown agent, an unknown key and a wrong root are answered alike`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.agent()
      let strangers = [
        TestAgent(
          id: .random(), root: agent.root, channelBinding: agent.channelBinding, nowMs: 1),
        TestAgent(
          id: agent.id, keyID: 9, root: agent.root, channelBinding: agent.channelBinding, nowMs: 1),
        TestAgent(
          id: agent.id, root: [UInt8](repeating: 1, count: 32),
          channelBinding: agent.channelBinding, nowMs: 1),
        TestAgent(
          id: agent.id, root: agent.root, channelBinding: [UInt8](repeating: 1, count: 32),
          nowMs: 1),
      ]
      for stranger in strangers {
        stranger.connect(try fixture.socket())
        let end = #expect(throws: TestAgent.Ended.self) { try stranger.handshake() }
        #expect(end?.code == .auth)
        #expect(end?.message == "not accepted")
      }
    }
  }

  @Test func `a handshake that is played again is refused`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      let again = TestAgent(
        id: agent.id, root: agent.root, channelBinding: agent.channelBinding, nowMs: 1)
      again.connect(try fixture.socket())
      try again.sendRaw(agent.sentHello)
      _ = try again.receive(Challenge.self)
      try again.sendRaw(agent.sentAuth)
      #expect(try again.receive(ErrorFrame.self).end.code == .auth)
    }
  }

  @Test func `a collector's own proof sent back is refused`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.agent()
      agent.connect(try fixture.socket())
      let welcome = try agent.handshake()
      let mirror = TestAgent(
        id: agent.id, root: agent.root, channelBinding: agent.channelBinding, nowMs: 1)
      mirror.connect(try fixture.socket())
      try mirror.send(try agent.hello())
      _ = try mirror.receive(Challenge.self)
      try mirror.send(Auth(proof: welcome.proof, streams: [], assignmentRevision: 0))
      #expect(try mirror.receive(ErrorFrame.self).end.code == .auth)
    }
  }

  @Test func `a man in the middle who changes the offer breaks the proof`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.agent()
      agent.connect(try fixture.socket())
      agent.tamper = { frame in
        var frame = frame
        // The last byte of CHALLENGE's features.
        frame[12] ^= 1
        return frame
      }
      let end = #expect(throws: TestAgent.Ended.self) { try agent.handshake() }
      #expect(end?.code == .auth)
    }
  }

  @Test func `a version that is not spoken is told so`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.agent()
      agent.connect(try fixture.socket())
      try agent.send(try agent.hello(minimum: 2, maximum: 3))
      #expect(try agent.receive(ErrorFrame.self).end.code == .version)
      #expect(try agent.receiveEnd())
      agent.connect(try fixture.socket())
      try agent.send(try agent.hello(minimum: 1, maximum: 3))
      #expect(try agent.receive(Challenge.self).version == 1)
    }
  }

  @Test(
    arguments: [
      Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8),
      [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01], Array("SSH-2.0-OpenSSH_9.2\r\n".utf8),
      [0, 0, 0, 0], [0, 0, 0, 3, 1, 1, 0], [0xff, 0xff, 0xff, 0xff], [0, 0, 4, 1, 1, 1, 0, 0],
      [0, 0, 0, 4, 1, 0x20, 0, 0], [0, 0, 0, 4, 1, 1, 0, 2], [0, 0, 0, 4, 1, 0x99, 0, 0],
      [0, 0, 0, 20, 1, 1, 0, 1] + [UInt8](repeating: 0, count: 16),
    ] as [[UInt8]])
  func `what is no frame ends at once`(_ bytes: [UInt8]) async throws {
    try await IngressFixture.with { fixture in
      let client = TestAgent(id: .zero, root: [], channelBinding: [], nowMs: 0)
      client.connect(try fixture.socket())
      try client.sendRaw(bytes)
      #expect(try client.receive(ErrorFrame.self).end.code == .malformed)
      #expect(try client.receiveEnd())
    }
  }

  @Test func `a frame may come byte by byte, and end anywhere`() async throws {
    try await IngressFixture.with { fixture in
      let agent = try fixture.agent()
      let hello = Frame.encode(try agent.hello())
      for length in 0..<hello.count {
        let client = TestAgent(id: .zero, root: [], channelBinding: [], nowMs: 0)
        client.connect(try fixture.socket())
        try client.sendRaw(Array(hello[..<length]))
        client.disconnect()
      }
      agent.connect(try fixture.socket())
      for byte in hello { try agent.sendRaw([byte]) }
      #expect(try agent.receive(Challenge.self).version == 1)
    }
  }

  @Test func `a slow handshake is cut off`() async throws {
    try await IngressFixture.with(limits: { $0.authenticationMs = 200 }) { fixture in
      let client = TestAgent(id: .zero, root: [], channelBinding: [], nowMs: 0)
      client.connect(try fixture.socket())
      try client.sendRaw([0, 0])
      #expect(try client.receive(ErrorFrame.self).end.code == .timeout)
      #expect(try client.receiveEnd())
    }
  }

  @Test func `a TLS handshake that does not come is cut off`() async throws {
    try await IngressFixture.with(isTLS: true, limits: { $0.tlsHandshakeMs = 200 }) { fixture in
      let socket = try TestSocket(plain: fixture.port)
      // An alert may come before the end.
      while try !socket.receive().isEmpty {}
    }
  }

  @Test func `connections beyond the bound are closed, and live ones don't count`() async throws {
    try await IngressFixture.with(limits: { $0.unauthenticatedPerAddress = 4 }) { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      let silent = try (0..<4).map { _ in try fixture.socket() }
      let surplus = try fixture.socket()
      #expect(try surplus.receive().isEmpty)
      try agent.send(Ping(token: 1))
      #expect(try agent.receive(Pong.self).token == 1)
      #expect(silent.count == 4)
    }
  }

  @Test func `as many connections as may be open are, and what must change is told`() async throws {
    try await IngressFixture.with(limits: { $0.connections = 3 }) { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      var others = try (0..<2).map { _ in try fixture.socket() }
      let surplus = try fixture.socket()
      #expect(try surplus.receive().isEmpty)
      let trouble = try #require(fixture.server.trouble)
      #expect(trouble.hasPrefix("The agents' port takes no more connections: 3 are open"))
      try agent.send(Ping(token: 1))
      #expect(try agent.receive(Pong.self).token == 1)
      others = []
      for _ in 0..<1_000 where fixture.server.trouble != nil {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(fixture.server.trouble == nil)
      let next = try fixture.agent()
      try fixture.connect(next, stream: .random())
      #expect(others.isEmpty)
    }
  }

  @Test func `a lost answer to an enrolment is given again, to no one else`() async throws {
    try await IngressFixture.with { fixture in
      let token = try fixture.token(region: "us")
      let (frame, _, _) = try fixture.enroll(token, region: "eu")
      let first = try #require(try fixture.ask(frame))
      let second = try #require(try fixture.ask(frame))
      #expect(first.bytes == second.bytes)
      let enrolled = try Enrolled(decoding: Array(first.bytes[first.frame.body]))
      #expect(enrolled.region == "us")
      let other = try #require(try fixture.ask(try fixture.enroll(token).frame))
      #expect(other.frame.type == .error)
      #expect(try fixture.count("SELECT count(*) FROM agent") == 1)
    }
  }

  @Test func `a wrong code does not use a token up`() async throws {
    try await IngressFixture.with { fixture in
      let token = try fixture.token()
      let guessed = (id: token.id, secret: [UInt8](repeating: 0, count: 32))
      let refused = try #require(try fixture.ask(try fixture.enroll(guessed).frame))
      let end = try ErrorFrame(decoding: Array(refused.bytes[refused.frame.body])).end
      #expect(end.code == .auth)
      let unknown = try fixture.enroll((id: .random(), secret: token.secret)).frame
      #expect(try #require(try fixture.ask(unknown)).bytes == refused.bytes)
      let answer = try #require(try fixture.ask(try fixture.enroll(token).frame))
      #expect(answer.frame.type == .enrolled)
    }
  }

  @Test func `a key that gives no secret is refused`() async throws {
    try await IngressFixture.with { fixture in
      let token = try fixture.token()
      var (_, enroll, _) = try fixture.enroll(token)
      enroll.publicKey = [UInt8](repeating: 0, count: 32)
      enroll.code = try EnrolmentProof.agentCode(
        for: enroll, secret: token.secret, channelBinding: fixture.channelBinding)
      let answer = try #require(try fixture.ask(Frame.encode(enroll)))
      #expect(answer.frame.type == .error)
    }
  }
}
