import AgentCore
import Glibc
import Linux
import Model
import Spool
import Testing
import Wire

@Suite struct JournalTests {
  private let scratch: ScratchFolder
  private var path: String { scratch.path + "/journal" }
  private static let boot = BootID(high: 5, low: 6)
  private static let name = BatchName(stream: StreamID(high: 7, low: 8), sequence: 3)
  private static let recovery = StreamID(high: 70, low: 80)

  init() throws {
    scratch = try ScratchFolder()
  }

  private func leftovers() throws -> Journal.Leftovers? {
    let found = try Journal.leftovers(path: path, recoveryStream: Self.recovery)
    return found?.sealed.isEmpty == true ? nil : found
  }

  @Test func `a journal that is not there, or is something else, leaves nothing`() throws {
    #expect(try leftovers() == nil)
    try Files.replace(path, with: [1, 2, 3])
    #expect(try leftovers() == nil)
  }

  @Test func `records go through a half to a batch`() throws {
    let journal = try Journal(path: path, boot: Self.boot, agent: Sample.agent)
    #expect(journal.seal(as: Self.name, stamp: Sample.stamp) == nil)
    let first = journal.started(slot: 1, startedAtMs: 100)
    let second = journal.started(slot: 2, startedAtMs: 101)
    #expect(journal.finished(record(1, at: 100), running: first, nowMs: 150) == .look)
    #expect(journal.dueMs == 1_150)
    #expect(journal.finished(record(2, at: 101), running: second, nowMs: 160) == .nothing)
    let sealed = try #require(journal.seal(as: Self.name, stamp: Sample.stamp))
    #expect(sealed.records == [record(1, at: 100), record(2, at: 101)])
    #expect(sealed.first == Self.name)
    #expect(sealed.stamp == Sample.stamp)
    #expect(journal.dueMs == nil)
    journal.clearSealed()
    #expect(try leftovers() == nil)
  }

