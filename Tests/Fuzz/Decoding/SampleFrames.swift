import Model
import Wire

/// One valid frame of each kind, filled with values that differ from one another: where fuzzing
/// begins, and what round trips are tested with.
public enum SampleFrames {
  private static let agent = AgentID(high: 0xa1a1_a1a1_a1a1_a1a1, low: 0xa2a2_a2a2_a2a2_a2a2)
  private static let stream = StreamID(high: 0x5757_5757_5757_5757, low: 0x5858_5858_5858_5858)
  private static let boot = BootID(high: 0xb0b0_b0b0_b0b0_b0b0, low: 0xb1b1_b1b1_b1b1_b1b1)
  private static let request = ProbeRequestID(high: 0x7071_7273_7475_7677, low: 0x78)
  private static let monitor = MonitorID(high: 0x3031_3233_3435_3637, low: 0x38)
  private static func filled(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

  /// An HTTP target that sets every option.
  public static var httpTarget: AssignedTarget {
    var check = HTTPCheck(url: "https://example.org/health?deep=1")
    check.method = "POST"
    check.headers = [.init(name: "Accept", value: "text/plain"), .init(name: "X-Two", value: "é")]
    check.body = Array("ping".utf8)
    check.statusRanges = [200...204, 301...301]
    check.maxRedirects = 3
    check.contains = ["fine", "✓"]
    check.absent = ["error"]
    check.bodyLimit = 65_536
    check.family = .ipv6
    check.degradedAboveMs = 1500
    check.degradedBelowCertificateDays = 21
    return AssignedTarget(
      slot: 3, monitor: monitor, intervalSeconds: 60, timeoutMs: 10_000, phaseMs: 12_345,
      question: .check(.http(check)))
  }

  /// A TCP target with defaults.
  public static var tcpTarget: AssignedTarget {
    AssignedTarget(
      slot: 300, monitor: monitor, intervalSeconds: 5, timeoutMs: 4_000, phaseMs: 0,
      question: .check(.tcp(TCPCheck(host: "db.example.org", port: 5432))))
  }

  /// What a TRY asks.
  private static var triedTarget: AssignedTarget {
    var target = tcpTarget
    target.slot = 0
    return target
  }

  /// What came of it.
  private static var triedRecord: ProbeRecord {
    var record = ProbeRecord(
      slot: 0, startedAtMs: 1_767_225_601_000, total: 9_900,
      phases: Phases(dns: 12, connect: 210, tls: 210, firstByte: 210),
      outcome: .failed(Failure(.tcpRefused, curlCode: 7, detail: "refused")))
    record.address = .ipv4(0xc000_0201)
    return record
  }

  /// Records of each outcome, in order of their starts.
  public static var records: [ProbeRecord] {
    [
      ProbeRecord(
        slot: 3, startedAtMs: 1_767_225_601_000, total: 1234,
        phases: Phases(dns: 12, connect: 210, tls: 305, firstByte: 1100), outcome: .up,
        status: 200, certificateDays: 89),
      ProbeRecord(
        slot: 4, startedAtMs: 1_767_225_601_000, total: 100_000,
        outcome: .failed(Failure(.timeout, curlCode: 28, detail: "no answer within 10 s"))),
      ProbeRecord(
        slot: 300, startedAtMs: 1_767_225_601_700, total: 30_000,
        phases: Phases(dns: 0, connect: 29_000, tls: 29_000, firstByte: 29_000),
        outcome: .degraded(Failure(.timeout, detail: "slower than 1500 ms")), request: request),
      ProbeRecord(
        slot: 3, startedAtMs: 1_767_225_602_000, total: 77,
        outcome: .failed(Failure(.status, detail: "status 503")), status: 503,
        certificateDays: -3, request: request),
    ]
  }

  private static func header(_ kind: ResultsHeader.Kind, count: Int) -> ResultsHeader {
    ResultsHeader(
      stream: stream, sequence: 41, agent: agent, keyID: 1, boot: boot, baseMs: 1_767_225_601_000,
      clockOffsetMs: -12, clockErrorMs: 8, assignmentRevision: 7, kind: kind, count: count)
  }

  /// Bodies of RESULTS of each kind, with zeros where the code belongs.
  public static var resultsBodies: [[UInt8]] {
    let code = [UInt8](repeating: 0, count: bodyCodeCount)
    let records = RecordWriter.body(header(.records, count: 0), records)
    let skip = RecordWriter.body(
      header(.skip, count: 0),
      skip: Skip(
        first: 38, results: 512, fromMs: 1_767_225_000_000, toMs: 1_767_225_300_000,
        reason: .space))
    var writer = ByteWriter()
    header(.evidence, count: 1).encode(to: &writer)
    Evidence(
      stream: stream, sequence: 40, index: 2,
      parts: [
        .init(kind: Evidence.PartKind.address.rawValue, bytes: Array("192.0.2.7".utf8)),
        .init(kind: Evidence.PartKind.bodyExcerpt.rawValue, bytes: [0, 255, 10]),
      ]
    ).encode(to: &writer)
    return [records + code, skip + code, writer.bytes + code]
  }

  /// The bodies, by their types; several for some.
  public static var bodies: [(FrameType, [UInt8])] {
    let end = End(.overload, minimumDelayMs: 5_000, maximumDelayMs: 60_000, message: "too busy")
    let credit = Credit(bytes: 524_288, batches: 8)
    let fixed: [any FrameBody] = [
      Hello(
        agent: agent, keyID: 1, boot: boot, nonce: filled(1), wallMs: 1_767_225_600_000,
        software: "upblit-agent/0.1.0"),
      Challenge(
        version: 1, collector: CollectorID(high: 0xc0, low: 0xc1),
        session: SessionID(high: 0x5e, low: 0x5f), nonce: filled(2), wallMs: 1_767_225_600_050),
      Auth(
        proof: filled(3), streams: [.init(id: stream, firstUnacked: 41, lastAssigned: 42)],
        assignmentRevision: 7),
      Welcome(
        proof: filled(4),
        streams: [.init(id: stream, committed: 40, digest: BatchDigest(0x0364_fb3d_d296_43e5))],
        credit: credit, assignmentRevision: 8, leaseSeconds: 86_400,
        receivedAtMs: 1_767_225_600_100, sentAtMs: 1_767_225_600_101, minimumAgent: "0.1.0"),
      Enroll(
        token: TokenID(high: 0x70, low: 0x71), publicKey: filled(5), nonce: filled(6),
        hostname: "vm-7", region: "eu-west", provider: "example", software: "upblit-agent/0.1.0",
        code: filled(7)),
      Enrolled(
        agent: agent, keyID: 1, publicKey: filled(8), nonce: filled(9), region: "eu-west",
        provider: "example", code: filled(10)),
      AssignFull(revision: 8, part: 0, parts: 1, targets: [httpTarget, tcpTarget]),
      AssignDelta(baseRevision: 7, revision: 8, upserts: [tcpTarget], removals: [1, 200]),
      AssignAck(revision: 8, status: .applied),
      Ack(stream: stream, committed: 41, credit: credit, rejected: 2),
      Nack(
        stream: stream, sequence: 43, code: .gap, expected: 42, retryMs: 1_000,
        message: "batch 42 is missing"),
      credit,
      ProbeNow(id: request, target: httpTarget, deadlineMs: 12_000),
      ProbeDone(id: request, stream: stream, sequence: 44),
      Overdue(slot: 300, runningMs: 1_700),
      TimeRequest(t1: 1_767_225_600_200),
      TimeResponse(t1: 1_767_225_600_200, t2: 1_767_225_600_190, t3: 1_767_225_600_191),
      Ping(token: 1), Pong(token: 1),
      Alive(
        assignmentRevision: 8, watermarkMs: 1_767_225_600_000, nowMs: 1_767_225_604_000,
        loopLagMs: 3, canaries: 0x0501, clockSteps: 1, failingTargets: 2, spoolBytes: 70_000,
        droppedResults: 5, canarySetMs: 1_767_225_603_000),
      KeyRotate(keyID: 2, publicKey: filled(11), nonce: filled(12)),
      KeyRotated(keyID: 2, publicKey: filled(13), nonce: filled(14), code: filled(15)),
      Pins(hashes: [filled(16), filled(17)]),
      GoAway(end), ErrorFrame(end),
      Try(id: request, target: triedTarget, deadlineMs: 12_000),
      Tried(id: request, record: triedRecord, attempts: Array("connect ipv4\n".utf8)),
    ]
    return fixed.map { (Swift.type(of: $0).type, $0.encoded()) }
      + resultsBodies.map { (.results, $0) }
  }

  /// The frames, untagged.
  public static var frames: [[UInt8]] { bodies.map { Frame.encode($0.0, $0.1) } }
}
