import Model
import Testing
import Wire
import WireFuzzing

@Suite struct FrameTests {
  @Test func `every kind of frame has a sample`() {
    let seen = Set(SampleFrames.bodies.map(\.0))
    #expect(seen == Set(FrameType.allCases))
  }

  @Test func `every sample frame scans, and its body survives a round trip`() throws {
    for (type, body) in SampleFrames.bodies {
      let frame = Frame.encode(type, body)
      let scanned = try #require(
        try frame.withUnsafeBytes { try Frame.scan($0, peerIsProven: true) })
      #expect(scanned.type == type)
      #expect(scanned.byteCount == frame.count)
      #expect(Array(frame[scanned.body]) == body)
      body.withUnsafeBytes { decode(type, $0) }
    }
  }

  @Test func `a frame cut short at any byte is awaited, not misread`() throws {
    for frame in SampleFrames.frames {
      for end in 0..<frame.count {
        let cut = Array(frame[..<end])
        #expect(try cut.withUnsafeBytes { try Frame.scan($0, peerIsProven: true) } == nil)
      }
    }
  }

  @Test func `a body cut short at any byte is refused`() throws {
    for (type, body) in SampleFrames.bodies where type != .results {
      // The last field of ALIVE came later: a frame without it is an older agent's.
      let whole = type == .alive ? body.count - 8 : body.count
      for end in (0..<body.count).filter({ $0 != whole }) {
        let cut = Array(body[..<end])
        #expect(throws: WireError.self, "\(type) cut at \(end) of \(body.count)") {
          try decodeOnly(type, cut)
        }
      }
    }
  }

  @Test func `an ALIVE of an agent without canary sets says that none has finished`() throws {
    let alive = Alive(
      assignmentRevision: 1, watermarkMs: 2, nowMs: 3, loopLagMs: 4, canaries: 5, clockSteps: 6,
      failingTargets: 7, spoolBytes: 8, droppedResults: 9, canarySetMs: 10)
    #expect(try Alive(decoding: alive.encoded()) == alive)
    let older = try Alive(decoding: alive.encoded().dropLast(8))
    #expect(older.canarySetMs == 0)
    #expect(older.droppedResults == 9)
  }

  @Test func `a try is of no slot, within its deadline, and its answer within its bounds`() throws {
    var target = SampleFrames.tcpTarget
    func decodes(deadlineMs: Int64) -> Bool {
      let question = Try(id: .zero, target: target, deadlineMs: deadlineMs)
      return (try? Try(decoding: question.encoded())) == question
    }
    #expect(!decodes(deadlineMs: 1_000))
    target.slot = 0
    #expect(decodes(deadlineMs: 1) && decodes(deadlineMs: Try.mostDeadlineMs))
    #expect(!decodes(deadlineMs: 0) && !decodes(deadlineMs: Try.mostDeadlineMs + 1))

    var record = ProbeRecord(slot: 0, startedAtMs: 5, total: 7, outcome: .up)
    func answer(_ attempts: Int) -> [UInt8] {
      var content = ByteWriter()
      RecordWriter.append(record, previousMs: 0, to: &content)
      var writer = ByteWriter()
      writer.identifier(ProbeRequestID.zero)
      writer.lengthPrefixed(content.bytes)
      writer.lengthPrefixed([UInt8](repeating: 65, count: attempts))
      return writer.bytes
    }
    #expect(try Tried(decoding: answer(Tried.attemptsLimit)).attempts.count == 4_096)
    #expect(throws: WireError.value) { try Tried(decoding: answer(Tried.attemptsLimit + 1)) }
    record.slot = 1
    #expect(throws: WireError.value) { try Tried(decoding: answer(0)) }
    record.slot = 0
    record.total = .max
    #expect(throws: WireError.value) { try Tried(decoding: answer(0)) }
    // A sender's own words are cut, never too long for a peer.
    let long = Tried(
      id: .zero, record: ProbeRecord(slot: 0, startedAtMs: 5, total: 7, outcome: .up),
      attempts: [UInt8](repeating: 65, count: 9_999))
    #expect(try Tried(decoding: long.encoded()).attempts.count == Tried.attemptsLimit)
  }

  @Test func `bytes behind the last known field are ignored where no code ends the body`() throws {
    let codeEnded: Set<FrameType> = [.results, .enroll, .enrolled, .keyRotated]
    for (type, body) in SampleFrames.bodies where !codeEnded.contains(type) {
      try decodeOnly(type, body + [1, 2, 3])
    }
  }

  @Test(arguments: [
    (FrameType.results, 256 << 10), (.assignFull, 1 << 20), (.assignDelta, 1 << 20),
    (.probeNow, 64 << 10), (.try, 64 << 10), (.tried, 16 << 10), (.ping, 16 << 10),
    (.ack, 16 << 10),
  ])
  func `a length is judged by the frame's type before its body is there`(
    type: FrameType, limit: Int
  ) throws {
    func header(_ length: Int) -> [UInt8] {
      var writer = ByteWriter()
      writer.uint32(UInt32(length))
      writer.raw([Frame.version, type.rawValue, 0, 0])
      return writer.bytes
    }
    #expect(
      try header(limit).withUnsafeBytes { try Frame.scan($0, peerIsProven: true) } == nil)
    #expect(throws: FrameError.length(UInt32(limit + 1))) {
      try header(limit + 1).withUnsafeBytes { try Frame.scan($0, peerIsProven: true) }
    }
    #expect(throws: FrameError.length(1025)) {
      try header(1025).withUnsafeBytes { try Frame.scan($0, peerIsProven: false) }
    }
  }

  @Test func `a type from 0x80 on is skipped once the peer is proven, and others are not`() throws {
    let later: [UInt8] = [0, 0, 0, 4, 1, 0x9f, 0, 0]
    let frame = try #require(try later.withUnsafeBytes { try Frame.scan($0, peerIsProven: true) })
    #expect(frame.type == nil)
    #expect(throws: FrameError.unknownType(0x9f)) {
      try later.withUnsafeBytes { try Frame.scan($0, peerIsProven: false) }
    }
    let unknown: [UInt8] = [0, 0, 0, 4, 1, 0x7d, 0, 0]
    #expect(throws: FrameError.unknownType(0x7d)) {
      try unknown.withUnsafeBytes { try Frame.scan($0, peerIsProven: true) }
    }
  }

  @Test func `a tagged frame too short for a tag is refused`() {
    let frame: [UInt8] = [0, 0, 0, 19, 1, 0x50, 0, 1] + [UInt8](repeating: 0, count: 15)
    #expect(throws: FrameError.length(19)) {
      try frame.withUnsafeBytes { try Frame.scan($0, peerIsProven: true) }
    }
  }

  private func decodeOnly(_ type: FrameType, _ body: [UInt8]) throws {
    switch type {
    case .hello: _ = try Hello(decoding: body)
    case .challenge: _ = try Challenge(decoding: body)
    case .auth: _ = try Auth(decoding: body)
    case .welcome: _ = try Welcome(decoding: body)
    case .enroll: _ = try Enroll(decoding: body)
    case .enrolled: _ = try Enrolled(decoding: body)
    case .assignFull: _ = try AssignFull(decoding: body)
    case .assignDelta: _ = try AssignDelta(decoding: body)
    case .assignAck: _ = try AssignAck(decoding: body)
    case .results: try body.withUnsafeBytes { _ = try ResultsBody(decoding: $0) }
    case .ack: _ = try Ack(decoding: body)
    case .nack: _ = try Nack(decoding: body)
    case .credit: _ = try Credit(decoding: body)
    case .probeNow: _ = try ProbeNow(decoding: body)
    case .probeDone: _ = try ProbeDone(decoding: body)
    case .overdue: _ = try Overdue(decoding: body)
    case .timeRequest: _ = try TimeRequest(decoding: body)
    case .timeResponse: _ = try TimeResponse(decoding: body)
    case .ping: _ = try Ping(decoding: body)
    case .pong: _ = try Pong(decoding: body)
    case .alive: _ = try Alive(decoding: body)
    case .keyRotate: _ = try KeyRotate(decoding: body)
    case .keyRotated: _ = try KeyRotated(decoding: body)
    case .pins: _ = try Pins(decoding: body)
    case .goAway: _ = try GoAway(decoding: body)
    case .error: _ = try ErrorFrame(decoding: body)
    case .try: _ = try Try(decoding: body)
    case .tried: _ = try Tried(decoding: body)
    }
  }
}
