import AgentCore
import Linux
import Model
import Spool
import Testing
import Wire

@Suite struct SpoolTests {
  private let scratch: ScratchFolder
  private let sample: Sample
  private var folder: String { scratch.path + "/spool" }
  private var streamFolder: String { "\(folder)/\(Sample.stream)" }

  init() throws {
    scratch = try ScratchFolder()
    sample = try Sample()
  }

  private func recover(
    _ limits: SpoolLimits = .roomy
  ) throws -> (spool: Spool, streams: [StoredStream]) {
    let spool = try Spool(folder: folder, limits: limits)
    return (spool, spool.recover(boot: BootID(high: 9, low: 9), nowMs: 0))
  }

  @Test func `what was appended is there after the end of the process`() throws {
    _ = try sample.fill(folder, 1...5)
    let (spool, streams) = try recover()
    let stream = try #require(streams.first)
    #expect(stream.batches.map(\.sequence) == [1, 2, 3, 4, 5])
    #expect(stream.batches.map(\.baseMs) == [1_000, 2_000, 3_000, 4_000, 5_000])
    #expect(stream.batches.allSatisfy { !$0.isOfThisBoot })
    #expect(stream.lastAssigned == 5)
    #expect(stream.losses.isEmpty)
    for sequence in 1...5 as ClosedRange<UInt64> {
      #expect(try spool.body(of: sample.name(sequence)) == sample.made(sequence).body)
    }
    #expect(spool.takeTroubles().isEmpty)
  }

  @Test func `the hint says what was acked, and losing it only repeats`() throws {
    let first = try sample.fill(folder, 1...5)
    first.acked(Sample.stream, 3, nowMs: 0)
    first.writeHints()
    #expect(try recover().streams.first?.batches.map(\.sequence) == [4, 5])
    try Files.remove(streamFolder + "/acked")
    #expect(try recover().streams.first?.batches.map(\.sequence) == [1, 2, 3, 4, 5])
  }

  @Test func `a spool that was cut anywhere opens, with all whole batches before the cut`()
    async throws
  {
    _ = try sample.fill(folder, 1...3)
    let path = streamFolder + "/00000000000000000001.seg"
    let whole = try #require(try Files.read(path))
    let ends = try (1...3).map { sequence in
      try (1...sequence).reduce(0) { try $0 + 8 + sample.made(UInt64($1)).body.count }
    }
    for size in 0..<whole.count {
      await Task.yield()
      try Files.replace(path, with: Array(whole[..<size]))
      let (spool, streams) = try recover()
      let stream = try #require(streams.first)
      let count = ends.count { $0 <= size }
      #expect(stream.batches.map(\.sequence) == Array((1...3).prefix(count)))
      let isWhole = size == (count == 0 ? 0 : ends[count - 1])
      #expect(stream.isTorn == !isWhole)
      // What was being written is announced; an empty file claims its first batch.
      let lost: [UInt64] = isWhole && count > 0 ? [] : [UInt64(count) + 1]
      #expect(stream.losses.map(\.first) == lost)
      #expect(try Files.status(of: path)?.size == (count == 0 ? 0 : ends[count - 1]))
      _ = spool
    }
  }

