import AgentCore
import Link
import Linux
import Model
import Probing
import Signing
import Spool
import Synchronization
import Testing
import Wire

@Suite(.serialized) struct LinkTests {
  private static let failed = Outcome.failed(Failure(.timeout, detail: "slow"))

  private static func target(_ slot: UInt64) -> AssignedTarget {
    AssignedTarget(
      slot: slot, monitor: MonitorID(high: 1, low: slot), intervalSeconds: 60, timeoutMs: 10_000,
      phaseMs: 0, question: .check(.tcp(TCPCheck(host: "127.0.0.1", port: 9))))
  }

  @Test func `records arrive once, signed, and a stop delivers what is left`() async throws {
    let rig = try LinkRig()
    try rig.start()
    var made: [ProbeRecord] = []
    for slot in 1...20 { made.append(rig.probe(UInt64(slot), slot % 5 == 0 ? Self.failed : .up)) }
    await rig.collector.wait("all records") { $0.records.count >= 20 }
    for slot in 21...25 { made.append(rig.probe(UInt64(slot))) }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(Set(memory.records) == Set(made))
    #expect(memory.records.count == 25)
    #expect(memory.badSignatures == 0)
    #expect(memory.problems.isEmpty)
  }

  @Test func `lost acks, lost batches and refusals lose nothing and double nothing`() async throws {
    let rig = try LinkRig()
    let turn = Mutex(0)
    rig.collector.change {
      $0.reply = { _ in
        let now = turn.withLock { turn in
          turn += 1
          return turn
        }
        switch now % 7 {
        case 1: return .storeAndHangUp
        case 3: return .hangUp
        case 4: return .nack(.busy)
        case 5: return .nack(.gap)
        default: return .store
        }
      }
    }
    try rig.start()
    var made: Set<ProbeRecord> = []
    for round in 1...6 {
      for slot in 1...5 as ClosedRange<UInt64> {
        made.insert(rig.probe(UInt64(round) * 100 + slot, round % 2 == 0 ? Self.failed : .up))
      }
      await rig.collector.wait("round \(round)", seconds: 60) { $0.records.count >= round * 5 }
    }
    // The last ack may have been lost; the batch then waits for the next start.
    guard case .stopped = await rig.stop() else {
      Issue.record("must stop")
      return
    }
    let memory = rig.collector.memory.withLock { $0 }
    #expect(memory.records.count == made.count)
    #expect(Set(memory.records) == made)
    #expect(memory.skips.isEmpty)
    #expect(memory.sessions > 2)
  }

  @Test func `what was not delivered is delivered by the next process`() async throws {
    let rig = try LinkRig()
    rig.collector.change { $0.credit = Credit(bytes: 0, batches: 0) }
    try rig.start()
    let first = rig.probe(1)
    let second = rig.probe(2, Self.failed)
    await rig.collector.wait("a session") { $0.sessions == 1 }
    #expect(await rig.stop(withinMs: 100) == .stopped(unacked: 1))
    rig.collector.change { $0.credit = Credit(bytes: 1 << 20, batches: 8) }
    try rig.start()
    let third = rig.probe(3, Self.failed)
    await rig.collector.wait("all records") { $0.records.count >= 3 }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(Set(memory.records) == [first, second, third])
    #expect(memory.boots.count == 2)
    #expect(memory.auths.last?.streams.count == 2)
  }

  @Test func `canaries are asked beside the targets, and ALIVE tells what they said at once`()
    async throws
  {
    let rig = try LinkRig()
    let canaries = CanaryWatchTests.canaries(5)
    rig.collector.change { $0.assignment = [Self.target(1)] + canaries }
    try rig.start()
    await rig.collector.wait("an ALIVE that knows of them") { $0.alive.last?.canaries == 0x1f00 }
    #expect(rig.prober.asked.withLock { $0.targets.map(\.slot) } == [1])
    let set = try #require(rig.prober.asked.withLock { $0.canarySets.first })
    #expect(set.canaries == canaries)
    for index in canaries.indices {
      rig.sink.canaryAnswered(set: set.set, index: index, passed: index != 2)
    }
    await rig.collector.wait("what they said") { $0.alive.last?.canaries == 0x1f04 }
    let first = try #require(rig.collector.memory.withLock { $0.alive.last })
    #expect(first.canarySetMs > 0 && first.canarySetMs <= first.nowMs)

    let failed = rig.probe(1, Self.failed)
    while rig.prober.asked.withLock({ $0.canarySets.count }) < 2 { await Task.yield() }
    let second = try #require(rig.prober.asked.withLock { $0.canarySets.last })
    for index in canaries.indices {
      rig.sink.canaryAnswered(set: second.set, index: index, passed: true)
    }
    await rig.collector.wait("a set that began after the failure") { memory in
      memory.alive.last.map { $0.canaries == 0x1f00 && $0.canarySetMs >= failed.startedAtMs }
        ?? false
    }
    _ = await rig.stop()
    #expect(rig.collector.memory.withLock { $0.problems.isEmpty })
  }

