import AgentCore
import Model
import Testing
import Wire

/// Evidence beside results: after them, within half of the credit, and in nobody's way.
@Suite struct StreamLedgerEvidenceTests {
  private static let live = StreamID(high: 0, low: 1)
  private static let old = StreamID(high: 0, low: 2)
  private static let evidence = StreamID(high: 1, low: 1)
  private static let generous = Credit(bytes: 512 << 10, batches: 8)

  private static func batch(
    _ sequence: UInt64, atMs: Int64 = 0, about: [BatchSpan] = []
  ) -> Batch {
    var batch = Batch(sequence: sequence, bytes: 1_000, baseMs: atMs, assignedMs: atMs)
    batch.about = about
    return batch
  }

  private static func span(_ stream: StreamID, _ range: ClosedRange<UInt64>) -> BatchSpan {
    BatchSpan(stream: stream, first: range.lowerBound, last: range.upperBound)
  }

  /// A ledger in a session, with results in the live stream and as many batches of evidence.
  private static func ledger(results: UInt64, evidence count: UInt64) -> StreamLedger {
    var ledger = StreamLedger(live: live, nowMs: 0)
    ledger.openEvidence(evidence, nowMs: 0)
    for sequence in 0..<results { ledger.append(batch(sequence + 1)) }
    for sequence in 0..<count { ledger.append(batch(sequence + 1), to: evidence) }
    _ = ledger.welcomed([], credit: generous) { _ in nil }
    return ledger
  }

  private static func sendAll(_ ledger: inout StreamLedger, nowMs: Int64 = 0) -> [BatchName] {
    var sent: [BatchName] = []
    while let name = ledger.toSend(nowMs: nowMs) {
      ledger.sent(name, nowMs: nowMs)
      sent.append(name)
    }
    return sent
  }

  private static func ack(_ stream: StreamID, _ committed: UInt64) -> Ack {
    Ack(stream: stream, committed: committed, credit: generous, rejected: 0)
  }

  @Test func `evidence goes after all results, with at most half of the credit`() {
    var ledger = Self.ledger(results: 3, evidence: 20)
    ledger.adopt(Self.old, [Self.batch(1)], lastAssigned: 1)
    let sent = Self.sendAll(&ledger)
    #expect(sent.prefix(3).allSatisfy { $0.stream == Self.live })
    #expect(sent.dropFirst(3).first?.stream == Self.old)
    #expect(sent.dropFirst(4).map(\.stream) == [Self.evidence, Self.evidence, Self.evidence])
    _ = ledger.acked(Self.ack(Self.evidence, 3))
    _ = ledger.acked(Self.ack(Self.old, 1))
    #expect(Self.sendAll(&ledger).map(\.sequence) == [4, 5, 6, 7])
  }

