import Model
import OpenSSL
import Signing
import Wire

/// Decodes the independent sender's frames as a program of Upblit would, and tells what they say.
///
/// Its keys are those that the sender's `frames.py` uses.
struct Peer {
  private static let root = Array(UInt8(0)..<32)
  private static let secret = Array(UInt8(32)..<64)
  private static let binding = Array(UInt8(64)..<96)

  private let fromAgent: FrameOpener
  private let fromCollector: FrameOpener
  private let batches: BatchCode

  /// What is wrong with a frame that did decode.
  enum Mistake: Error {
    case incomplete
    case tag
    case code(FrameType)
    case outOfRange
    case skipped
  }

  init() throws {
    fromAgent = try FrameOpener(key: Array(96..<128))
    fromCollector = try FrameOpener(key: Array(128..<160))
    batches = try BatchCode(keys: AgentKeys(root: Self.root))
  }

  /// The fields of one frame, in the order of its body.
  func words(of bytes: [UInt8], from sender: FrameType.Sender) throws -> [String] {
    try bytes.withUnsafeBytes { raw in
      let isTagged = raw.count > 7 && raw[7] & 1 == 1
      guard let frame = try Frame.scan(raw, peerIsProven: isTagged), frame.byteCount == raw.count
      else { throw Mistake.incomplete }
      if frame.isTagged {
        let opener = sender == .agent ? fromAgent : fromCollector
        guard try opener.verify(raw) else { throw Mistake.tag }
      }
      guard let type = frame.type else { throw Mistake.skipped }
      var words = Words()
      try read(type, UnsafeRawBufferPointer(rebasing: raw[frame.body]), into: &words)
      return words.words
    }
  }

  private func read(
    _ type: FrameType, _ body: UnsafeRawBufferPointer, into words: inout Words
  ) throws {
    switch type {
    case .hello, .challenge, .auth, .welcome: try readHandshake(type, body, into: &words)
    case .enroll, .enrolled, .keyRotate, .keyRotated, .pins:
      try readKeys(type, body, into: &words)
    case .assignFull, .assignDelta, .assignAck, .probeNow, .probeDone, .try, .tried:
      try readAssignment(type, body, into: &words)
    case .results: try readResults(body, into: &words)
    case .ack, .nack, .credit, .overdue: try readFlow(type, body, into: &words)
    case .timeRequest, .timeResponse, .ping, .pong, .alive, .goAway, .error:
      try readControl(type, body, into: &words)
    }
  }

  private func readHandshake(
    _ type: FrameType, _ body: UnsafeRawBufferPointer, into words: inout Words
  ) throws {
    switch type {
    case .hello:
      let hello = try Hello(decoding: body)
      words.add(hello.minimumVersion)
      words.add(hello.maximumVersion)
      words.add(hello.agent)
      words.add(hello.keyID)
      words.add(hello.boot)
      words.add(hello.nonce)
      words.add(hello.features)
      words.add(hello.wallMs)
      words.add(hello.software)
    case .challenge:
      let challenge = try Challenge(decoding: body)
      words.add(challenge.version)
      words.add(challenge.features)
      words.add(challenge.collector)
      words.add(challenge.session)
      words.add(challenge.nonce)
      words.add(challenge.wallMs)
    case .auth:
      let auth = try Auth(decoding: body)
      words.add(auth.proof)
      words.add(auth.streams.count)
      for stream in auth.streams {
        words.add(stream.id)
        words.add(stream.firstUnacked)
        words.add(stream.lastAssigned)
      }
      words.add(auth.assignmentRevision)
    default:
      let welcome = try Welcome(decoding: body)
      words.add(welcome.proof)
      words.add(welcome.streams.count)
      for stream in welcome.streams {
        words.add(stream.id)
        words.add(stream.committed)
        words.add(stream.digest)
      }
      words.add(welcome.credit)
      words.add(welcome.assignmentRevision)
      words.add(welcome.leaseSeconds)
      words.add(welcome.receivedAtMs)
      words.add(welcome.sentAtMs)
      words.add(welcome.minimumAgent)
    }
  }

  private func readKeys(
    _ type: FrameType, _ body: UnsafeRawBufferPointer, into words: inout Words
  ) throws {
    switch type {
    case .enroll:
      let enroll = try Enroll(decoding: body)
      let code = try EnrolmentProof.agentCode(
        for: enroll, secret: Self.secret, channelBinding: Self.binding)
      guard equalInConstantTime(code, enroll.code) else { throw Mistake.code(type) }
      words.add(enroll.token)
      words.add(enroll.publicKey)
      words.add(enroll.nonce)
      words.add(enroll.hostname)
      words.add(enroll.region)
      words.add(enroll.provider)
      words.add(enroll.software)
    case .enrolled:
      let enrolled = try Enrolled(decoding: body)
      let code = try EnrolmentProof.collectorCode(
        for: enrolled, root: Self.root, enrollFrame: Array("E".utf8), channelBinding: Self.binding)
      guard equalInConstantTime(code, enrolled.code) else { throw Mistake.code(type) }
      words.add(enrolled.agent)
      words.add(enrolled.keyID)
      words.add(enrolled.publicKey)
      words.add(enrolled.nonce)
      words.add(enrolled.region)
      words.add(enrolled.provider)
    case .keyRotate:
      let rotate = try KeyRotate(decoding: body)
      words.add(rotate.keyID)
      words.add(rotate.publicKey)
      words.add(rotate.nonce)
    case .keyRotated:
      let rotated = try KeyRotated(decoding: body)
      let code = try RotationProof.code(
        root: Self.root, rotateBody: Array("R".utf8), rotated: rotated)
      guard equalInConstantTime(code, rotated.code) else { throw Mistake.code(type) }
      words.add(rotated.keyID)
      words.add(rotated.publicKey)
      words.add(rotated.nonce)
    default:
      let pins = try Pins(decoding: body)
      words.add(pins.hashes.count)
      for hash in pins.hashes { words.add(hash) }
    }
  }

