import Model
import OpenSSL
import Signing
import Testing
import Wire

/// An agent that a test drives frame by frame, written on `Wire` and `Signing` alone.
final class TestAgent {
  let id: AgentID
  var keyID: UInt32
  var root: [UInt8]
  let boot: BootID
  /// What its batches say of the clock: the collector's time less its own, `nil` before it knows.
  var clockOffsetMs: Int64? = 0
  /// What its HELLO says that it can do.
  var features = Features.tries
  let channelBinding: [UInt8]
  var nowMs: Int64
  private var socket: TestSocket?
  private var input: [UInt8] = []
  private var opener: FrameOpener?
  private(set) var sealer: FrameSealer?
  private(set) var welcome: Welcome?
  /// The frames of the last handshake, as they were sent.
  private(set) var sentHello: [UInt8] = []
  private(set) var sentAuth: [UInt8] = []
  /// Changes CHALLENGE as a man in the middle could.
  var tamper: ([UInt8]) -> [UInt8] = { $0 }

  init(
    id: AgentID, keyID: UInt32 = 1, root: [UInt8], channelBinding: [UInt8], nowMs: Int64
  ) {
    self.id = id
    self.keyID = keyID
    self.root = root
    self.channelBinding = channelBinding
    self.nowMs = nowMs
    boot = .random()
  }

  func connect(_ socket: TestSocket) {
    self.socket = socket
    input = []
    opener = nil
    sealer = nil
    welcome = nil
  }

  func disconnect() { socket = nil }

  // MARK: - Frames