  @Test func `an agent whose operator refuses canaries asks none, and says so`() async throws {
    let rig = try LinkRig()
    rig.collector.change { $0.assignment = [Self.target(1)] + CanaryWatchTests.canaries(5) }
    try rig.start { $0.asksCanaries = false }
    await rig.collector.wait("some ALIVEs") { $0.alive.count { $0.assignmentRevision > 0 } >= 2 }
    _ = await rig.stop()
    #expect(rig.collector.memory.withLock { $0.alive.allSatisfy { $0.canaries == 0 } })
    #expect(rig.prober.asked.withLock { $0.canarySets.isEmpty })
  }

  @Test func `while much fails at once questions wait for the canaries`() async throws {
    let rig = try LinkRig()
    rig.prober.asked.withLock { ($0.failing, $0.assigned) = (5, 10) }
    rig.collector.change { $0.assignment = [Self.target(1)] + CanaryWatchTests.canaries(1) }
    try rig.start()
    await rig.collector.wait("a session") { $0.assignAcks.count == 1 }
    rig.collector.send(
      ProbeNow(id: ProbeRequestID(high: 1, low: 1), target: Self.target(1), deadlineMs: 9_000))
    rig.collector.send(Ping(token: 1))
    await rig.collector.wait("two ALIVEs more") {
      [count = rig.collector.memory.withLock { $0.alive.count }] in
      $0.alive.count >= count + 2
    }
    #expect(rig.prober.asked.withLock { $0.requests.isEmpty })
    let set = try #require(rig.prober.asked.withLock { $0.canarySets.first })
    rig.sink.canaryAnswered(set: set.set, index: 0, passed: true)
    while rig.prober.asked.withLock({ $0.requests.isEmpty }) { await Task.yield() }
    _ = await rig.stop()
  }