  private func readAssignment(
    _ type: FrameType, _ body: UnsafeRawBufferPointer, into words: inout Words
  ) throws {
    switch type {
    case .assignFull:
      let full = try AssignFull(decoding: body)
      words.add(full.revision)
      words.add(full.part)
      words.add(full.parts)
      words.add(full.targets)
    case .assignDelta:
      let delta = try AssignDelta(decoding: body)
      words.add(delta.baseRevision)
      words.add(delta.revision)
      words.add(delta.upserts)
      words.add(delta.removals.count)
      for slot in delta.removals { words.add(slot) }
    case .assignAck:
      let ack = try AssignAck(decoding: body)
      words.add(ack.revision)
      words.add(ack.status.rawValue)
    case .probeNow:
      let request = try ProbeNow(decoding: body)
      words.add(request.id)
      words.add(request.target)
      words.add(request.deadlineMs)
    case .try:
      let question = try Try(decoding: body)
      words.add(question.id)
      words.add(question.target)
      words.add(question.deadlineMs)
    case .tried:
      let answer = try Tried(decoding: body)
      words.add(answer.id)
      words.add(answer.record, previousMs: 0)
      words.add(answer.attempts)
    default:
      let done = try ProbeDone(decoding: body)
      words.add(done.id)
      words.add(done.stream)
      words.add(done.sequence)
    }
  }

  private func readResults(
    _ bytes: UnsafeRawBufferPointer, into words: inout Words
  ) throws {
    let body = try ResultsBody(decoding: bytes)
    guard try batches.verify(body) else { throw Mistake.code(.results) }
    words.add(body.header)
    switch body.header.kind {
    case .records:
      var reader = body.records
      var raw = RawRecord()
      var previousMs = body.header.baseMs
      while try reader.next(&raw) {
        guard let record = reader.value(of: raw) else { throw Mistake.outOfRange }
        words.add(record, previousMs: previousMs)
        previousMs = record.startedAtMs
      }
    case .skip:
      var reader = ByteReader(body.content)
      let skip = try Skip(from: &reader)
      words.add(skip.first)
      words.add(skip.results)
      words.add(skip.fromMs)
      words.add(skip.toMs)
      words.add(skip.reason.rawValue)
    case .evidence:
      for item in try Evidence.items(of: body) { words.add(item) }
    }
  }

  private func readFlow(
    _ type: FrameType, _ body: UnsafeRawBufferPointer, into words: inout Words
  ) throws {
    switch type {
    case .ack:
      let ack = try Ack(decoding: body)
      words.add(ack.stream)
      words.add(ack.committed)
      words.add(ack.credit)
      words.add(ack.rejected)
    case .nack:
      let nack = try Nack(decoding: body)
      words.add(nack.stream)
      words.add(nack.sequence)
      words.add(nack.code.rawValue)
      words.add(nack.expected)
      words.add(nack.retryMs)
      words.add(nack.message)
    case .credit: words.add(try Credit(decoding: body))
    default:
      let overdue = try Overdue(decoding: body)
      words.add(overdue.slot)
      words.add(overdue.runningMs)
    }
  }

  private func readControl(
    _ type: FrameType, _ body: UnsafeRawBufferPointer, into words: inout Words
  ) throws {
    switch type {
    case .timeRequest: words.add(try TimeRequest(decoding: body).t1)
    case .timeResponse:
      let response = try TimeResponse(decoding: body)
      words.add(response.t1)
      words.add(response.t2)
      words.add(response.t3)
    case .ping: words.add(try Ping(decoding: body).token)
    case .pong: words.add(try Pong(decoding: body).token)
    case .alive:
      let alive = try Alive(decoding: body)
      words.add(alive.assignmentRevision)
      words.add(alive.watermarkMs)
      words.add(alive.nowMs)
      words.add(alive.loopLagMs)
      words.add(alive.canaries)
      words.add(alive.clockSteps)
      words.add(alive.failingTargets)
      words.add(alive.spoolBytes)
      words.add(alive.droppedResults)
      words.add(alive.canarySetMs)
    case .goAway: words.add(try GoAway(decoding: body).end)
    default: words.add(try ErrorFrame(decoding: body).end)
    }
  }
}
