import Model
import OpenSSL
import Signing
import Testing
import Wire

@Suite struct VectorTests {
  let vectors: VectorFile

  init() throws { vectors = try VectorFile.load() }

  private func keys() throws -> AgentKeys { try AgentKeys(root: bytes(vectors.keys.agent_root)) }

  private func sessionKeys() throws -> SessionKeys {
    try proof().sessionKeys(authFrame: bytes(vectors.handshake.auth))
  }

  private func proof() throws -> HandshakeProof {
    try HandshakeProof(
      keys: keys(), channelBinding: bytes(vectors.handshake.channel_binding),
      helloFrame: bytes(vectors.handshake.hello),
      challengeFrame: bytes(vectors.handshake.challenge))
  }

  private func frame<Body: FrameBody>(
    _ text: String, _ type: Body.Type, peerIsProven: Bool = false
  ) throws -> Body {
    let frameBytes = bytes(text)
    let frame = try #require(
      try frameBytes.withUnsafeBytes { try Frame.scan($0, peerIsProven: peerIsProven) })
    #expect(frame.type == Body.type)
    #expect(frame.byteCount == frameBytes.count)
    return try Body(decoding: Array(frameBytes[frame.body]))
  }

  @Test func `the root and the keys of an agent follow from token, key agreement and nonces`()
    throws
  {
    let agent = try #require(AgentID(vectors.keys.agent_id))
    let root = try AgentKeys.deriveRoot(
      secret: bytes(vectors.keys.token_secret), shared: bytes(vectors.keys.x25519_shared),
      agentNonce: bytes(vectors.keys.nonce_a), collectorNonce: bytes(vectors.keys.nonce_c),
      agent: agent, keyID: vectors.keys.key_id)
    #expect(hexadecimal(root) == vectors.keys.agent_root)
    let keys = try AgentKeys(root: root)
    #expect(hexadecimal(keys.auth) == vectors.keys.k_auth)
    #expect(hexadecimal(keys.batch) == vectors.keys.k_batch)
  }

  @Test func `the four frames of the handshake decode and encode to the same bytes`() throws {
    let hello = try frame(vectors.handshake.hello, Hello.self)
    #expect(hello.software == "0.1.0")
    #expect(hello.wallMs == 1_767_225_600_000)
    #expect(hexadecimal(Frame.encode(hello)) == vectors.handshake.hello)
    let challenge = try frame(vectors.handshake.challenge, Challenge.self)
    #expect(challenge.version == 1)
    #expect(hexadecimal(Frame.encode(challenge)) == vectors.handshake.challenge)
    let auth = try frame(vectors.handshake.auth, Auth.self)
    #expect(auth.streams.count == 1)
    #expect(auth.streams[0].firstUnacked == 41)
    #expect(auth.streams[0].lastAssigned == 42)
    #expect(hexadecimal(Frame.encode(auth)) == vectors.handshake.auth)
    let welcome = try frame(vectors.handshake.welcome, Welcome.self)
    #expect(welcome.streams[0].committed == 40)
    #expect(welcome.credit == Credit(bytes: 512 << 10, batches: 8))
    #expect(welcome.leaseSeconds == 86_400)
    #expect(hexadecimal(Frame.encode(welcome)) == vectors.handshake.welcome)
  }

  @Test func `both proofs and both session keys follow from the transcript`() throws {
    let proof = try proof()
    let auth = try frame(vectors.handshake.auth, Auth.self)
    #expect(hexadecimal(try proof.agentProof(for: auth)) == vectors.handshake.proof_a)
    #expect(hexadecimal(auth.proof) == vectors.handshake.proof_a)
    let welcome = try frame(vectors.handshake.welcome, Welcome.self)
    let collectorProof = try proof.collectorProof(
      for: welcome, authFrame: bytes(vectors.handshake.auth))
    #expect(hexadecimal(collectorProof) == vectors.handshake.proof_c)
    #expect(hexadecimal(welcome.proof) == vectors.handshake.proof_c)
    let session = try sessionKeys()
    #expect(hexadecimal(session.agentToCollector) == vectors.handshake.k_a2c)
    #expect(hexadecimal(session.collectorToAgent) == vectors.handshake.k_c2a)
  }

  @Test func `records encode and decode`() throws {
    let first = ProbeRecord(
      slot: 3, startedAtMs: 1_767_225_601_000, total: 1234,
      phases: Phases(dns: 12, connect: 210, tls: 305, firstByte: 1100), outcome: .up, status: 200)
    let second = ProbeRecord(
      slot: 4, startedAtMs: 1_767_225_601_250, total: 100_000,
      outcome: .failed(Failure(.timeout, curlCode: 28, detail: "timeout")))
    var writer = ByteWriter()
    RecordWriter.append(first, previousMs: first.startedAtMs, to: &writer)
    #expect(hexadecimal(writer.bytes) == vectors.results.record_hex[0])
    writer = ByteWriter()
    RecordWriter.append(second, previousMs: first.startedAtMs, to: &writer)
    #expect(hexadecimal(writer.bytes) == vectors.results.record_hex[1])

    try bytes(vectors.results.body).withUnsafeBytes { view in
      let body = try ResultsBody(decoding: view)
      #expect(body.header.sequence == 41)
      #expect(body.header.count == 2)
      #expect(body.header.clockOffsetMs == -12)
      var reader = body.records
      var raw = RawRecord()
      var values: [ProbeRecord?] = []
      while try reader.next(&raw) { values.append(reader.value(of: raw)) }
      #expect(values == [first, second])
    }
  }

  @Test func `a batch is signed once, and tagged when it is sent`() throws {
    let body = bytes(vectors.results.body)
    let code = try BatchCode(keys: keys())
    try #expect(code.sign(Array(body.dropLast(32))) == body)
    try body.withUnsafeBytes { view in
      try #expect(code.verify(ResultsBody(decoding: view)))
    }
    let digest = try BatchDigest(of: body)
    #expect(digest.value == UInt64(vectors.results.digest8, radix: 16))
    let session = try sessionKeys()
    let sealer = try FrameSealer(key: session.agentToCollector)
    let frame = try sealer.seal(.results, body)
    #expect(hexadecimal(frame) == vectors.results.frame)
    let opener = try FrameOpener(key: session.agentToCollector)
    try #expect(frame.withUnsafeBytes { try opener.verify($0) })
    try #expect(!frame.withUnsafeBytes { try opener.verify($0) }, "a replayed frame must not pass")
  }

  @Test func `the collector's acks and the agent's pings carry the tags of their directions`()
    throws
  {
    let session = try sessionKeys()
    let ack = try frame(vectors.ack, Ack.self, peerIsProven: true)
    #expect(ack.committed == 41)
    let collector = try FrameSealer(key: session.collectorToAgent)
    #expect(hexadecimal(try collector.seal(ack)) == vectors.ack)
    let ping = try frame(vectors.ping, Ping.self, peerIsProven: true)
    let pingBytes = bytes(vectors.ping)
    let expected = try (0..<4).contains { (counter: Int) -> Bool in
      let agent = try FrameSealer(key: session.agentToCollector)
      for _ in 0..<counter { _ = try agent.seal(Ping(token: 0)) }
      return try agent.seal(ping) == pingBytes
    }
    #expect(expected, "the vector's ping must be one of the agent's first frames")
  }

  @Test func `varints and zigzags encode and decode`() throws {
    for (number, text) in vectors.varint {
      let value = try #require(UInt64(number))
      var writer = ByteWriter()
      writer.varint(value)
      #expect(hexadecimal(writer.bytes) == text)
      try bytes(text).withUnsafeBytes { view in
        var reader = ByteReader(view)
        try #expect(reader.varint() == value)
        #expect(reader.remaining == 0)
      }
    }
    for (number, text) in vectors.zigzag {
      let value = try #require(Int64(number))
      var writer = ByteWriter()
      writer.zigzag(value)
      #expect(hexadecimal(writer.bytes) == text)
      try bytes(text).withUnsafeBytes { view in
        var reader = ByteReader(view)
        try #expect(reader.zigzag() == value)
      }
    }
    for text in vectors.varint_reject {
      #expect(throws: WireError.self) {
        try bytes(text).withUnsafeBytes { view in
          var reader = ByteReader(view)
          _ = try reader.varint()
        }
      }
    }
  }

  @Test(arguments: [
    ("len_zero", FrameError.length(0)),
    ("len_three", .length(3)),
    ("len_max", .length(0xffff_ffff)),
    ("http_get", .length(0x4745_5420)),
    ("tls_client_hello", .length(0x1603_0100)),
    ("reserved_flag", .flags(2)),
    ("unknown_version", .version(9)),
  ])
  func `what must fail as a frame does`(name: String, error: FrameError) throws {
    let frame = try bytes(#require(vectors.must_fail[name]))
    for proven in [false, true] {
      #expect(throws: error) {
        try frame.withUnsafeBytes { try Frame.scan($0, peerIsProven: proven) }
      }
    }
  }

  @Test func `a flipped bit breaks the tag`() throws {
    let frame = try bytes(#require(vectors.must_fail["flipped_bit"]))
    let opener = try FrameOpener(key: sessionKeys().agentToCollector)
    try #expect(!frame.withUnsafeBytes { try opener.verify($0) })
  }

  @Test func `a status that overflows is a record out of range, not a crash`() throws {
    let record = try bytes(#require(vectors.must_fail["record_status_overflow"]))
    try record.withUnsafeBytes { view in
      var reader = RecordReader(view, count: 1, baseMs: 0)
      var raw = RawRecord()
      try #expect(reader.next(&raw))
      #expect(!raw.isInRange)
      #expect(reader.value(of: raw) == nil)
    }
  }
}