  @Test func `a spool with any byte changed opens and announces what is lost`() async throws {
    _ = try sample.fill(folder, 1...3)
    let path = streamFolder + "/00000000000000000001.seg"
    let whole = try #require(try Files.read(path))
    let second = try 8 + sample.made(1).body.count
    let third = try second + 8 + sample.made(2).body.count
    for position in whole.indices {
      await Task.yield()
      var damaged = whole
      damaged[position] ^= 0x41
      try Files.replace(path, with: damaged)
      let (spool, streams) = try recover()
      let stream = try #require(streams.first)
      let lost: UInt64 = position < second ? 1 : position < third ? 2 : 3
      #expect(stream.batches.map(\.sequence) == [1, 2, 3].filter { $0 != lost })
      #expect(stream.losses.map { [$0.first, $0.last] } == [[lost, lost]])
      #expect(!spool.takeTroubles().isEmpty)
      for batch in stream.batches {
        #expect(
          try spool.body(of: sample.name(batch.sequence)) == sample.made(batch.sequence).body)
      }
    }
  }

  @Test func `an announced loss stays announced`() throws {
    _ = try sample.fill(folder, 1...3)
    let path = streamFolder + "/00000000000000000001.seg"
    var bytes = try #require(try Files.read(path))
    bytes[try 8 + sample.made(1).body.count + 40] ^= 1
    try Files.replace(path, with: bytes)
    let (spool, streams) = try recover()
    let loss = try #require(streams.first?.losses.first)
    #expect(loss.reason == .corrupt)
    let skip = try sample.skip(loss)
    spool.announce(loss, skip: skip.body)
    let again = try recover()
    #expect(again.streams.first?.losses.isEmpty == true)
    #expect(again.streams.first?.batches.map(\.sequence) == [1, 2, 3])
    #expect(again.streams.first?.batches.map(\.isSkip) == [false, true, false])
    #expect(again.spool.body(of: sample.name(2)) == skip.body)
    #expect(try Files.names(in: folder + "/quarantine").count == 1)
  }

  @Test func `strange files and folders are left alone`() throws {
    _ = try sample.fill(folder, 1...1)
    try Files.replace(folder + "/notes.txt", with: [1, 2, 3])
    try Files.makeFolder(folder + "/not-a-stream")
    try Files.replace(streamFolder + "/x.seg", with: [UInt8](repeating: 0, count: 99))
    try Files.replace(streamFolder + "/acked", with: [1])
    #expect(try recover().streams.first?.batches.map(\.sequence) == [1])
  }

  @Test func `noise in the place of segments never stops the start`() async throws {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      await Task.yield()
      try Files.makeFolder(streamFolder)
      let size = Int.random(in: 0..<400, using: &generator)
      var bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
      if size > 40 { bytes.replaceSubrange(8..<24, with: Sample.stream.bytes) }
      try Files.replace(streamFolder + "/00000000000000000007.seg", with: bytes)
      let stream = try #require(try recover().streams.first)
      #expect(stream.batches.isEmpty)
      #expect(stream.losses.map(\.first) == [7])
    }
  }

  @Test func `acked segments go after ten minutes, and streams with their last segment`() throws {
    var limits = SpoolLimits.roomy
    limits.segmentBytes = 1
    let spool = try sample.fill(folder, 1...3, limits: limits)
    spool.acked(Sample.stream, 2, nowMs: 1_000)
    #expect(spool.tend(nowMs: 600_999).isEmpty)
    #expect(spool.body(of: sample.name(1)) != nil)
    #expect(
      spool.heldBatches(of: Sample.stream, from: 1, through: 2, boot: Sample.boot).map(\.sequence)
        == [1, 2])
    _ = spool.tend(nowMs: 601_000)
    #expect(spool.body(of: sample.name(1)) == nil)
    #expect(spool.body(of: sample.name(3)) != nil)
    #expect(try Files.names(in: streamFolder).filter { $0.hasSuffix(".seg") }.count == 1)
  }

  @Test func `beyond its size the oldest segment goes and leaves one skip`() throws {
    var limits = SpoolLimits.roomy
    limits.segmentBytes = 1
    limits.bytes = 1_200
    let spool = try sample.fill(folder, 1...3, limits: limits)
    var announced: [Loss] = []
    for sequence in 4...40 as ClosedRange<UInt64> {
      let made = try sample.made(sequence)
      try spool.append(made.body, as: made.name)
      for loss in spool.tend(nowMs: 0) {
        spool.announce(loss, skip: try sample.skip(loss).body)
        announced.append(loss)
      }
      #expect(spool.byteCount <= 1_600)
    }
    // Skips for the same reason that meet become one.
    #expect(announced.last?.first == 1)
    #expect(announced.last?.results == 2 * (announced.last?.last ?? 0))
    #expect(announced.allSatisfy { $0.reason == .space })
    let stream = try #require(try recover(limits).streams.first)
    #expect(stream.losses.isEmpty)
    #expect(stream.batches.first?.first == 1)
    #expect(stream.batches.first?.isSkip == true)
    #expect(stream.batches.dropFirst().first?.sequence == (announced.last?.last ?? 0) + 1)
  }

  @Test func `what is older than the limit goes`() throws {
    var limits = SpoolLimits.roomy
    limits.segmentBytes = 1
    limits.ageMs = 10_000
    let spool = try sample.fill(folder, 1...5, limits: limits)
    let losses = spool.tend(nowMs: 12_500)
    #expect(losses.map(\.last) == [1, 2])
    #expect(losses.allSatisfy { $0.reason == .age && $0.results == 2 })
  }

  @Test func `after a sync that failed another segment is begun`() throws {
    let fails = Flag()
    let spool = try Spool(folder: folder, limits: .roomy) { (file) throws(SystemError) in
      if fails.value { throw SystemError("fdatasync", code: 5) }
    }
    for sequence in 1...3 as ClosedRange<UInt64> {
      let made = try sample.made(sequence)
      try spool.append(made.body, as: made.name)
      fails.value = sequence == 2
      spool.sync()
    }
    #expect(spool.takeTroubles() == [.notSynced(SystemError("fdatasync", code: 5))])
    #expect(
      try Files.names(in: streamFolder)
        == ["00000000000000000001.seg", "00000000000000000003.seg"])
    #expect(try recover().streams.first?.batches.map(\.sequence) == [1, 2, 3])
  }

  @Test func `while nothing can be written batches wait in memory, up to a bound`() throws {
    let spool = try Spool(folder: folder, limits: .roomy)
    // A file where the stream's folder should be.
    try Files.replace(streamFolder, with: [])
    var last: UInt64 = 0
    #expect(throws: SpoolError.self) {
      for sequence in 1...100_000 as ClosedRange<UInt64> {
        let made = try sample.made(sequence)
        try spool.append(made.body, as: made.name)
        last = sequence
      }
    }
    #expect(spool.isStuck)
    #expect(last > 1_000)
    #expect(try spool.body(of: sample.name(last)) == sample.made(last).body)
    try Files.remove(streamFolder)
    spool.flushWaiting()
    #expect(!spool.isStuck)
    #expect(try recover().streams.first?.lastAssigned == last)
  }

  @Test func `a hint that is damaged, or beyond all that is known, is not believed`() throws {
    let first = try sample.fill(folder, 1...5)
    first.acked(Sample.stream, 3, nowMs: 0)
    first.writeHints()
    let good = try #require(try Files.read(streamFolder + "/acked"))
    for position in good.indices {
      var bytes = good
      bytes[position] ^= 0x04
      try Files.replace(streamFolder + "/acked", with: bytes)
      #expect(try recover().streams.first?.batches.count == 5)
    }
    try Files.replace(streamFolder + "/acked", with: [UInt8](repeating: 255, count: 8))
    #expect(try recover().streams.first?.batches.count == 5)
    first.acked(Sample.stream, UInt64.max, nowMs: 0)
    first.writeHints()
    #expect(try recover().streams.first?.lastAssigned == 5)
  }

  @Test func `a file's name beyond all sequences is no claim`() throws {
    _ = try sample.fill(folder, 1...2)
    try Files.replace(streamFolder + "/18446744073709551615.seg", with: [])
    let stream = try #require(try recover().streams.first)
    #expect(stream.losses.isEmpty)
    #expect(stream.lastAssigned == 2)
  }

  @Test func `a skip stays in the place of the batch that was put aside`() throws {
    for sequence in [1, 2, 3] as [UInt64] {
      ScratchFolder.remove(folder)
      let spool = try sample.fill(folder, 1...3)
      spool.announce(loss(sequence, .refused), skip: try sample.skip(loss(sequence, .refused)).body)
      let stream = try #require(try recover().streams.first)
      #expect(stream.batches.filter(\.isSkip).map(\.sequence) == [sequence])
      #expect(stream.batches.map(\.sequence) == [1, 2, 3])
      #expect(stream.losses.isEmpty)
    }
  }

  @Test func `a skip that can't be written waits, and takes no other batch's place`() throws {
    let spool = try sample.fill(folder, 1...3)
    // A folder where the skip's file should be.
    let place = streamFolder + "/00000000000000000002.seg"
    try Files.makeFolder(place)
    let skip = try sample.skip(loss(2, .refused)).body
    spool.announce(loss(2, .refused), skip: skip)
    #expect(spool.isStuck)
    #expect(spool.body(of: sample.name(2)) == skip)
    #expect(try spool.body(of: sample.name(1)) == sample.made(1).body)
    try Files.removeFolder(place)
    spool.flushWaiting()
    #expect(!spool.isStuck)
    #expect(spool.body(of: sample.name(2)) == skip)
    #expect(try recover().spool.body(of: sample.name(2)) == skip)
  }

  @Test func `a batch is written beside a file of its name that holds others`() throws {
    _ = try sample.fill(folder, 1...3)
    let path = streamFolder + "/00000000000000000001.seg"
    var bytes = try #require(try Files.read(path))
    bytes[20] ^= 1
    try Files.replace(path, with: bytes)
    let (spool, streams) = try recover()
    #expect(streams.first?.losses.map(\.first) == [1])
    try spool.append(try sample.made(1).body, as: sample.name(1))
    #expect(try recover().streams.first?.batches.map(\.sequence) == [1, 2, 3])
  }

  @Test func `a batch that only waits in memory is told, and what it is made of is kept`() throws {
    let spool = try Spool(folder: folder, limits: .roomy)
    let kept = scratch.path + "/kept"
    try Files.replace(kept, with: [1])
    try Files.replace(streamFolder, with: [])
    #expect(try !spool.append(try sample.made(1).body, as: sample.name(1)))
    spool.remove(onceWritten: kept)
    spool.flushWaiting()
    #expect(try Files.status(of: kept) != nil)
    try Files.remove(streamFolder)
    spool.flushWaiting()
    #expect(try Files.status(of: kept) == nil)
    #expect(try spool.append(try sample.made(2).body, as: sample.name(2)))
  }

  private func loss(_ sequence: UInt64, _ reason: Skip.Reason) -> Loss {
    Loss(
      stream: Sample.stream, first: sequence, last: sequence, results: 2, fromMs: 0, toMs: 0,
      reason: reason)
  }

  @Test func `a batch that can never succeed is kept aside for a person`() throws {
    let spool = try sample.fill(folder, 1...1)
    spool.quarantine(sample.name(1))
    let names = try Files.names(in: folder + "/quarantine")
    #expect(names == ["\(Sample.stream)-1.batch"])
  }
}

/// A switch that a closure can read.
final class Flag: @unchecked Sendable {
  /// Set and read on one thread.
  var value = false
}
