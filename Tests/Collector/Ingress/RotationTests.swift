import Ingress
import Model
import OpenSSL
import Postgres
import Signing
import TestSupport
import Testing
import Wire

@Suite(.serialized) struct RotationTests {
  @Test func `no key is offered while an agent may have more streams than it named`() async throws {
    try await IngressFixture.with { fixture in
      let slot = UInt64(try fixture.monitor())
      let agent = try fixture.agent()
      let streams = (0..<Auth.streamLimit).map { _ in StreamID.random() }
      try connect(agent, streams, fixture)
      try fixture.database.connect()
        .query("SELECT pg_notify('upblit_rotate', key::text) FROM agent")
      // Behind the notification, and what would have followed it.
      try fixture.assign([Int64(slot)], to: agent)
      while let (frame, _) = try agent.receiveFrame(), frame.type != .assignDelta {
        #expect(frame.type != .keyRotate)
      }
      // Once one of them is done, it is.
      try agent.sendTagged(.results, try agent.batch(streams[0], 1, [agent.record(slot)]))
      #expect(try agent.receive(KeyRotate.self).keyID == 2)
    }
  }

  @Test func `a proven key waits while the one before is needed for streams not named`()
    async throws
  {
    try await IngressFixture.with { fixture in
      let slot = UInt64(try fixture.monitor())
      let agent = try fixture.agent()
      let (named, unnamed) = (
        (0..<Auth.streamLimit).map { _ in StreamID.random() }, StreamID.random()
      )
      try connect(agent, [named[0]], fixture)
      let old = agent.root
      try rotate(agent, fixture)
      try connect(agent, named, fixture)
      #expect(try fixture.count("SELECT key_id::int8 FROM agent") == 1)
      for (stream, root, keyID) in [(unnamed, old, 1), (named[0], agent.root, 2)] {
        try agent.sendTagged(
          .results,
          try agent.batch(stream, 1, [agent.record(slot)], key: root, keyID: UInt32(keyID)))
        #expect(try agent.receive(Ack.self).committed == 1)
      }
      try connect(agent, Array(named.dropFirst()), fixture)
      #expect(try fixture.count("SELECT key_id::int8 FROM agent") == 2)
      try agent.sendTagged(
        .results, try agent.batch(unnamed, 2, [agent.record(slot)], key: old, keyID: 1))
      #expect(try agent.receive(Nack.self).code == .badSignature)
    }
  }

  private func connect(
    _ agent: TestAgent, _ streams: [StreamID], _ fixture: IngressFixture
  ) throws {
    agent.connect(try fixture.socket())
    try agent.handshake(
      streams: streams.map { Auth.Stream(id: $0, firstUnacked: 1, lastAssigned: 1) })
    // The session is known to the others once it answers.
    try agent.send(Ping(token: 1))
    _ = try agent.receive(Pong.self)
  }

  /// Lets the collector change the agent's key.
  private func rotate(_ agent: TestAgent, _ fixture: IngressFixture) throws {
    try fixture.database.connect()
      .query("SELECT pg_notify('upblit_rotate', key::text) FROM agent")
    let rotate = try agent.receive(KeyRotate.self)
    let keyPair = try X25519()
    var rotated = KeyRotated(
      keyID: rotate.keyID, publicKey: keyPair.publicKey, nonce: try randomBytes(32), code: [])
    let root = try AgentKeys.deriveRoot(
      secret: agent.root, shared: keyPair.sharedSecret(with: rotate.publicKey),
      agentNonce: rotated.nonce, collectorNonce: rotate.nonce, agent: agent.id,
      keyID: rotate.keyID)
    rotated.code = try RotationProof.code(
      root: root, rotateBody: rotate.encoded(), rotated: rotated)
    try agent.send(rotated)
    try fixture.await(1, "SELECT count(*) FROM agent WHERE pending_key_id IS NOT NULL")
    agent.root = root
    agent.keyID = rotate.keyID
  }
}
