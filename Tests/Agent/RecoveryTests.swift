import AgentCore
import Link
import Linux
import Model
import Signing
import Spool
import Synchronization
import Testing
import Wire

/// What the next process makes of the state folder of the last.
@Suite struct RecoveryTests {
  private static let stamp = BatchStamp(
    boot: .zero, keyID: 1, clockOffsetMs: 12, clockErrorMs: 3, assignmentRevision: 4)

  private let scratch: ScratchFolder
  private let state: StateFolder
  private let own: Identity
  private let lines = Lines()

  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  init() throws {
    scratch = try ScratchFolder()
    state = try StateFolder(scratch.path, makes: true)
    own = Identity(
      agent: AgentID(high: 1, low: 1), region: "r", provider: "p", collectors: [],
      keys: [.init(id: 1, root: [UInt8](repeating: 1, count: 32))])
  }

  private var other: Identity {
    var other = own
    other.agent = AgentID(high: 2, low: 2)
    other.keys = [.init(id: 1, root: [UInt8](repeating: 2, count: 32))]
    return other
  }

  private func start(_ identity: Identity, limits: SpoolLimits = .roomy) throws -> Recovered {
    let lines = lines
    return try Recovered(
      state: state, identity: identity, limits: limits, clock: AgentClock(),
      log: Log(Log.Threshold(.info)) { line in lines.all.withLock { $0.append(line) } })
  }

  /// All that the ledger would send, and that the spool has for it.
  private func bodies(_ recovered: Recovered) throws -> [ResultsHeader] {
    var headers: [ResultsHeader] = []
    for stream in recovered.ledger.streamIDs {
      for batch in recovered.ledger.batches(of: stream) {
        let name = BatchName(stream: stream, sequence: batch.sequence)
        let body = try #require(recovered.spool.body(of: name))
        headers.append(try body.withUnsafeBytes { try ResultsBody(decoding: $0).header })
      }
    }
    return headers
  }

  private func records(_ recovered: Recovered) throws -> [ProbeRecord] {
    var records: [ProbeRecord] = []
    for stream in recovered.ledger.streamIDs {
      for batch in recovered.ledger.batches(of: stream) {
        let name = BatchName(stream: stream, sequence: batch.sequence)
        let body = try #require(recovered.spool.body(of: name))
        try body.withUnsafeBytes { view in
          let results = try ResultsBody(decoding: view)
          var reader = results.records
          var raw = RawRecord()
          while results.header.kind == .records, try reader.next(&raw) {
            if let record = reader.value(of: raw) { records.append(record) }
          }
        }
      }
    }
    return records
  }

  /// Leaves a sealed half, an open one and a running probe, as `kill -9` would.
  private func leave(_ recovered: Recovered, at startMs: Int64) -> [ProbeRecord] {
    let sealed = record(1, at: startMs)
    let open = record(2, at: startMs + 1)
    recovered.journal.note(Self.stamp)
    _ = recovered.journal.finished(sealed, running: -1, nowMs: 0)
    _ = recovered.journal.seal(as: recovered.ledger.next, stamp: Self.stamp)
    _ = recovered.journal.finished(open, running: -1, nowMs: 0)
    _ = recovered.journal.started(slot: 3, startedAtMs: startMs + 2)
    let interrupted = Failure(.agent, detail: "interrupted: the agent was restarted")
    return [
      sealed, open,
      ProbeRecord(slot: 3, startedAtMs: startMs + 2, total: 0, outcome: .failed(interrupted)),
    ]
  }

  // MARK: Another agent's leftovers

  @Test func `what another agent's journal holds is put aside and never signed`() throws {
    var left: [ProbeRecord] = []
    do { left = leave(try start(other), at: 1_000) }
    for round in 1...2 {
      let recovered = try start(own)
      #expect(recovered.ledger.unackedCount == 0)
      #expect(recovered.recordsBrought == 0)
      let told = lines.all.withLock { $0.filter { $0.contains("of another agent") } }
      #expect(told.count == 1, "round \(round)")
      #expect(told.first?.contains("records_of_the_journal=3") == true)
    }
    var found: Set<ProbeRecord> = []
    for name in try Files.names(in: state.spoolPath + "/quarantine") {
      let body = try #require(try Files.read(state.spoolPath + "/quarantine/" + name))
      try body.withUnsafeBytes { view in
        let results = try ResultsBody(decoding: view)
        #expect(results.header.agent == other.agent)
        #expect(body.suffix(32).allSatisfy { $0 == 0 })
        var reader = results.records
        var raw = RawRecord()
        while try reader.next(&raw) { if let one = reader.value(of: raw) { found.insert(one) } }
      }
    }
    #expect(found == Set(left))
    // What this agent leaves itself comes back as ever.
    var mine: [ProbeRecord] = []
    do { mine = leave(try start(own), at: 5_000) }
    let next = try start(own)
    #expect(Set(try records(next)) == Set(mine))
    #expect(next.recordsBrought == 3)
  }