  @Test func `the prober goes on while a half is sealed`() throws {
    let journal = try Journal(path: path, boot: Self.boot, agent: Sample.agent)
    _ = journal.finished(record(1, at: 100), running: -1, nowMs: 0)
    _ = journal.seal(as: Self.name, stamp: Sample.stamp)
    _ = journal.finished(record(1, at: 200), running: -1, nowMs: 0)
    #expect(journal.seal(as: Self.name, stamp: Sample.stamp) == nil)
    journal.clearSealed()
    #expect(
      journal.seal(as: Self.name, stamp: Sample.stamp)?.records == [record(1, at: 200)])
  }

  @Test func `what a process leaves is found: sealed, finished, interrupted`() throws {
    let journal = try Journal(path: path, boot: Self.boot, agent: Sample.agent)
    journal.note(Sample.stamp)
    _ = journal.finished(record(1, at: 100), running: -1, nowMs: 0)
    _ = journal.seal(as: Self.name, stamp: Sample.stamp)
    let running = journal.started(slot: 4, startedAtMs: 300)
    _ = journal.finished(record(1, at: 200), running: -1, nowMs: 0)
    _ = journal.started(slot: 5, startedAtMs: 301)
    _ = journal.finished(record(4, at: 300), running: running, nowMs: 0)
    for _ in 0..<2 {
      let found = try #require(try leftovers())
      #expect(found.agent == Sample.agent)
      #expect(found.sealed.count == 2)
      #expect(found.sealed[0].first == Self.name)
      #expect(found.sealed[0].records == [record(1, at: 100)])
      #expect(found.sealed[0].stamp.boot == Self.boot)
      let rest = found.sealed[1]
      #expect(rest.first == BatchName(stream: Self.recovery, sequence: 1))
      #expect(rest.stamp.clockOffsetMs == 12)
      #expect(rest.records.map(\.slot) == [1, 4, 5])
      #expect(
        rest.records.last?.outcome
          == .failed(Failure(.agent, detail: "interrupted: the agent was restarted")))
    }
  }

  @Test func `the recovery's stream stays the same from crash to crash`() throws {
    let journal = try Journal(path: path, boot: Self.boot, agent: Sample.agent)
    _ = journal.finished(record(1, at: 100), running: -1, nowMs: 0)
    #expect(try leftovers()?.sealed.first?.first.stream == Self.recovery)
    let other = try Journal.leftovers(path: path, recoveryStream: StreamID(high: 1, low: 1))
    #expect(other?.sealed.first?.first.stream == Self.recovery)
  }

  @Test func `a record that was written half is the end of what is read`() throws {
    let journal = try Journal(path: path, boot: Self.boot, agent: Sample.agent)
    for start in 1...3 { _ = journal.finished(record(1, at: Int64(start)), running: -1, nowMs: 0) }
    let whole = try #require(try Files.read(path))
    let start = try #require(whole[393_000...].firstIndex { $0 != 0 })
    for position in start + 4_096..<start + 4_096 + 60 {
      var bytes = whole
      bytes[position] ^= 0x10
      try Files.replace(path, with: bytes)
      let records = try leftovers()?.sealed.first?.records ?? []
      #expect(records.count <= 3)
      #expect(records == (1...3).prefix(records.count).map { record(1, at: Int64($0)) })
    }
    _ = journal
  }

  @Test func `every kind of record comes back as it was`() throws {
    let journal = try Journal(path: path, boot: Self.boot, agent: Sample.agent)
    var full = record(
      9, at: 1_700_000_000_000,
      .failed(Failure(.tls, curlCode: 60, detail: "näme mismatch")),
      request: ProbeRequestID(high: 3, low: 4))
    full.certificateDays = -3
    full.status = 503
    let records = [full, record(1, at: 5, .degraded(nil)), record(2, at: 6)]
    for one in records { _ = journal.finished(one, running: -1, nowMs: 0) }
    #expect(journal.seal(as: Self.name, stamp: Sample.stamp)?.records == records)
  }

  @Test func `more than fits is counted`() throws {
    let journal = try Journal(path: path, boot: Self.boot, agent: Sample.agent)
    let text = String(repeating: "x", count: 255)
    for start in 0..<20_000 {
      _ = journal.finished(
        record(1, at: Int64(start), .failed(Failure(.content, detail: text))), running: -1,
        nowMs: 0)
    }
    let sealed = try #require(journal.seal(as: Self.name, stamp: Sample.stamp))
    #expect(sealed.records.count + Int(sealed.dropped) == 20_000)
    #expect(sealed.dropped > 0)
    #expect(sealed.droppedFromMs == Int64(sealed.records.count))
    #expect(sealed.droppedToMs == 19_999)
    #expect(journal.droppedResults == sealed.dropped)
  }

  @Test func `the journal takes its room on the disk at once, and an older one's again`() throws {
    let journal = try Journal(path: path, boot: Self.boot, agent: Sample.agent)
    let size = try #require(try Files.status(of: path)).size
    #expect(try blocks(path).bytes >= size)
    for start in 0..<20_000 {
      _ = journal.finished(record(1, at: Int64(start)), running: -1, nowMs: 0)
    }
    _ = journal.started(slot: 1, startedAtMs: 1)
    _ = journal.seal(as: Self.name, stamp: Sample.stamp)
    _ = journal.finished(record(1, at: 5), running: -1, nowMs: 0)
    journal.clearSealed()
    #expect(try blocks(path).bytes >= size)
    let file = try blocks(path).number
    let next = try Journal(path: path, boot: Self.boot, agent: Sample.agent)
    #expect(next.trouble == nil)
    #expect(try blocks(path).number == file)
    #expect(try leftovers() == nil)
  }

  @Test func `on a full disk the journal is memory, and nothing stops`() throws {
    let full = scratch.path + "/full"
    try Files.makeFolder(full)
    // Needs a superuser that may mount; elsewhere there is nothing to see.
    guard mount("tmpfs", full, "tmpfs", 0, "size=1m") == 0 else { return }
    defer { umount2(full, Int32(MNT_DETACH)) }
    let journal = try Journal(path: full + "/journal", boot: Self.boot, agent: Sample.agent)
    #expect(journal.trouble?.code == ENOSPC)
    for start in 0..<60_000 {
      _ = journal.finished(record(1, at: Int64(start)), running: -1, nowMs: 0)
    }
    let sealed = try #require(journal.seal(as: Self.name, stamp: Sample.stamp))
    #expect(sealed.records.count > 10_000)
    #expect(try Files.names(in: full).isEmpty)
  }

  @Test func `a seal that names no batch is not believed, its records are`() throws {
    for name in [
      BatchName(stream: Self.name.stream, sequence: 0),
      BatchName(stream: Self.name.stream, sequence: UInt64.max),
      BatchName(stream: .zero, sequence: 1),
    ] {
      let journal = try Journal(path: path, boot: Self.boot, agent: Sample.agent)
      _ = journal.finished(record(1, at: 100), running: -1, nowMs: 0)
      _ = journal.seal(as: name, stamp: Sample.stamp)
      _ = journal.finished(record(2, at: 200), running: -1, nowMs: 0)
      let found = try #require(try leftovers()).sealed
      #expect(found.map(\.first) == [BatchName(stream: Self.recovery, sequence: 1)])
      #expect(found.first?.records == [record(1, at: 100), record(2, at: 200)])
    }
  }

  private func blocks(_ path: String) throws -> (bytes: Int, number: UInt) {
    var found = stat()
    try #require(stat(path, &found) == 0)
    return (Int(found.st_blocks) * 512, UInt(found.st_ino))
  }

  @Test func `a full table of running probes does no harm`() throws {
    let journal = try Journal(path: path, boot: Self.boot, agent: Sample.agent)
    for slot in 0..<16_384 {
      #expect(journal.started(slot: UInt64(slot), startedAtMs: 1) == Int32(slot))
    }
    #expect(journal.started(slot: 99_999, startedAtMs: 1) == -1)
    journal.abandoned(running: 77)
    #expect(journal.started(slot: 99_999, startedAtMs: 1) == 77)
    #expect(try leftovers()?.sealed.first?.records.count == 16_384)
  }

  @Test func `the same records give the same batches`() throws {
    let sample = try Sample()
    let records = (0..<1_200).map { record(UInt64($0 % 7), at: Int64($0 / 7)) }
    let made = try sample.maker.batches(
      of: records, from: sample.name(5), stamp: Sample.stamp, nowMs: 0)
    let again = try sample.maker.batches(
      of: records.reversed(), from: sample.name(5), stamp: Sample.stamp, nowMs: 9)
    #expect(made.map(\.name.sequence) == [5, 6, 7])
    #expect(made.map(\.body) == again.map(\.body))
    var count = 0
    for one in made {
      one.body.withUnsafeBytes { view in
        count += (try? ResultsBody(decoding: view))?.header.count ?? 0
      }
    }
    #expect(count == 1_200)
  }
}
