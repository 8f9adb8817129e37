import AgentCore
import Link
import Linux
import Model
import Spool
import Synchronization
import Testing
import Wire

/// Evidence on its way from a probe to a collector.
@Suite(.serialized) struct LinkEvidenceTests {
  private static let failed = Outcome.failed(Failure(.timeout, detail: "slow"))

  private static func evidence(_ text: String) -> ProbeEvidence {
    var evidence = ProbeEvidence()
    evidence.address = Array("ipv4 192.0.2.1 80".utf8)
    evidence.bodyExcerpt = Array(text.utf8)
    return evidence
  }

  /// What the collector has of each record's evidence, as the text that it was made with.
  private static func texts(_ memory: ScriptedCollector.Memory) -> [UInt64: String] {
    var texts: [UInt64: String] = [:]
    for (piece, _) in memory.evidence {
      guard let record = memory.record(of: piece) else { continue }
      texts[record.slot] = piece.parts.last { $0.kind == 4 }.map {
        String(decoding: $0.bytes, as: UTF8.self)
      }
    }
    return texts
  }

  @Test func `evidence arrives after its record, in a stream of its own, and names it`()
    async throws
  {
    let rig = try LinkRig()
    try rig.start()
    await rig.collector.wait("a session") { $0.sessions == 1 }
    for slot in 1...40 as ClosedRange<UInt64> {
      rig.probe(
        slot, slot % 4 == 0 ? Self.failed : .up,
        evidence: slot % 4 == 0 ? Self.evidence("of \(slot)") : nil)
    }
    await rig.collector.wait("all evidence") { $0.evidence.count >= 10 }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(memory.records.count == 40)
    #expect(memory.orphans == 0)
    #expect(
      Self.texts(memory)
        == Dictionary(uniqueKeysWithValues: (1...10).map { ($0 * 4, "of \($0 * 4)") }))
    #expect(memory.evidence.first?.piece.parts.map(\.kind) == [1, 4, 9])
    #expect(
      memory.evidence.allSatisfy { piece, _ in
        let named = piece.parts.lazy.compactMap { EvidenceRecord($0) }.first
        let record = memory.record(of: piece)
        return record != nil && named?.slot == record?.slot
          && named?.startedAtMs == record?.startedAtMs
      })
    #expect(memory.committed.count == 2)
    let streams = Set(memory.evidence.map(\.by.stream))
    #expect(streams.count == 1)
    #expect(memory.evidence.allSatisfy { $0.piece.stream != $0.by.stream })
    #expect(memory.evidence.first?.by.sequence == 1)
    #expect(memory.badSignatures == 0 && memory.problems.isEmpty)
    #expect(memory.auths.last?.streams.count == 1)
  }

  @Test func `a record does not wait for the trace of its evidence, and that arrives with it`()
    async throws
  {
    let rig = try LinkRig()
    try rig.start()
    await rig.collector.wait("a session") { $0.sessions == 1 }
    let traced = rig.probe(
      1, Self.failed, evidence: Self.evidence("traced"), tracedWithinMs: 600_000)
    rig.probe(2, Self.failed, evidence: Self.evidence("late"), tracedWithinMs: 0)
    await rig.collector.wait("the records, and the piece whose trace did not come") {
      $0.records.count == 2 && $0.evidence.count == 1
    }
    #expect(Self.texts(rig.collector.memory.withLock { $0 }) == [2: "late"])
    rig.sink.traceFound(Array("tcp 192.0.2.1 80\n1-30  *\n".utf8), of: traced)
    await rig.collector.wait("the other piece") { $0.evidence.count == 2 }
    // A stop waits for no trace.
    rig.probe(3, Self.failed, evidence: Self.evidence("cut"), tracedWithinMs: 600_000)
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(Self.texts(memory) == [1: "traced", 2: "late", 3: "cut"])
    #expect(
      memory.evidence.map { $0.piece.parts.map(\.kind) } == [[1, 4, 9], [1, 4, 8, 9], [1, 4, 9]])
    #expect(memory.orphans == 0 && memory.problems.isEmpty)
  }

  @Test func `a stop delivers evidence that no batch has yet`() async throws {
    let rig = try LinkRig()
    try rig.start()
    // From then on the agent knows that the session is live.
    await rig.collector.wait("ALIVE") { !$0.alive.isEmpty }
    rig.probe(1, Self.failed, evidence: Self.evidence("last words"))
    #expect(await rig.stop() == .stopped(unacked: 0))
    #expect(Self.texts(rig.collector.memory.withLock { $0 }) == [1: "last words"])
  }

  @Test func `evidence that is spooled survives a restart, and comes after its record`()
    async throws
  {
    let rig = try LinkRig()
    rig.collector.change { $0.credit = Credit(bytes: 0, batches: 0) }
    try rig.start()
    rig.probe(1, Self.failed, evidence: Self.evidence("before"))
    rig.probe(2, Self.failed)
    await rig.collector.wait("a session") { $0.sessions == 1 }
    // The batches of two seconds at most, and one of evidence.
    guard case .stopped(let unacked) = await rig.stop(withinMs: 100) else {
      Issue.record("must stop")
      return
    }
    #expect(unacked >= 2)
    rig.collector.change { $0.credit = Credit(bytes: 1 << 20, batches: 8) }
    try rig.start()
    rig.probe(3, Self.failed, evidence: Self.evidence("after"))
    await rig.collector.wait("both") { $0.evidence.count == 2 }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(Self.texts(memory) == [1: "before", 3: "after"])
    #expect(memory.orphans == 0)
    #expect(Set(memory.evidence.map(\.by.stream)).count == 2)
    // AUTH named the results and the evidence that were left, and the live stream last.
    let named = try #require(memory.auths.last?.streams.map(\.id))
    #expect(named.count >= 3)
    #expect(named.contains(memory.evidence[0].by.stream))
    #expect(named.last != memory.evidence[0].by.stream)
  }

  @Test func `evidence whose ack was lost comes again and is not doubled`() async throws {
    let rig = try LinkRig()
    let turn = Mutex(0)
    rig.collector.change {
      $0.reply = { header in
        guard header.kind == .evidence else { return .store }
        let now = turn.withLock { turn in
          turn += 1
          return turn
        }
        switch now {
        case 1: return .hangUp
        case 2: return .nack(.busy)
        case 3: return .nack(.gap)
        case 4: return .storeAndHangUp
        default: return .store
        }
      }
    }
    try rig.start()
    rig.probe(1, Self.failed, evidence: Self.evidence("once"))
    await rig.collector.wait("it") { $0.evidence.count == 1 }
    rig.probe(2, Self.failed, evidence: Self.evidence("twice"))
    await rig.collector.wait("the next") { $0.evidence.count == 2 }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(Self.texts(memory) == [1: "once", 2: "twice"])
    #expect(memory.sessions >= 3)
    #expect(memory.skips.isEmpty && memory.orphans == 0)
  }

  @Test func `evidence that is refused for good becomes a skip of no results`() async throws {
    let rig = try LinkRig()
    rig.collector.change { $0.reply = { $0.kind == .evidence ? .nack(.malformed) : .store } }
    try rig.start()
    rig.probe(1, Self.failed, evidence: Self.evidence("refused"))
    await rig.collector.wait("the skip") { !$0.skips.isEmpty }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(memory.records.count == 1)
    #expect(memory.skips.map(\.skip.reason) == [.refused])
    #expect(memory.skips.map(\.skip.results) == [0])
    #expect(memory.alive.last?.droppedResults == 0)
    #expect(try Files.names(in: rig.scratch.path + "/spool/quarantine").count == 1)
  }

  @Test func `evidence moves with its record when a snapshot was restored`() async throws {
    let rig = try LinkRig()
    try rig.start()
    rig.probe(1, Self.failed, evidence: Self.evidence("shared"))
    await rig.collector.wait("evidence") { $0.evidence.count == 1 }
    // Elsewhere both streams went on.
    rig.collector.change { memory in
      for stream in memory.committed.keys {
        memory.committed[stream] = 2
        memory.digests[BatchName(stream: stream, sequence: 2)] = BatchDigest(77)
      }
      memory.reply = { _ in .hangUp }
    }
    let mine = rig.probe(2, Self.failed, evidence: Self.evidence("mine"))
    await rig.collector.wait("a new session") { $0.connections >= 3 }
    rig.collector.change { $0.reply = { _ in .store } }
    await rig.collector.wait("the evidence") { $0.evidence.count == 2 }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(memory.records.count == 2 && memory.records.contains(mine))
    #expect(Self.texts(memory) == [1: "shared", 2: "mine"])
    #expect(memory.orphans == 0)
    #expect(memory.committed.count == 4)
    #expect(memory.badSignatures == 0)
  }

  @Test func `results go on while evidence is not answered`() async throws {
    let rig = try LinkRig()
    rig.collector.change { $0.reply = { $0.kind == .evidence ? .silence : .store } }
    try rig.start()
    rig.prober.asked.withLock { $0.watermarkMs = 1_000 }
    rig.probe(1, Self.failed, evidence: Self.evidence("lost"))
    await rig.collector.wait("the evidence") { $0.silenced == 1 }
    rig.prober.asked.withLock { $0.watermarkMs = 2_000 }
    rig.probe(2, Self.failed)
    await rig.collector.wait("the record") { $0.records.count == 2 }
    await rig.collector.wait("the watermark") { $0.alive.last?.watermarkMs == 2_000 }
    #expect(await rig.stop(withinMs: 100) == .stopped(unacked: 1))
  }

  @Test func `more evidence than a quarter of the spool is dropped, and no result with it`()
    async throws
  {
    let rig = try LinkRig()
    rig.collector.change { $0.reply = { $0.kind == .evidence ? .nack(.busy) : .store } }
    var limits = SpoolLimits.roomy
    limits.bytes = 1 << 20
    try rig.start(limits: limits)
    let text = String(repeating: "x", count: 8_000)
    for slot in 1...200 as ClosedRange<UInt64> {
      rig.probe(slot, Self.failed, evidence: Self.evidence(text))
      if slot % 20 == 0 {
        await rig.collector.wait("the records") { $0.records.count == slot }
      }
    }
    let count = rig.collector.memory.withLock { $0.alive.count }
    await rig.collector.wait("some seconds") { $0.alive.count > count + 15 }
    #expect(rig.collector.memory.withLock { ($0.alive.last?.spoolBytes ?? 0) < 400 << 10 })
    rig.collector.change { $0.reply = { _ in .store } }
    await rig.collector.wait("the newest") { memory in
      memory.evidence.contains { memory.record(of: $0.piece)?.slot == 200 }
    }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(memory.records.count == 200)
    #expect(memory.evidence.count < 200 && memory.evidence.count > 10)
    #expect(!memory.skips.isEmpty)
    #expect(memory.skips.allSatisfy { $0.skip.results == 0 && $0.skip.reason == .space })
    #expect(memory.alive.last?.droppedResults == 0)
    #expect(memory.orphans == 0)
  }
}