  @Test func `an assignment is obeyed, stored, changed by deltas and asked for anew`() async throws
  {
    let rig = try LinkRig()
    rig.collector.change {
      $0.assignment = [Self.target(1), Self.target(2)]
      $0.revision = 7
    }
    try rig.start()
    await rig.collector.wait("the first ack") {
      $0.assignAcks == [AssignAck(revision: 7, status: .applied)]
    }
    #expect(rig.prober.asked.withLock { $0.targets.map(\.slot) } == [1, 2])
    rig.collector.send(
      AssignDelta(baseRevision: 7, revision: 8, upserts: [Self.target(3)], removals: [1]))
    await rig.collector.wait("the second ack") { $0.assignAcks.last?.revision == 8 }
    #expect(rig.prober.asked.withLock { $0.targets.map(\.slot) } == [2, 3])
    rig.collector.change {
      $0.revision = 11
      $0.assignment = [Self.target(5)]
    }
    rig.collector.send(AssignDelta(baseRevision: 10, revision: 11, upserts: [], removals: []))
    await rig.collector.wait("all again") { $0.assignAcks.last?.revision == 11 }
    #expect(
      rig.collector.memory.withLock { $0.assignAcks.map(\.status) }
        == [.applied, .applied, .needFull, .applied])
    _ = await rig.stop()
    rig.prober.assign([])
    rig.collector.change { $0.refusal = End(.overload, message: "") }
    try rig.start()
    await rig.collector.wait("an attempt") { $0.connections >= 2 }
    #expect(rig.prober.asked.withLock { $0.targets.map(\.slot) } == [5])
    _ = await rig.stop()
  }

  @Test func `an answer to a request is followed by PROBE_DONE, a dropped one by zeros`()
    async throws
  {
    let rig = try LinkRig()
    try rig.start()
    await rig.collector.wait("a session") { $0.sessions == 1 }
    let request = ProbeRequestID(high: 4, low: 4)
    rig.collector.send(ProbeNow(id: request, target: Self.target(6), deadlineMs: 2_000))
    let prober = rig.prober
    await poll { prober.asked.withLock { !($0.requests.isEmpty) } }
    rig.probe(6, request: request)
    await rig.collector.wait("PROBE_DONE") { !$0.done.isEmpty }
    let memory = rig.collector.memory.withLock { $0 }
    let done = try #require(memory.done.first)
    #expect(done.id == request)
    #expect(memory.bodies[BatchName(stream: done.stream, sequence: done.sequence)] != nil)
    rig.sink.requestDropped(ProbeRequestID(high: 5, low: 5))
    rig.sink.probeOverdue(slot: 6, runningMs: 1_700)
    await rig.collector.wait("the rest") { $0.done.count == 2 && $0.overdue.count == 1 }
    #expect(rig.collector.memory.withLock { $0.done.last?.isDropped } == true)
    #expect(
      rig.collector.memory.withLock { $0.overdue } == [Overdue(slot: 6, runningMs: 1_700)])
    _ = await rig.stop()
  }

  @Test func `a check that is tried goes to the prober, and its answer into no batch`() async throws
  {
    let rig = try LinkRig()
    try rig.start()
    await rig.collector.wait("a session") { $0.sessions == 1 && $0.features == Features.tries }
    let request = ProbeRequestID(high: 6, low: 6)
    rig.collector.send(Try(id: request, target: Self.target(0), deadlineMs: 2_000))
    let prober = rig.prober
    await poll { prober.asked.withLock { !$0.tries.isEmpty } }
    let asked = try #require(prober.asked.withLock { $0.tries.first })
    #expect(asked.id == request && asked.target == Self.target(0) && asked.deadlineMs == 2_000)
    let made = record(0, at: rig.clock.nowMs(), .up, request: request)
    rig.sink.tried(request, made, attempts: [65, 10])
    await rig.collector.wait("TRIED") { !$0.tried.isEmpty }
    _ = await rig.stop()
    let memory = rig.collector.memory.withLock { $0 }
    let tried = try #require(memory.tried.first)
    #expect(tried.id == request && tried.attempts == [65, 10])
    #expect(tried.record.startedAtMs == made.startedAtMs && tried.record.request == nil)
    #expect(memory.bodies.isEmpty && memory.done.isEmpty && memory.problems.isEmpty)
  }

  @Test func `the watermark never passes a record that was sent and not acked`() async throws {
    let rig = try LinkRig()
    rig.prober.asked.withLock { $0.watermarkMs = 1_000 }
    rig.collector.change { $0.reply = { _ in .silence } }
    try rig.start()
    await rig.collector.wait("the watermark") { $0.alive.last?.watermarkMs == 1_000 }
    rig.probe(1, Self.failed)
    rig.prober.asked.withLock { $0.watermarkMs = 5_000 }
    await rig.collector.wait("the batch") { $0.silenced == 1 }
    let count = rig.collector.memory.withLock { $0.alive.count }
    await rig.collector.wait("more ALIVE") { $0.alive.count > count + 8 }
    #expect(rig.collector.memory.withLock { $0.alive.last?.watermarkMs } == 1_000)
    // The next session brings the batch again.
    rig.collector.change { $0.reply = { _ in .store } }
    rig.collector.send(GoAway(End(.shutdown, message: "")))
    await rig.collector.wait("the watermark") { $0.alive.last?.watermarkMs == 5_000 }
    #expect(rig.collector.memory.withLock { $0.records.count } == 1)
    _ = await rig.stop()
  }

  @Test func `the watermark never passes a record that was not sent`() async throws {
    let rig = try LinkRig()
    rig.prober.asked.withLock { $0.watermarkMs = 1_000 }
    try rig.start()
    await rig.collector.wait("the watermark") { $0.alive.last?.watermarkMs == 1_000 }
    rig.collector.change {
      $0.credit = Credit(bytes: 0, batches: 0)
      $0.toSend.append { try $0.seal(Credit(bytes: 0, batches: 0)) }
    }
    let before = rig.collector.memory.withLock { $0.alive.count }
    await rig.collector.wait("more ALIVE") { $0.alive.count > before + 2 }
    rig.probe(1, Self.failed)
    rig.prober.asked.withLock { $0.watermarkMs = 5_000 }
    let count = rig.collector.memory.withLock { $0.alive.count }
    await rig.collector.wait("more ALIVE") { $0.alive.count > count + 3 }
    #expect(rig.collector.memory.withLock { $0.alive.last?.watermarkMs } == 1_000)
    rig.collector.send(Credit(bytes: 1 << 20, batches: 8))
    await rig.collector.wait("the watermark") { $0.alive.last?.watermarkMs == 5_000 }
    #expect(rig.collector.memory.withLock { $0.records.count } == 1)
    _ = await rig.stop()
  }

  @Test func `a collector that can't prove itself gets no result`() async throws {
    let rig = try LinkRig()
    rig.collector.change { $0.forgesProof = true }
    try rig.start()
    rig.probe(1, Self.failed)
    await rig.collector.wait("two attempts") { $0.connections >= 2 }
    #expect(await rig.stop(withinMs: 100) == .stopped(unacked: 1))
    #expect(rig.collector.memory.withLock { $0.records.isEmpty && $0.alive.isEmpty })
  }

  @Test func `a batch that can never be taken is put aside and announced`() async throws {
    let rig = try LinkRig()
    rig.collector.change {
      $0.reply = { $0.kind == .records && $0.sequence == 1 ? .nack(.malformed) : .store }
    }
    try rig.start()
    rig.probe(1, Self.failed)
    await rig.collector.wait("the skip") { !$0.skips.isEmpty }
    let later = rig.probe(2, Self.failed)
    await rig.collector.wait("what came later") { !$0.records.isEmpty }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(memory.records == [later])
    #expect(memory.skips.map(\.skip.reason) == [.refused])
    #expect(memory.skips.map(\.skip.results) == [1])
    #expect(memory.badSignatures == 0)
  }

  @Test func `a restored snapshot resends, forks and goes on in a new stream`() async throws {
    let rig = try LinkRig()
    try rig.start()
    rig.probe(1, Self.failed)
    await rig.collector.wait("a record") { $0.records.count == 1 }
    // Elsewhere the same stream went on.
    rig.collector.change { memory in
      for stream in memory.committed.keys {
        memory.committed[stream] = 2
        memory.digests[BatchName(stream: stream, sequence: 2)] = BatchDigest(77)
      }
      memory.reply = { _ in .hangUp }
    }
    let mine = rig.probe(2, Self.failed)
    await rig.collector.wait("a new session") { $0.connections >= 2 }
    rig.collector.change { $0.reply = { _ in .store } }
    await rig.collector.wait("the record") { $0.records.contains(mine) }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(memory.records.count == 2)
    #expect(memory.committed.count == 2)
  }

  @Test func `pins are stored before they are used`() async throws {
    let rig = try LinkRig()
    try rig.start()
    await rig.collector.wait("a session") { $0.sessions == 1 }
    let hashes = [[UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32)]
    rig.collector.send(Pins(hashes: hashes))
    rig.collector.send(Ping(token: 1))
    let count = rig.collector.memory.withLock { $0.alive.count }
    await rig.collector.wait("ALIVE after it") { $0.alive.count > count + 1 }
    #expect(try rig.state.pins().map(\.hash) == hashes)
    _ = await rig.stop()
  }

  @Test func `a revoked agent ends and probes no more`() async throws {
    let rig = try LinkRig()
    rig.collector.change { $0.assignment = [Self.target(1)] }
    try rig.start()
    await rig.collector.wait("the assignment") { !$0.assignAcks.isEmpty }
    rig.collector.send(GoAway(End(.revoked, message: "")))
    #expect(await rig.join() == .revoked)
    #expect(rig.prober.asked.withLock { $0.targets.isEmpty })
    // Nor does the next process: nothing of the assignment is left.
    try rig.start()
    await rig.collector.wait("an attempt") { $0.sessions >= 2 && $0.auths.count >= 2 }
    #expect(rig.collector.memory.withLock { $0.auths.last?.assignmentRevision } == 0)
    _ = await rig.stop()
  }

  @Test func `when the lease ends without a collector probing rests until there is one`()
    async throws
  {
    let rig = try LinkRig()
    rig.collector.change {
      $0.assignment = [Self.target(1)]
      $0.leaseSeconds = 1
    }
    try rig.start()
    await rig.collector.wait("the assignment") { !$0.assignAcks.isEmpty }
    rig.collector.change { $0.refusal = End(.overload, message: "") }
    rig.collector.send(GoAway(End(.overload, message: "")))
    let prober = rig.prober
    await poll { prober.asked.withLock { !(!$0.targets.isEmpty) } }
    #expect(rig.prober.asked.withLock { $0.targets.isEmpty })
    rig.collector.change { $0.refusal = nil }
    await rig.collector.wait("a new session", seconds: 60) { $0.sessions >= 2 }
    let count = rig.collector.memory.withLock { $0.alive.count }
    await rig.collector.wait("ALIVE") { $0.alive.count > count }
    #expect(rig.prober.asked.withLock { $0.targets.map(\.slot) } == [1])
    _ = await rig.stop()
  }
}
