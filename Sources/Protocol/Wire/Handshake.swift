import Model

/// HELLO: an agent introduces itself and challenges the collector.
public struct Hello: FrameBody {
  public static let type = FrameType.hello

  public var minimumVersion: UInt8
  public var maximumVersion: UInt8
  public var agent: AgentID
  /// Which of the agent's roots it will prove itself by; the first is 1.
  public var keyID: UInt32
  public var boot: BootID
  /// 32 random bytes.
  public var nonce: [UInt8]
  /// Bits of what the agent can do beyond version 1 (``Features``); bit 0 is reserved for Ed25519
  /// batches.
  public var features: UInt32
  /// The agent's wall clock, in milliseconds; for the log alone.
  public var wallMs: Int64
  public var software: String

  public init(
    minimumVersion: UInt8 = Frame.version, maximumVersion: UInt8 = Frame.version, agent: AgentID,
    keyID: UInt32, boot: BootID, nonce: [UInt8], features: UInt32 = 0, wallMs: Int64,
    software: String
  ) {
    self.minimumVersion = minimumVersion
    self.maximumVersion = maximumVersion
    self.agent = agent
    self.keyID = keyID
    self.boot = boot
    self.nonce = nonce
    self.features = features
    self.wallMs = wallMs
    self.software = software
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    try reader.expect("UPB1")
    minimumVersion = try reader.uint8()
    maximumVersion = try reader.uint8()
    guard minimumVersion >= 1, minimumVersion <= maximumVersion else { throw .value }
    agent = try reader.identifier()
    keyID = try reader.uint32()
    boot = try reader.identifier()
    nonce = try reader.bytes(32)
    features = try reader.uint32()
    wallMs = try reader.milliseconds()
    software = try reader.string(limit: TextLimit.name)
  }

  public func encode(to writer: inout ByteWriter) {
    writer.raw("UPB1")
    writer.uint8(minimumVersion)
    writer.uint8(maximumVersion)
    writer.identifier(agent)
    writer.uint32(keyID)
    writer.identifier(boot)
    writer.raw(nonce)
    writer.uint32(features)
    writer.milliseconds(wallMs)
    writer.string(software, limit: TextLimit.name)
  }
}

/// CHALLENGE: the collector's answer to HELLO, made without a look into its database.
public struct Challenge: FrameBody {
  public static let type = FrameType.challenge

  /// The highest version that both sides speak.
  public var version: UInt8
  /// A subset of HELLO's.
  public var features: UInt32
  public var collector: CollectorID
  public var session: SessionID
  /// 32 random bytes.
  public var nonce: [UInt8]
  /// The collector's wall clock, in milliseconds.
  public var wallMs: Int64

  public init(
    version: UInt8, features: UInt32 = 0, collector: CollectorID, session: SessionID,
    nonce: [UInt8], wallMs: Int64
  ) {
    self.version = version
    self.features = features
    self.collector = collector
    self.session = session
    self.nonce = nonce
    self.wallMs = wallMs
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    version = try reader.uint8()
    features = try reader.uint32()
    collector = try reader.identifier()
    session = try reader.identifier()
    nonce = try reader.bytes(32)
    wallMs = try reader.milliseconds()
  }

  public func encode(to writer: inout ByteWriter) {
    writer.uint8(version)
    writer.uint32(features)
    writer.identifier(collector)
    writer.identifier(session)
    writer.raw(nonce)
    writer.milliseconds(wallMs)
  }
}

/// AUTH: the agent's proof, and where its streams stand.
///
/// The proof covers the rest of the body, so it is filled in last.
public struct Auth: FrameBody {
  public static let type = FrameType.auth
  /// The most streams that one AUTH may name.
  public static let streamLimit = 16

  /// 32 bytes.
  public var proof: [UInt8]
  /// Those with batches that are not acked, oldest first, then the live one, even if it is empty.
  public var streams: [Stream]
  /// The revision of the assignment that the agent holds; 0 for none.
  public var assignmentRevision: UInt64

  /// Where one stream stands at the agent.
  public struct Stream: Hashable, Sendable {
    public var id: StreamID
    /// The lowest sequence that the agent knows no ack for; 1 in a new stream.
    public var firstUnacked: UInt64
    /// The highest sequence given to a batch; 0 for none.
    public var lastAssigned: UInt64

    public init(id: StreamID, firstUnacked: UInt64, lastAssigned: UInt64) {
      self.id = id
      self.firstUnacked = firstUnacked
      self.lastAssigned = lastAssigned
    }
  }

