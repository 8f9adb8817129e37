import AgentCore
import Linux
import Model
import Spool
import Testing
import Wire

/// Evidence in the spool: its own stream and segments, its own bound, the first to go.
@Suite struct SpoolEvidenceTests {
  private static let stream = StreamID(high: 0xcccc, low: 0xdddd)

  private let scratch: ScratchFolder
  private let sample: Sample
  private var folder: String { scratch.path + "/spool" }

  init() throws {
    scratch = try ScratchFolder()
    sample = try Sample()
  }

  private func name(_ sequence: UInt64) -> BatchName {
    BatchName(stream: Self.stream, sequence: sequence)
  }

  /// A batch of two pieces about the batch of the same sequence, and the one after it.
  private func made(_ sequence: UInt64, bytes: Int = 100) throws -> BatchMaker.Made {
    let pieces = [sequence, sequence + 1].map {
      Evidence(
        stream: Sample.stream, sequence: $0, index: 1,
        parts: [
          .init(kind: 4, bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: bytes))
        ])
    }
    return try sample.maker.evidence(
      pieces, as: name(sequence), stamp: Sample.stamp, nowMs: Int64(sequence) * 1_000)
  }

  private func pieces(_ body: [UInt8]?) throws -> [Evidence] {
    let body = try #require(body)
    return try body.withUnsafeBytes { try Evidence.items(of: ResultsBody(decoding: $0)) }
  }

  private func tend(_ spool: Spool, nowMs: Int64 = 0) throws -> [Loss] {
    let losses = spool.tend(nowMs: nowMs)
    for loss in losses { spool.announce(loss, skip: try sample.skip(loss).body) }
    return losses
  }

  @Test func `results and evidence that alternate fill one segment each, and are found again`()
    throws
  {
    let spool = try Spool(folder: folder, limits: .roomy)
    for sequence in 1...9 as ClosedRange<UInt64> {
      let results = try sample.made(sequence)
      try spool.append(results.body, as: results.name)
      #expect(spool.append(evidence: try made(sequence).body, as: name(sequence)))
    }
    spool.sync()
    for stream in [Sample.stream, Self.stream] {
      #expect(try Files.names(in: "\(folder)/\(stream)") == ["00000000000000000001.seg"])
    }
    let again = try Spool(folder: folder, limits: .roomy)
    let streams = again.recover(boot: Sample.boot, nowMs: 0)
    #expect(streams.filter(\.isEvidence).map(\.id) == [Self.stream])
    let found = try #require(streams.first { $0.isEvidence })
    #expect(found.batches.map(\.sequence) == Array(1...9))
    #expect(found.batches[3] == Batch.of(try made(4).batch, assignedMs: 4_000))
    #expect(found.batches[3].about == [BatchSpan(stream: Sample.stream, first: 4, last: 5)])
    #expect(again.body(of: name(7)) == (try made(7).body))
    #expect(again.evidenceBytes == spool.evidenceBytes)
    #expect(again.evidenceBytes < again.byteCount)
  }

  @Test func `evidence takes a quarter of the spool at most, and its oldest goes as a skip`() throws
  {
    var limits = SpoolLimits.roomy
    limits.bytes = 2 << 20
    let spool = try Spool(folder: folder, limits: limits)
    let results = try sample.made(1)
    try spool.append(results.body, as: results.name)
    var losses: [Loss] = []
    var refused = 0
    var sequence: UInt64 = 1
    while sequence <= 200 {
      if spool.append(evidence: try made(sequence, bytes: 6_000).body, as: name(sequence)) {
        sequence += 1
      } else {
        refused += 1
        losses += try tend(spool)
      }
      #expect(spool.evidenceBytes <= limits.evidenceBytes)
    }
    #expect(refused > 0 && refused < 30)
    #expect(spool.evidenceBytes > limits.evidenceBytes / 2)
    #expect(losses.allSatisfy { $0.stream == Self.stream && $0.reason == .space })
    #expect(losses.allSatisfy { $0.results == 0 && $0.resultsToldBefore == 0 })
    #expect(losses.last?.first == 1)
    #expect(spool.body(of: sample.name(1)) == results.body)

    let again = try Spool(folder: folder, limits: limits)
    let stream = try #require(again.recover(boot: .zero, nowMs: 0).first { $0.isEvidence })
    #expect(stream.losses.isEmpty)
    #expect(stream.batches.first?.isSkip == true && stream.batches.first?.about == [])
    #expect(stream.lastAssigned == 200)
  }

  @Test func `where the spool is full evidence goes before older results`() throws {
    var limits = SpoolLimits.roomy
    limits.segmentBytes = 1
    limits.bytes = 40 << 10
    let spool = try sample.fill(folder, 1...50, limits: limits)
    for sequence in 60...75 as ClosedRange<UInt64> {
      _ = spool.append(evidence: try made(sequence, bytes: 10).body, as: name(sequence))
    }
    let evidence = spool.evidenceBytes
    #expect(evidence > 3_000)
    var sequence: UInt64 = 51
    while spool.byteCount <= limits.bytes {
      let more = try sample.made(sequence)
      try spool.append(more.body, as: more.name)
      sequence += 1
    }
    let first = try tend(spool)
    #expect(!first.isEmpty && first.allSatisfy { $0.stream == Self.stream })
    // What is acked costs nothing, and goes before any evidence.
    spool.acked(Sample.stream, 10, nowMs: 0)
    while spool.byteCount <= limits.bytes {
      let more = try sample.made(sequence)
      try spool.append(more.body, as: more.name)
      sequence += 1
    }
    #expect(try tend(spool).isEmpty)
    #expect(spool.body(of: sample.name(1)) == nil)
    #expect(spool.body(of: sample.name(11)) != nil)
  }

  @Test func `evidence that can't be written does not wait, nor does any while results do`() throws
  {
    let spool = try Spool(folder: folder, limits: .roomy)
    // A file where the stream's folder should be.
    try Files.replace("\(folder)/\(Self.stream)", with: [])
    #expect(!spool.append(evidence: try made(1).body, as: name(1)))
    #expect(!spool.isStuck)
    try Files.remove("\(folder)/\(Self.stream)")
    #expect(spool.append(evidence: try made(1).body, as: name(1)))
    try Files.replace("\(folder)/\(Sample.stream)", with: [])
    try spool.append(try sample.made(1).body, as: sample.name(1))
    #expect(spool.isStuck)
    #expect(!spool.append(evidence: try made(2).body, as: name(2)))
    #expect(spool.body(of: name(1)) != nil)
  }

  @Test func `old evidence goes by its age, and acked evidence after ten minutes`() throws {
    var limits = SpoolLimits.roomy
    limits.segmentBytes = 1
    limits.ageMs = 10_000
    let spool = try Spool(folder: folder, limits: limits)
    for sequence in 1...5 as ClosedRange<UInt64> {
      #expect(spool.append(evidence: try made(sequence).body, as: name(sequence)))
    }
    let losses = try tend(spool, nowMs: 12_500)
    #expect(losses.map(\.last) == [1, 2])
    #expect(losses.allSatisfy { $0.reason == .age && $0.results == 0 })
    spool.acked(Self.stream, 5, nowMs: 12_500)
    #expect(try tend(spool, nowMs: 12_600).isEmpty)
    _ = try tend(spool, nowMs: 612_500)
    // The segment that is being written stays.
    #expect(spool.body(of: name(4)) == nil)
  }

  @Test func `evidence about a batch that moved names its new name, or is left out`() throws {
    let spool = try Spool(folder: folder, limits: .roomy)
    #expect(spool.append(evidence: try made(1).body, as: name(1)))
    let held = try #require(spool.body(of: name(1)))
    let new = BatchName(stream: StreamID(high: 5, low: 5), sequence: 8)
    let renamed = try #require(
      try sample.maker.evidence(
        held, about: sample.name(2), becomes: new, nowMs: 0, currentBoot: Sample.boot))
    spool.replace(name(1), with: renamed.body)
    #expect(renamed.name == name(1))
    #expect(
      renamed.batch.about == [
        BatchSpan(stream: Sample.stream, first: 1, last: 1),
        BatchSpan(stream: new.stream, first: 8, last: 8),
      ])
    #expect(try pieces(spool.body(of: name(1))).map(\.sequence) == [1, 8])
    let left = try #require(
      try sample.maker.evidence(
        renamed.body, about: new, becomes: nil, nowMs: 0, currentBoot: Sample.boot))
    #expect(try pieces(left.body) == Array(try pieces(held).prefix(1)))
    #expect(left.batch.about == [BatchSpan(stream: Sample.stream, first: 1, last: 1)])
    let again = try Spool(folder: folder, limits: .roomy)
    let stream = try #require(again.recover(boot: Sample.boot, nowMs: 0).first)
    #expect(stream.isEvidence && stream.batches.map(\.about) == [renamed.batch.about])
    #expect(
      try sample.maker.evidence(
        [1, 2, 3], about: new, becomes: nil, nowMs: 0, currentBoot: Sample.boot) == nil)
    #expect(
      try sample.maker.evidence(
        sample.made(1).body, about: new, becomes: nil, nowMs: 0, currentBoot: Sample.boot) == nil)
  }

  @Test func `a batch of evidence moves with all that it is about`() throws {
    let body = try made(3).body
    let moved = try #require(
      try sample.maker.renamed(body, to: name(99), nowMs: 7, currentBoot: Sample.boot))
    #expect(moved.batch.about == (try made(3).batch.about))
    #expect(try pieces(moved.body) == (try pieces(body)))
  }
}

extension Batch {
  /// A batch as it reads after a restart: made when its records were.
  fileprivate static func of(_ batch: Batch, assignedMs: Int64) -> Batch {
    var batch = batch
    batch.assignedMs = assignedMs
    return batch
  }
}