  @Test func `another agent's stream is put aside, even where nothing of it can be read`() throws {
    let whole = StreamID(high: 5, low: 1)
    let broken = StreamID(high: 5, low: 2)
    do {
      let first = try start(other)
      for stream in [whole, broken] {
        let name = BatchName(stream: stream, sequence: 1)
        let made = try first.maker.batches(
          of: [record(1, at: 7)], from: name, stamp: Self.stamp, nowMs: 7)
        try first.spool.append(try #require(made.first).body, as: name)
      }
      first.spool.sync()
    }
    let folder = state.spoolPath + "/\(broken)"
    for name in try Files.names(in: folder) {
      var bytes = try #require(try Files.read(folder + "/" + name))
      bytes[20] ^= 0xff
      try Files.replace(folder + "/" + name, with: bytes)
    }
    for _ in 1...2 {
      let recovered = try start(own)
      #expect(recovered.ledger.unackedCount == 0)
      #expect(recovered.lostResults == 0)
    }
    let names = try Files.names(in: state.spoolPath)
    #expect(!names.contains("\(whole)") && !names.contains("\(broken)"))
    #expect(lines.all.withLock { $0.filter { $0.contains("of another agent") }.count } == 1)
  }

  @Test func `an agent's own stream of which nothing can be read is announced as lost`() throws {
    let stream = StreamID(high: 5, low: 3)
    do {
      let first = try start(own)
      let name = BatchName(stream: stream, sequence: 1)
      let made = try first.maker.batches(
        of: [record(1, at: 7)], from: name, stamp: Self.stamp, nowMs: 7)
      try first.spool.append(try #require(made.first).body, as: name)
      first.spool.sync()
    }
    let folder = state.spoolPath + "/\(stream)"
    for name in try Files.names(in: folder) {
      var bytes = try #require(try Files.read(folder + "/" + name))
      bytes[20] ^= 0xff
      try Files.replace(folder + "/" + name, with: bytes)
    }
    let recovered = try start(own)
    #expect(recovered.ledger.batches(of: stream).map(\.isSkip) == [true])
    #expect(recovered.ledger.unackedFloorMs == nil)
  }

  @Test func `until a new key was welcomed what the journal held is signed by the one before`()
    throws
  {
    do { _ = leave(try start(own), at: 1_000) }
    var rotated = own
    rotated.keys = [.init(id: 2, root: [UInt8](repeating: 3, count: 32)), own.keys[0]]
    let recovered = try start(rotated)
    let headers = try bodies(recovered)
    #expect(headers.map(\.keyID) == [1, 1])
    let code = try BatchCode(keys: AgentKeys(root: own.keys[0].root))
    for header in headers {
      let name = BatchName(stream: header.stream, sequence: header.sequence)
      let body = try #require(recovered.spool.body(of: name))
      #expect(try body.withUnsafeBytes { try code.verify(try ResultsBody(decoding: $0)) })
    }
  }

  @Test func `an empty file does not make the journal's batch of that name lost`() throws {
    var left: [ProbeRecord] = []
    do {
      let recovered = try start(own)
      left = leave(recovered, at: 1_000)
      // The disk was full: the file was made, and nothing could be written to it.
      let folder = state.spoolPath + "/\(recovered.ledger.next.stream)"
      try Files.makeFolder(folder)
      try Files.replace(folder + "/00000000000000000001.seg", with: [])
    }
    let recovered = try start(own)
    #expect(recovered.lostResults == 0)
    #expect(try bodies(recovered).map(\.kind) == [.records, .records])
    #expect(Set(try records(recovered)) == Set(left))
    let after = try start(own)
    #expect(Set(try records(after)) == Set(left))
  }

  @Test func `a stream of which nothing tells the owner is put aside, and that is told`() throws {
    let stream = StreamID(high: 5, low: 4)
    let folder = state.spoolPath + "/\(stream)"
    try Files.makeFolder(state.spoolPath)
    try Files.makeFolder(folder)
    try Files.replace(folder + "/00000000000000000001.seg", with: [UInt8](repeating: 7, count: 90))
    let recovered = try start(own)
    #expect(recovered.ledger.unackedCount == 0)
    #expect(try !Files.names(in: state.spoolPath).contains("\(stream)"))
    let told = lines.all.withLock { $0.filter { $0.contains("of another agent") } }
    #expect(told.count == 1)
    #expect(told.first?.contains("streams=1") == true)
  }

  // MARK: Journals that are kept

  /// Starts a process that leaves something sealed, for a stream that can't be written.
  private func leaveBlocked(_ round: Int) throws -> [ProbeRecord] {
    let recovered = try start(own)
    let left = leave(recovered, at: Int64(round) * 1_000)
    // A file where the stream's folder is to be.
    try Files.replace(state.spoolPath + "/\(recovered.ledger.next.stream)", with: [1])
    return left
  }

  private func unblock() throws {
    for name in try Files.names(in: state.spoolPath) where name.utf8.count == 36 {
      let path = state.spoolPath + "/" + name
      if try Files.status(of: path)?.isFolder == false { try Files.remove(path) }
    }
  }

  private var kept: [String] {
    ((try? Files.names(in: state.spoolPath)) ?? []).filter { $0.hasPrefix("journal.old") }
  }

  @Test func `journals whose records can't be written are kept, and come back once`() throws {
    var left: [ProbeRecord] = []
    for round in 1...3 {
      left += try leaveBlocked(round)
      #expect(kept.count == round - 1)
    }
    do {
      let stuck = try start(own)
      #expect(stuck.spool.isStuck)
      #expect(stuck.recordsBrought == 9)
      #expect(try records(stuck).count == 9)
      #expect(Set(try records(stuck)) == Set(left))
      #expect(kept == ["journal.old1", "journal.old2", "journal.old3"])
    }
    try unblock()
    do {
      let recovered = try start(own)
      #expect(!recovered.spool.isStuck)
      #expect(try records(recovered).count == 9)
      #expect(Set(try records(recovered)) == Set(left))
      #expect(kept.isEmpty)
    }
    let after = try start(own)
    #expect(after.recordsBrought == 0)
    #expect(Set(try records(after)) == Set(left))
  }

  @Test func `once the spool can write again, kept journals go`() throws {
    let left = try leaveBlocked(1)
    let recovered = try start(own)
    #expect(kept == ["journal.old1"])
    try unblock()
    recovered.spool.flushWaiting()
    #expect(!recovered.spool.isStuck)
    #expect(kept.isEmpty)
    #expect(try records(try start(own)).count == left.count)
  }

  @Test func `with no place left to keep a journal none is overwritten`() throws {
    var left: [ProbeRecord] = []
    for round in 1...5 { left += try leaveBlocked(round) }
    #expect(kept.count == 4)
    do {
      let full = try start(own)
      #expect(full.journal.trouble != nil)
      #expect(Set(try records(full)) == Set(left))
      #expect(try records(full).count == left.count)
    }
    // The journal of that process was in its memory; what was kept is still there.
    try unblock()
    let recovered = try start(own)
    #expect(Set(try records(recovered)) == Set(left))
    #expect(try records(recovered).count == left.count)
    #expect(recovered.journal.trouble == nil)
    #expect(kept.isEmpty)
  }

  @Test func `what memory can't take waits in its journal, and leaves no gap`() throws {
    // Two journals of 3 MiB each; 4 MiB may wait in memory.
    let text = String(repeating: "x", count: 255)
    let failed = Outcome.failed(Failure(.content, detail: text))
    var count = 0
    for round in 1...2 {
      let recovered = try start(own)
      for index in 0..<11_000 {
        let startMs = Int64(round * 100_000 + index)
        _ = recovered.journal.finished(record(1, at: startMs, failed), running: -1, nowMs: 0)
        count += 1
      }
      _ = recovered.journal.seal(as: recovered.ledger.next, stamp: Self.stamp)
      try Files.replace(state.spoolPath + "/\(recovered.ledger.next.stream)", with: [1])
    }
    do {
      let stuck = try start(own)
      for stream in stuck.ledger.streamIDs {
        let sequences = stuck.ledger.batches(of: stream).map(\.sequence)
        #expect(sequences == sequences.indices.map { UInt64($0) + 1 })
      }
      #expect(stuck.recordsBrought < count)
      #expect(stuck.recordsBrought > count / 2)
      #expect(stuck.lostResults == 0)
      #expect(kept.count == 2)
    }
    try unblock()
    let recovered = try start(own)
    #expect(recovered.recordsBrought == count)
    #expect(Set(try records(recovered)).count == count)
    #expect(kept.isEmpty)
  }

  @Test func `another agent's kept journals are put aside too`() throws {
    for round in 1...2 { _ = try leaveBlocked(round) }
    #expect(kept.count == 1)
    try unblock()
    let recovered = try start(other)
    #expect(recovered.ledger.unackedCount == 0)
    #expect(kept.isEmpty)
    let told = lines.all.withLock { $0.filter { $0.contains("of another agent") } }
    #expect(told.count == 1)
    #expect(told.first?.contains("records_of_the_journal=6") == true)
  }
}