  public init(proof: [UInt8], streams: [Stream], assignmentRevision: UInt64) {
    self.proof = proof
    self.streams = streams
    self.assignmentRevision = assignmentRevision
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    proof = try reader.bytes(bodyCodeCount)
    let count = try reader.count(minimumBytes: 32)
    guard count <= Self.streamLimit else { throw .count }
    streams = []
    for _ in 0..<count {
      streams.append(
        Stream(
          id: try reader.identifier(), firstUnacked: try reader.uint64(),
          lastAssigned: try reader.uint64()))
    }
    assignmentRevision = try reader.uint64()
  }

  public func encode(to writer: inout ByteWriter) {
    writer.raw(proof)
    encodeRemainder(to: &writer)
  }

  /// What the proof covers: all that stands behind it.
  public func encodeRemainder(to writer: inout ByteWriter) {
    writer.count(streams.count)
    for stream in streams {
      writer.identifier(stream.id)
      writer.uint64(stream.firstUnacked)
      writer.uint64(stream.lastAssigned)
    }
    writer.uint64(assignmentRevision)
  }
}

/// WELCOME: the collector's proof, and what it holds of the agent's streams.
///
/// The proof covers the rest of the body, so it is filled in last.
public struct Welcome: FrameBody {
  public static let type = FrameType.welcome

  /// 32 bytes.
  public var proof: [UInt8]
  /// One for each of AUTH's, in its order.
  public var streams: [Stream]
  public var credit: Credit
  /// The revision of the assignment that the agent should hold.
  public var assignmentRevision: UInt64
  /// How long the agent may run on its stored assignment without a collector.
  public var leaseSeconds: UInt32
  /// When AUTH came in and when this went out, in milliseconds of collector time.
  public var receivedAtMs: Int64
  public var sentAtMs: Int64
  /// The oldest agent version that this collector supports.
  public var minimumAgent: String

  /// Where one stream stands at the collector.
  public struct Stream: Hashable, Sendable {
    public var id: StreamID
    /// The highest sequence stored; 0 for none.
    public var committed: UInt64
    /// The first eight bytes of the SHA-256 of that batch's body; zeros where not known.
    public var digest: BatchDigest

    public init(id: StreamID, committed: UInt64, digest: BatchDigest) {
      self.id = id
      self.committed = committed
      self.digest = digest
    }
  }

  public init(
    proof: [UInt8], streams: [Stream], credit: Credit, assignmentRevision: UInt64,
    leaseSeconds: UInt32, receivedAtMs: Int64, sentAtMs: Int64, minimumAgent: String
  ) {
    self.proof = proof
    self.streams = streams
    self.credit = credit
    self.assignmentRevision = assignmentRevision
    self.leaseSeconds = leaseSeconds
    self.receivedAtMs = receivedAtMs
    self.sentAtMs = sentAtMs
    self.minimumAgent = minimumAgent
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    proof = try reader.bytes(bodyCodeCount)
    let count = try reader.count(minimumBytes: 32)
    guard count <= Auth.streamLimit else { throw .count }
    streams = []
    for _ in 0..<count {
      streams.append(
        Stream(
          id: try reader.identifier(), committed: try reader.uint64(),
          digest: BatchDigest(try reader.uint64())))
    }
    credit = try Credit(from: &reader)
    assignmentRevision = try reader.uint64()
    leaseSeconds = try reader.uint32()
    receivedAtMs = try reader.milliseconds()
    sentAtMs = try reader.milliseconds()
    minimumAgent = try reader.string(limit: TextLimit.name)
  }

  public func encode(to writer: inout ByteWriter) {
    writer.raw(proof)
    encodeRemainder(to: &writer)
  }

  /// What the proof covers: all that stands behind it.
  public func encodeRemainder(to writer: inout ByteWriter) {
    writer.count(streams.count)
    for stream in streams {
      writer.identifier(stream.id)
      writer.uint64(stream.committed)
      writer.uint64(stream.digest.value)
    }
    credit.encode(to: &writer)
    writer.uint64(assignmentRevision)
    writer.uint32(leaseSeconds)
    writer.milliseconds(receivedAtMs)
    writer.milliseconds(sentAtMs)
    writer.string(minimumAgent, limit: TextLimit.name)
  }
}

/// The first eight bytes of the SHA-256 of a RESULTS body, by which a resent batch is recognised.
public struct BatchDigest: Hashable, Sendable {
  /// The eight bytes, read big-endian; 0 where the digest is not known.
  public let value: UInt64

  public init(_ value: UInt64) { self.value = value }

  /// Not known: compares with nothing.
  public static let unknown = BatchDigest(0)
}
