import AgentCore
import Model
import Testing
import Wire

@Suite struct EvidenceShelfTests {
  private static let batch = BatchName(stream: StreamID(high: 0, low: 1), sequence: 4)

  private static func evidence(_ bytes: Int) -> ProbeEvidence {
    var evidence = ProbeEvidence()
    evidence.bodyExcerpt = [UInt8](repeating: 7, count: bytes)
    return evidence
  }

  private static func take(_ shelf: inout EvidenceShelf, _ nowMs: Int64 = 0) -> [Evidence] {
    shelf.take(nowMs: nowMs)
  }

  @Test func `a piece waits for its record, and then names the batch and the place in it`() {
    var shelf = EvidenceShelf()
    shelf.add(Self.evidence(3), slot: 5, startedAtMs: 20)
    shelf.add(Self.evidence(4), slot: 9, startedAtMs: 20)
    shelf.add(Self.evidence(5), slot: 5, startedAtMs: 70)
    #expect(Self.take(&shelf).isEmpty)
    shelf.place(
      [record(2, at: 10), record(4, at: 20), record(5, at: 20), record(9, at: 20)],
      in: Self.batch)
    let taken = shelf.take(nowMs: 0)
    #expect(taken.map(\.index) == [2, 3])
    #expect(taken.map(\.parts.first?.bytes.count) == [3, 4])
    #expect(taken.allSatisfy { $0.stream == Self.batch.stream && $0.sequence == 4 })
    #expect(!shelf.isEmpty)
    shelf.place([record(5, at: 71), record(6, at: 70)], in: Self.batch)
    #expect(Self.take(&shelf).isEmpty)
    shelf.forget(startedBeforeMs: 70)
    #expect(shelf.dropped == 0)
    shelf.forget(startedBeforeMs: 71)
    #expect(shelf.isEmpty)
    #expect(shelf.dropped == 1)
  }

  @Test func `a place in a batch is found however many records it has`() {
    let records = (0..<500).map { record(UInt64($0 % 7), at: Int64($0 / 7)) }
    for (index, record) in records.enumerated() {
      var shelf = EvidenceShelf()
      shelf.add(Self.evidence(1), slot: record.slot, startedAtMs: record.startedAtMs)
      shelf.place(records, in: Self.batch)
      #expect(Self.take(&shelf).map(\.index) == [UInt64(index)])
    }
  }

  @Test func `what is taken at once fits a batch, and the rest stays in order`() {
    var shelf = EvidenceShelf()
    for slot in 1...30 as ClosedRange<UInt64> {
      shelf.add(Self.evidence(9_000), slot: slot, startedAtMs: 1)
    }
    shelf.place((1...30).map { record($0, at: 1) }, in: Self.batch)
    var indices: [UInt64] = []
    while case let taken = shelf.take(nowMs: 0), !taken.isEmpty {
      #expect(taken.count == 7 || indices.count == 28)
      #expect(taken.reduce(0) { $0 + $1.parts[0].bytes.count } < 64 << 10)
      indices += taken.map(\.index)
    }
    #expect(indices == Array(0..<30))
    #expect(shelf.readyBytes(nowMs: 0) == 0)
  }

  @Test func `beyond two mebibytes the oldest go and are counted`() {
    var shelf = EvidenceShelf()
    for slot in 1...1_000 as ClosedRange<UInt64> {
      shelf.add(Self.evidence(4_000), slot: slot, startedAtMs: 1)
    }
    let records = (1...1_000).map { record($0, at: 1) }
    shelf.place(records, in: Self.batch)
    #expect(shelf.readyBytes(nowMs: 0) <= EvidenceShelf.byteLimit)
    #expect(shelf.readyBytes(nowMs: 0) > EvidenceShelf.byteLimit - 5_000)
    var slots: [UInt64] = []
    while case let taken = shelf.take(nowMs: 0), !taken.isEmpty {
      slots += taken.map { records[Int($0.index)].slot }
    }
    #expect(slots == Array(shelf.dropped + 1...1_000))
  }

  @Test func `a piece goes with its batch, to another name or nowhere`() {
    let other = BatchName(stream: StreamID(high: 0, low: 2), sequence: 1)
    var shelf = EvidenceShelf()
    shelf.add(Self.evidence(3), slot: 5, startedAtMs: 20)
    shelf.place([record(5, at: 20)], in: Self.batch)
    shelf.rename(Self.batch, to: other)
    shelf.rename(Self.batch, to: nil)
    #expect(Self.take(&shelf).map(\.stream) == [other.stream])
    shelf.add(Self.evidence(3), slot: 5, startedAtMs: 21)
    shelf.place([record(5, at: 21)], in: other)
    shelf.rename(other, to: nil)
    #expect(shelf.isEmpty)
    #expect(shelf.dropped == 1)
  }

  @Test func `a piece whose trace is waited for goes with it, or without it when that is late`() {
    var shelf = EvidenceShelf()
    for slot in 1...3 as ClosedRange<UInt64> {
      shelf.add(Self.evidence(3), slot: slot, startedAtMs: 20, heldUntilMs: 4_000)
    }
    shelf.add(Self.evidence(3), slot: 4, startedAtMs: 20)
    shelf.place((1...4).map { record($0, at: 20) }, in: Self.batch)
    // The others do not wait for those.
    #expect(shelf.readyBytes(nowMs: 3_999) == 3 + 256)
    #expect(Self.take(&shelf, 3_999).map(\.index) == [3])
    shelf.complete(slot: 2, startedAtMs: 20, trace: Array("1  *\n".utf8))
    shelf.complete(slot: 3, startedAtMs: 20, trace: [])
    shelf.complete(slot: 1, startedAtMs: 21, trace: [1])
    let taken = Self.take(&shelf, 3_999)
    #expect(taken.map(\.index) == [1, 2])
    #expect(taken.map { $0.parts.map(\.kind) } == [[4, 8, 9], [4, 9]])
    #expect(taken[0].parts[1].bytes == Array("1  *\n".utf8))
    #expect(Self.take(&shelf, 3_999).isEmpty)
    #expect(!shelf.isEmpty)
    let late = Self.take(&shelf, 4_000)
    #expect(late.map { $0.parts.map(\.kind) } == [[4, 9]])
    shelf.complete(slot: 1, startedAtMs: 20, trace: [1])
    #expect(shelf.isEmpty)
    #expect(shelf.readyBytes(nowMs: .max) == 0)
  }

  @Test func `a trace may come before its record has a place`() {
    var shelf = EvidenceShelf()
    shelf.add(Self.evidence(3), slot: 5, startedAtMs: 20, heldUntilMs: 4_000)
    shelf.complete(slot: 5, startedAtMs: 20, trace: [7])
    #expect(Self.take(&shelf, 100).isEmpty)
    shelf.place([record(5, at: 20)], in: Self.batch)
    #expect(Self.take(&shelf, 100).map { $0.parts.map(\.kind) } == [[4, 8, 9]])
  }
}
