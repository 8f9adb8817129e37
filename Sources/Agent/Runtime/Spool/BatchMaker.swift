import AgentCore
import Model
import OpenSSL
import Signing
import Wire

/// What a batch says beside its records. With the same records it always gives the same bytes.
public struct BatchStamp: Equatable, Sendable {
  public var boot: BootID
  public var keyID: UInt32
  public var clockOffsetMs: Int64
  public var clockErrorMs: UInt64
  public var assignmentRevision: UInt64

  public init(
    boot: BootID, keyID: UInt32, clockOffsetMs: Int64, clockErrorMs: UInt64,
    assignmentRevision: UInt64
  ) {
    self.boot = boot
    self.keyID = keyID
    self.clockOffsetMs = clockOffsetMs
    self.clockErrorMs = clockErrorMs
    self.assignmentRevision = assignmentRevision
  }
}

/// Makes signed RESULTS bodies for one agent under one key. It belongs to one thread at a time.
public final class BatchMaker {
  public let agent: AgentID
  public let keyID: UInt32
  let code: BatchCode

  public init(agent: AgentID, keyID: UInt32, keys: AgentKeys) throws(OpenSSLError) {
    self.agent = agent
    self.keyID = keyID
    code = try BatchCode(keys: keys)
  }

  /// A batch that was made and what the ledger is to know of it.
  public struct Made: Sendable {
    public var name: BatchName
    public var body: [UInt8]
    public var batch: Batch
    /// Its records, in their order; none of a batch that was made otherwise.
    public var records: [ProbeRecord] = []

    /// The requests that its records answer.
    public var requests: [ProbeRequestID] { records.compactMap(\.request) }
  }

  /// The batches of `records`, in whatever order these are, numbered from `first` on.
  public func batches(
    of records: [ProbeRecord], from first: BatchName, stamp: BatchStamp, nowMs: Int64,
    isOfThisBoot: Bool = true
  ) throws(OpenSSLError) -> [Made] {
    let sorted = records.sorted { ($0.startedAtMs, $0.slot) < ($1.startedAtMs, $1.slot) }
    var made: [Made] = []
    for (index, range) in BatchCut.ranges(of: sorted).enumerated() {
      let name = BatchName(stream: first.stream, sequence: first.sequence &+ UInt64(index))
      let part = Array(sorted[range])
      let baseMs = part.first?.startedAtMs ?? 0
      let body = try code.sign(
        RecordWriter.body(header(name, stamp, baseMs: baseMs), part))
      made.append(
        Made(
          name: name, body: body,
          batch: Batch(
            sequence: name.sequence, bytes: body.count, baseMs: baseMs, assignedMs: nowMs,
            isOfThisBoot: isOfThisBoot),
          records: part))
    }
    return made
  }

  /// The skip that announces a loss.
  public func skip(for loss: Loss, stamp: BatchStamp, nowMs: Int64) throws(OpenSSLError) -> Made {
    let name = BatchName(stream: loss.stream, sequence: loss.last)
    let skip = Skip(
      first: loss.first, results: loss.results, fromMs: loss.fromMs, toMs: loss.toMs,
      reason: loss.reason)
    let body = try code.sign(
      RecordWriter.body(header(name, stamp, baseMs: loss.fromMs), skip: skip))
    return Made(
      name: name, body: body,
      batch: Batch(
        sequence: loss.last, first: loss.first, bytes: body.count, baseMs: loss.fromMs,
        assignedMs: nowMs, isSkip: true))
  }

  /// The same batch under another name, signed anew; `nil` for a body that does not decode.
  public func renamed(
    _ body: [UInt8], to name: BatchName, nowMs: Int64, currentBoot: BootID
  ) throws(OpenSSLError) -> Made? {
    var header: ResultsHeader?
    var content: [UInt8] = []
    var about: [BatchSpan] = []
    body.withUnsafeBytes { view in
      guard let results = try? ResultsBody(decoding: view) else { return }
      header = results.header
      if results.header.kind == .evidence { about = EvidenceContent.spans(of: results) }
      content = Array(results.content)
    }
    guard var header else { return nil }
    header.stream = name.stream
    header.sequence = name.sequence
    header.keyID = keyID
    var writer = ByteWriter(capacity: body.count)
    header.encode(to: &writer)
    writer.raw(content)
    let signed = try code.sign(writer.bytes)
    var batch = Batch(
      sequence: name.sequence, bytes: signed.count, baseMs: header.baseMs, assignedMs: nowMs,
      isOfThisBoot: header.boot == currentBoot)
    batch.about = about
    return Made(name: name, body: signed, batch: batch)
  }

  func header(_ name: BatchName, _ stamp: BatchStamp, baseMs: Int64) -> ResultsHeader {
    ResultsHeader(
      stream: name.stream, sequence: name.sequence, agent: agent, keyID: keyID, boot: stamp.boot,
      baseMs: max(0, baseMs), clockOffsetMs: stamp.clockOffsetMs,
      clockErrorMs: stamp.clockErrorMs, assignmentRevision: stamp.assignmentRevision,
      kind: .records, count: 0)
  }
}