  func sendRaw(_ bytes: [UInt8]) throws { try #require(socket).send(bytes) }

  func send(_ body: some FrameBody) throws {
    if let sealer {
      try sendRaw(try sealer.seal(body))
    } else {
      try sendRaw(Frame.encode(body))
    }
  }

  func sendTagged(_ type: FrameType, _ body: [UInt8]) throws {
    try sendRaw(try #require(sealer).seal(type, body))
  }

  /// The next frame with its whole bytes; `nil` once the collector has closed.
  func receiveFrame() throws -> (frame: Frame, bytes: [UInt8])? {
    let socket = try #require(socket)
    while true {
      let frame = try input.withUnsafeBytes {
        try Frame.scan($0, peerIsProven: true)
      }
      if let frame {
        let bytes = Array(input[..<frame.byteCount])
        input.removeFirst(frame.byteCount)
        if let opener {
          let isRight = try bytes.withUnsafeBytes { try opener.verify($0) }
          #expect(isRight, "the collector's tag is wrong")
        }
        return (frame, bytes)
      }
      let more = try socket.receive()
      if more.isEmpty { return nil }
      input += more
    }
  }

  /// The next frame of a type; others before it are left out.
  func receive<Body: FrameBody>(_ type: Body.Type) throws -> Body {
    while let (frame, bytes) = try receiveFrame() {
      if frame.type == Body.type { return try Body(decoding: Array(bytes[frame.body])) }
      if frame.type == .error, Body.type != .error {
        let error = try ErrorFrame(decoding: Array(bytes[frame.body]))
        throw Ended(code: error.end.code, message: error.end.message)
      }
    }
    throw Ended(code: nil, message: "closed before \(Body.type)")
  }

  /// The collector ended the connection.
  struct Ended: Error {
    var code: EndCode?
    var message: String
  }

  /// Whether nothing but the end comes.
  func receiveEnd() throws -> Bool { try receiveFrame() == nil }

  // MARK: - Handshake

  func hello(minimum: UInt8 = 1, maximum: UInt8 = 1) throws -> Hello {
    Hello(
      minimumVersion: minimum, maximumVersion: maximum, agent: id, keyID: keyID, boot: boot,
      nonce: try randomBytes(32), features: features, wallMs: nowMs, software: "test 1")
  }

  /// The four frames. Checks the collector's proof.
  @discardableResult
  func handshake(
    streams: [Auth.Stream] = [], assignmentRevision: UInt64 = 0
  ) throws -> Welcome {
    sentHello = Frame.encode(try hello())
    try sendRaw(sentHello)
    guard let (frame, raw) = try receiveFrame() else {
      throw Ended(code: nil, message: "closed after HELLO")
    }
    if frame.type == .error {
      let end = try ErrorFrame(decoding: Array(raw[frame.body])).end
      throw Ended(code: end.code, message: end.message)
    }
    #expect(frame.type == .challenge)
    let proof = try HandshakeProof(
      keys: AgentKeys(root: root), channelBinding: channelBinding, helloFrame: sentHello,
      challengeFrame: tamper(raw))
    var auth = Auth(proof: [], streams: streams, assignmentRevision: assignmentRevision)
    auth.proof = try proof.agentProof(for: auth)
    sentAuth = Frame.encode(auth)
    try sendRaw(sentAuth)
    let welcome = try receive(Welcome.self)
    #expect(try proof.collectorProof(for: welcome, authFrame: sentAuth) == welcome.proof)
    let keys = try proof.sessionKeys(authFrame: sentAuth)
    sealer = try FrameSealer(key: keys.agentToCollector)
    opener = try FrameOpener(key: keys.collectorToAgent)
    self.welcome = welcome
    return welcome
  }

  // MARK: - RESULTS

  /// A signed RESULTS body.
  func batch(
    _ stream: StreamID, _ sequence: UInt64, _ records: [ProbeRecord], agent: AgentID? = nil,
    key: [UInt8]? = nil, keyID: UInt32? = nil, boot: BootID? = nil
  ) throws -> [UInt8] {
    let header = ResultsHeader(
      stream: stream, sequence: sequence, agent: agent ?? id, keyID: keyID ?? self.keyID,
      boot: boot ?? self.boot, baseMs: records.first?.startedAtMs ?? nowMs,
      clockOffsetMs: clockOffsetMs ?? 0, clockErrorMs: clockOffsetMs == nil ? .max : 1,
      assignmentRevision: 0, kind: .records, count: records.count)
    return try BatchCode(keys: AgentKeys(root: key ?? root))
      .sign(RecordWriter.body(header, records))
  }

  /// A signed RESULTS body of kind skip that covers `first...last`.
  func skip(_ stream: StreamID, _ first: UInt64, _ last: UInt64) throws -> [UInt8] {
    let header = ResultsHeader(
      stream: stream, sequence: last, agent: id, keyID: keyID, boot: boot, baseMs: nowMs,
      clockOffsetMs: 0, clockErrorMs: 1, assignmentRevision: 0, kind: .skip, count: 0)
    let skip = Skip(first: first, results: 3, fromMs: nowMs, toMs: nowMs, reason: .space)
    return try BatchCode(keys: AgentKeys(root: root)).sign(RecordWriter.body(header, skip: skip))
  }

  /// A RESULTS body of kind evidence about one record.
  func evidence(
    _ stream: StreamID, _ sequence: UInt64, about: StreamID, record: EvidenceRecord? = nil
  ) throws -> [UInt8] {
    var writer = ByteWriter()
    ResultsHeader(
      stream: stream, sequence: sequence, agent: id, keyID: keyID, boot: boot, baseMs: nowMs,
      clockOffsetMs: 0, clockErrorMs: 1, assignmentRevision: 0, kind: .evidence, count: 1
    ).encode(to: &writer)
    Evidence(
      stream: about, sequence: 1, index: 0,
      parts: [.init(kind: Evidence.PartKind.bodyExcerpt.rawValue, bytes: Array("<h1>".utf8))]
        + (record.map { [$0.part] } ?? [])
    ).encode(to: &writer)
    return try BatchCode(keys: AgentKeys(root: root)).sign(writer.bytes)
  }

  func record(_ slot: UInt64, atMs: Int64? = nil, up: Bool = true) -> ProbeRecord {
    let outcome: Outcome =
      up ? .up : .failed(Failure(.status, curlCode: 0, detail: "the status is 503"))
    return ProbeRecord(
      slot: slot, startedAtMs: atMs ?? nowMs, total: 123,
      phases: Phases(dns: 1, connect: 2, tls: 3, firstByte: 100), outcome: outcome,
      status: up ? 200 : 503)
  }
}