  @Test func `while results wait to be sent no evidence goes`() {
    var ledger = Self.ledger(results: 12, evidence: 2)
    #expect(Self.sendAll(&ledger).allSatisfy { $0.stream == Self.live })
    _ = ledger.acked(Self.ack(Self.live, 2))
    #expect(Self.sendAll(&ledger).map(\.stream) == [Self.live, Self.live])
    // The collector is busy: what it refused waits, and so does evidence.
    _ = ledger.acked(Self.ack(Self.live, 11))
    _ = ledger.nacked(
      Nack(stream: Self.live, sequence: 12, code: .busy, expected: 12, retryMs: 500, message: ""),
      nowMs: 0)
    #expect(ledger.toSend(nowMs: 499) == nil)
    #expect(
      Self.sendAll(&ledger, nowMs: 500).map(\.stream) == [Self.live, Self.evidence, Self.evidence])
  }

  @Test func `evidence waits until the records that it is about are stored`() {
    var ledger = Self.ledger(results: 3, evidence: 0)
    ledger.append(Self.batch(1, about: [Self.span(Self.live, 1...2)]), to: Self.evidence)
    ledger.append(Self.batch(2), to: Self.evidence)
    #expect(Self.sendAll(&ledger).map(\.stream) == [Self.live, Self.live, Self.live])
    _ = ledger.acked(Self.ack(Self.live, 1))
    #expect(Self.sendAll(&ledger).isEmpty)
    _ = ledger.acked(Self.ack(Self.live, 2))
    #expect(Self.sendAll(&ledger).map(\.sequence) == [1, 2])
    // Of a stream that is not here everything is stored, or moved, or lost.
    _ = ledger.acked(Self.ack(Self.evidence, 2))
    ledger.append(Self.batch(3, about: [Self.span(Self.old, 7...9)]), to: Self.evidence)
    #expect(Self.sendAll(&ledger).map(\.sequence) == [3])
  }

  @Test func `evidence holds no watermark, and opens no live stream by its age`() {
    var ledger = Self.ledger(results: 0, evidence: 3)
    #expect(ledger.unackedFloorMs == nil)
    #expect(!ledger.wantsNewLive(nowMs: 1_000_000))
    #expect(ledger.unackedCount == 3)
    // Nor does it keep results from one.
    for stream in 10..<24 as Range<UInt64> {
      ledger.adopt(
        StreamID(high: 9, low: stream), [Self.batch(1)], lastAssigned: 1, isEvidence: true)
    }
    ledger.append(Self.batch(1, atMs: 1_000))
    #expect(ledger.wantsNewLive(nowMs: 900_000))
  }

  @Test func `AUTH names evidence like backlog, but results first where sixteen are too few`() {
    var ledger = Self.ledger(results: 0, evidence: 1)
    #expect(ledger.forAuth.map(\.id) == [Self.evidence, Self.live])
    for stream in 0..<14 as Range<UInt64> {
      ledger.adopt(StreamID(high: 9, low: stream), [Self.batch(1)], lastAssigned: 1)
    }
    #expect(ledger.forAuth.count == 16)
    #expect(ledger.forAuth.dropLast().last?.id == Self.evidence)
    ledger.adopt(Self.old, [Self.batch(1)], lastAssigned: 1)
    #expect(ledger.forAuth.count == 16)
    #expect(!ledger.forAuth.contains { $0.id == Self.evidence })
    #expect(ledger.forAuth.last?.id == Self.live)
  }

  @Test func `a drained stream of evidence goes on, and is forgotten once another is open`() {
    var ledger = Self.ledger(results: 0, evidence: 2)
    _ = Self.sendAll(&ledger)
    #expect(ledger.acked(Self.ack(Self.evidence, 2)) == [.acked(Self.evidence, 2)])
    #expect(ledger.nextEvidence == BatchName(stream: Self.evidence, sequence: 3))
    ledger.openEvidence(Self.old, nowMs: 5)
    #expect(ledger.streamIDs == [Self.old, Self.live])
    #expect(ledger.isEvidence(Self.old) && !ledger.isEvidence(Self.live))
    ledger.openLive(StreamID(high: 5, low: 5), nowMs: 6)
    #expect(ledger.nextEvidence == BatchName(stream: Self.old, sequence: 1))
  }

  @Test func `a session's end sends evidence again that was not acked`() {
    var ledger = Self.ledger(results: 0, evidence: 3)
    _ = Self.sendAll(&ledger)
    _ = ledger.acked(Self.ack(Self.evidence, 1))
    ledger.sessionEnded()
    let reactions = ledger.welcomed(
      [.init(id: Self.evidence, committed: 2, digest: .unknown)], credit: Self.generous
    ) { _ in nil }
    #expect(reactions == [.acked(Self.evidence, 2)])
    #expect(Self.sendAll(&ledger).map(\.sequence) == [3])
  }

  @Test func `evidence that went on elsewhere is sent one by one, and new evidence apart`() {
    var ledger = Self.ledger(results: 0, evidence: 2)
    let reactions = ledger.welcomed(
      [.init(id: Self.evidence, committed: 9, digest: .unknown)], credit: Self.generous
    ) { _ in nil }
    #expect(reactions == [])
    #expect(ledger.nextEvidence == nil)
    #expect(Self.sendAll(&ledger).map(\.sequence) == [1])
    let fork = Nack(
      stream: Self.evidence, sequence: 1, code: .fork, expected: 10, retryMs: 0, message: "")
    let name = BatchName(stream: Self.evidence, sequence: 1)
    #expect(ledger.nacked(fork, nowMs: 0) == [.move(name)])
    ledger.openEvidence(Self.old, nowMs: 0)
    ledger.append(Self.batch(1), to: Self.old)
    ledger.remove(name)
    #expect(
      Self.sendAll(&ledger)
        == [
          BatchName(stream: Self.evidence, sequence: 2), BatchName(stream: Self.old, sequence: 1),
        ])
  }

  @Test func `evidence about a batch is found, and waits for its new name`() {
    var ledger = Self.ledger(results: 3, evidence: 0)
    ledger.append(Self.batch(1, about: [Self.span(Self.live, 1...1)]), to: Self.evidence)
    ledger.append(Self.batch(2, about: [Self.span(Self.live, 2...3)]), to: Self.evidence)
    let moved = BatchName(stream: Self.live, sequence: 3)
    let about = ledger.evidence(about: moved)
    #expect(about == [BatchName(stream: Self.evidence, sequence: 2)])
    #expect(ledger.evidence(about: BatchName(stream: Self.old, sequence: 3)).isEmpty)
    ledger.openLive(Self.old, nowMs: 0)
    ledger.append(Self.batch(1))
    ledger.remove(moved)
    ledger.replaceEvidence(
      about[0],
      with: Self.batch(
        2,
        about: BatchSpan.spans(of: [
          BatchName(stream: Self.live, sequence: 2), BatchName(stream: Self.old, sequence: 1),
        ])))
    _ = Self.sendAll(&ledger)
    _ = ledger.acked(Self.ack(Self.live, 2))
    #expect(Self.sendAll(&ledger).map(\.sequence) == [1])
    _ = ledger.acked(Self.ack(Self.old, 1))
    #expect(Self.sendAll(&ledger).map(\.sequence) == [2])
  }

  @Test func `a skip in a stream of evidence waits for nothing`() {
    var ledger = Self.ledger(results: 1, evidence: 0)
    for sequence in 1...3 as ClosedRange<UInt64> {
      ledger.append(Self.batch(sequence, about: [Self.span(Self.live, 1...1)]), to: Self.evidence)
    }
    var skip = Self.batch(2)
    skip.first = 1
    skip.isSkip = true
    ledger.replace(in: Self.evidence, with: skip)
    #expect(ledger.unackedFloorMs == -1)
    #expect(Self.sendAll(&ledger).map(\.sequence) == [1, 2])
    _ = ledger.acked(Self.ack(Self.live, 1))
    #expect(ledger.unackedFloorMs == nil)
    #expect(Self.sendAll(&ledger).map(\.sequence) == [3])
  }
}
