import AgentCore
import Linux
import Model
import Probing
import Synchronization
import Testing

/// Keeps what a prober tells, and lets a test wait for it.
final class Notebook: ProbeSink {
  struct Notes: Sendable {
    var records: [ProbeRecord] = []
    /// Each with the number of records that came before it.
    var evidence: [(evidence: ProbeEvidence, record: ProbeRecord, after: Int)] = []
    /// Each with the number of records that came before it.
    var traces: [(trace: String, record: ProbeRecord, after: Int)] = []
    var running: [InFlightIndex: (slot: UInt64, startedAtMs: Int64)] = [:]
    var mostRunning = 0
    var started = 0
    /// Each with the number of records that came before it.
    var overdue: [(slot: UInt64, after: Int)] = []
    var dropped: [ProbeRequestID] = []
    var canaries: [(set: UInt64, index: Int, passed: Bool)] = []
    var tried: [(request: ProbeRequestID, record: ProbeRecord, attempts: String)] = []
    fileprivate var waiters: [(isDone: @Sendable (Notes) -> Bool, resume: @Sendable () -> Void)] =
      []
  }

  private let notes = Mutex(Notes())

  var now: Notes { notes.withLock { $0 } }

  /// Waits until the notes satisfy a condition, and returns them.
  func wait(until isDone: @escaping @Sendable (Notes) -> Bool) async -> Notes {
    await withCheckedContinuation { continuation in
      notes.withLock { $0.waiters.append((isDone, { continuation.resume() })) }
      change { _ in }
    }
    return now
  }

  private func change(_ change: (inout Notes) -> Void) {
    let resumes = notes.withLock { notes -> [@Sendable () -> Void] in
      change(&notes)
      var resumes: [@Sendable () -> Void] = []
      var kept: [(isDone: @Sendable (Notes) -> Bool, resume: @Sendable () -> Void)] = []
      for waiter in notes.waiters {
        if waiter.isDone(notes) { resumes.append(waiter.resume) } else { kept.append(waiter) }
      }
      notes.waiters = kept
      return resumes
    }
    for resume in resumes { resume() }
  }

  func probeStarted(slot: UInt64, startedAtMs: Int64) -> InFlightIndex {
    var index = InFlightIndex(rawValue: 0)
    change { notes in
      index = InFlightIndex(rawValue: Int32(notes.started))
      notes.started += 1
      notes.running[index] = (slot, startedAtMs)
      notes.mostRunning = max(notes.mostRunning, notes.running.count)
    }
    return index
  }

  func evidenceFound(_ evidence: ProbeEvidence, of record: ProbeRecord) {
    change { $0.evidence.append((evidence, record, $0.records.count)) }
  }

  func traceFound(_ trace: [UInt8], of record: ProbeRecord) {
    change {
      $0.traces.append((String(decoding: trace, as: UTF8.self), record, $0.records.count))
    }
  }

  func probeFinished(_ record: ProbeRecord, inFlight: InFlightIndex) {
    change { notes in
      let start = notes.running.removeValue(forKey: inFlight)
      #expect(start?.slot == record.slot && start?.startedAtMs == record.startedAtMs)
      notes.records.append(record)
    }
  }

  func probeOverdue(slot: UInt64, runningMs: UInt32) {
    change { $0.overdue.append((slot, $0.records.count)) }
  }

  func requestDropped(_ request: ProbeRequestID) {
    change { $0.dropped.append(request) }
  }

  func canaryAnswered(set: UInt64, index: Int, passed: Bool) {
    change { $0.canaries.append((set, index, passed)) }
  }

  func tried(_ request: ProbeRequestID, _ record: ProbeRecord, attempts: [UInt8]) {
    change { $0.tried.append((request, record, String(decoding: attempts, as: UTF8.self))) }
  }
}

/// A prober of its own for one test, on a notebook.
struct TestProber {
  let prober: Prober
  let notebook = Notebook()
  let agent = AgentID(high: 1, low: 2)

  init(_ change: (inout ProberConfiguration) -> Void = { $0.allowsLoopback = true }) throws {
    var configuration = ProberConfiguration()
    change(&configuration)
    prober = Prober(
      configuration: configuration, agent: agent, clock: AgentClock(), sink: notebook)
    try prober.start()
  }

  /// Probes a check once, now, and gives the record.
  func probe(
    _ check: Check, timeoutMs: UInt32 = 5_000, deadlineMs: UInt32 = 60_000
  ) async
    -> ProbeRecord
  {
    let request = ProbeRequestID.random()
    prober.probeNow(
      request, target: Self.target(7, check, timeoutMs: timeoutMs), deadlineMs: deadlineMs)
    let notes = await notebook.wait { $0.records.contains { $0.request == request } }
    return notes.records.first { $0.request == request }
      ?? ProbeRecord(slot: 0, startedAtMs: 0, total: 0, outcome: .up)
  }

  func probe(_ url: String, timeoutMs: UInt32 = 5_000) async -> ProbeRecord {
    await probe(.http(HTTPCheck(url: url)), timeoutMs: timeoutMs)
  }

  static func target(
    _ slot: UInt64, _ check: Check, intervalSeconds: UInt32 = 1, timeoutMs: UInt32 = 10_000,
    phaseMs: UInt32 = 0
  ) -> AssignedTarget {
    AssignedTarget(
      slot: slot, monitor: MonitorID(high: 0, low: slot), intervalSeconds: intervalSeconds,
      timeoutMs: timeoutMs, phaseMs: phaseMs, question: .check(check))
  }
}

extension HostileServer {
  /// Answers every request with this head and body.
  convenience init(answering text: String) throws {
    try self.init { head in head.isEmpty ? nil : [.send(text), .close] }
  }
}

let plainAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

@Suite struct ProberTests {
  @Test func `canaries are asked at once beside a full prober, and make no records`() async throws {
    let server = try HostileServer { _ in [.hold] }
    let test = try TestProber {
      $0.allowsLoopback = true
      $0.maximumConcurrentProbes = 1
    }
    test.prober.probeNow(
      ProbeRequestID(high: 1, low: 1),
      target: TestProber.target(7, .http(HTTPCheck(url: server.url("/")))), deadlineMs: 2_000)
    func canary(_ host: String, _ port: UInt16) -> AssignedTarget {
      AssignedTarget(
        slot: 1 << 62, monitor: .zero, intervalSeconds: 10, timeoutMs: 1_500, phaseMs: 0,
        question: .canary(TCPCheck(host: host, port: port)))
    }
    test.prober.ask(
      canaries: [
        canary("127.0.0.1", server.port), canary("localhost", server.port), canary("127.0.0.1", 1),
      ], set: 5)
    let notes = await test.notebook.wait { $0.canaries.count == 3 }
    test.prober.stop()
    server.stop()
    #expect(notes.records.allSatisfy { $0.slot == 7 })
    #expect(notes.canaries.allSatisfy { $0.set == 5 })
    let passed = notes.canaries.filter(\.passed).map(\.index)
    #expect(Set(passed) == [0, 1])
  }

  @Test func `eight checks are tried at once, one more has no place, and none is recorded`()
    async throws
  {
    let silent = try HostileServer { _ in [.hold] }
    let server = try HostileServer(answering: plainAnswer)
    let test = try TestProber()
    func tryOut(_ low: UInt64, _ url: String) {
      test.prober.tryOut(
        ProbeRequestID(high: 0, low: low),
        target: TestProber.target(0, .http(HTTPCheck(url: url)), timeoutMs: 60_000),
        deadlineMs: 60_000)
    }
    for low in 0..<9 { tryOut(UInt64(low), silent.url("/")) }
    let full = await test.notebook.wait { !$0.tried.isEmpty }
    #expect(full.tried.map(\.request.low) == [8])
    #expect(full.tried.first?.record.outcome.failure?.reason == .agentBusy)
    silent.stop()
    let freed = await test.notebook.wait { $0.tried.count == 9 }
    #expect(freed.tried.dropFirst().allSatisfy { !$0.record.outcome.isUp })
    tryOut(9, server.url("/"))
    tryOut(10, "http://169.254.169.254/")
    let notes = await test.notebook.wait { $0.tried.count == 11 }
    test.prober.stop()
    server.stop()
    let last = Dictionary(uniqueKeysWithValues: notes.tried.map { ($0.request.low, $0.record) })
    #expect(last[9]?.outcome == .up && last[9]?.status == 200 && last[9]?.phases != nil)
    #expect(last[9]?.address == .ipv4(0x7f00_0001))
    #expect(last[10]?.outcome.failure?.reason == .agentAddressRefused)
    #expect(notes.started == 0 && notes.records.isEmpty && notes.evidence.isEmpty)
  }

  @Test func `a scheduled target is probed in its turns, with phases and a header that names it`()
    async throws
  {
    let server = try HostileServer(answering: plainAnswer)
    let test = try TestProber()
    test.prober.assign([
      TestProber.target(42, .http(HTTPCheck(url: server.url("/a"))), phaseMs: 250)
    ])
    let notes = await test.notebook.wait { $0.records.count >= 2 }
    test.prober.stop()
    server.stop()
    let record = try #require(notes.records.first)
    #expect(record.slot == 42)
    #expect(record.outcome == .up)
    #expect(record.status == 200)
    #expect(record.certificateDays == nil)
    #expect(record.request == nil)
    let phases = try #require(record.phases)
    #expect(phases.dns <= phases.connect && phases.connect <= phases.tls)
    #expect(phases.tls <= phases.firstByte && phases.firstByte <= record.total)
    #expect(phases.firstByte > 0)
    // Never before its turn, and once a turn; how long after it is up to the machine.
    let turns = notes.records.prefix(2).map { ($0.startedAtMs - 250) / 1_000 }
    #expect(turns[0] < turns[1])
    let head = try #require(server.heads.first)
    #expect(head.hasPrefix("GET /a HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"))
    #expect(head.contains("\r\nUpblit-Probe: \(test.agent)/42/\(record.startedAtMs)\r\n"))
    #expect(head.contains("\r\nUser-Agent: upblit-agent\r\n"))
    #expect(server.heads[1].contains("/42/\(notes.records[1].startedAtMs)\r\n"))
    #expect(server.openConnections == 0)
  }

  @Test func `requests that waited for a lookup keep to the room that requests have`() async throws
  {
    let server = try HostileServer { head in
      head.isEmpty ? nil : [.pause(ms: 700), .send(plainAnswer), .close]
    }
    // Half of the room is for lookups: fewer than requests may run.
    let test = try TestProber {
      $0.allowsLoopback = true
      $0.maximumConcurrentProbes = 110
    }
    var check = HTTPCheck(url: "http://localhost:\(server.port)/")
    check.family = .ipv4
    for slot in 1...200 as ClosedRange<UInt64> {
      test.prober.probeNow(
        .random(), target: TestProber.target(slot, .http(check)), deadlineMs: 60_000)
    }
    let notes = await test.notebook.wait { $0.records.count == 200 }
    test.prober.stop()
    server.stop()
    #expect(notes.mostRunning > 50)
    #expect(notes.mostRunning <= 64)
    #expect(notes.records.allSatisfy { $0.outcome == .up })
  }

  @Test func `a thousand targets that are due at once are all probed, each on its own connection`()
    async throws
  {
    let server = try HostileServer { head in
      head.isEmpty ? nil : [.pause(ms: 50), .send(plainAnswer), .close]
    }
    let test = try TestProber()
    let phaseMs = UInt32((AgentClock.wallMs() + 700) % 10_000)
    test.prober.assign(
      (1...1_000).map {
        TestProber.target(
          $0, .http(HTTPCheck(url: server.url("/\($0)"))), intervalSeconds: 10, timeoutMs: 10_000,
          phaseMs: phaseMs)
      })
    let notes = await test.notebook.wait { Set($0.records.map(\.slot)).count == 1_000 }
    #expect(notes.records.allSatisfy { $0.outcome == .up })
    #expect(notes.mostRunning > 100)
    let statistics = test.prober.statistics
    #expect(statistics.assigned == 1_000)
    #expect(statistics.failingTargets == 0)
    test.prober.stop()
    #expect(test.prober.statistics.inFlight == 0)
    #expect(test.prober.statistics.finishedProbes == UInt64(test.notebook.now.records.count))
    server.stop()
    #expect(Set(server.heads.map { $0.split(separator: " ")[1] }).count == 1_000)
  }

  @Test func `beyond the bound probes wait and are not lost`() async throws {
    let server = try HostileServer { head in
      head.isEmpty ? nil : [.pause(ms: 20), .send(plainAnswer), .close]
    }
    let test = try TestProber {
      $0.allowsLoopback = true
      $0.maximumConcurrentProbes = 3
    }
    // One phase for all: a starved test may give it when it is over, and then all are due a turn
    // later. Neither that nor a slow answer is what is tested here.
    let phaseMs = UInt32((AgentClock.wallMs() + 500) % 10_000)
    test.prober.assign(
      (1...40).map {
        TestProber.target(
          $0, .http(HTTPCheck(url: server.url())), intervalSeconds: 10, timeoutMs: 10_000,
          phaseMs: phaseMs)
      })
    let notes = await test.notebook.wait { Set($0.records.map(\.slot)).count == 40 }
    test.prober.stop()
    server.stop()
    #expect(notes.mostRunning == 3)
    #expect(notes.records.allSatisfy { $0.outcome == .up })
  }

  @Test func `a new table keeps what did not change, and ends what is gone after its last probe`()
    async throws
  {
    let server = try HostileServer { head in
      guard !head.isEmpty else { return nil }
      return head.hasPrefix("GET /slow")
        ? [.pause(ms: 400), .send(plainAnswer)]
        : [.send(plainAnswer), .close]
    }
    let test = try TestProber()
    func target(_ slot: UInt64, _ path: String) -> AssignedTarget {
      TestProber.target(slot, .http(HTTPCheck(url: server.url(path))))
    }
    test.prober.assign([target(1, "/keep"), target(2, "/slow"), target(3, "/edited")])
    _ = await test.notebook.wait { $0.running.values.contains { $0.slot == 2 } }
    test.prober.assign([target(1, "/keep"), target(3, "/other"), target(4, "/new")])
    let notes = await test.notebook.wait { notes in
      [1, 3, 4].allSatisfy { slot in notes.records.filter { $0.slot == slot }.count >= 3 }
    }
    test.prober.stop()
    server.stop()
    let lastOfGone = notes.records.filter { $0.slot == 2 }.map(\.startedAtMs).max()
    let firstOfNew = notes.records.filter { $0.slot == 4 }.map(\.startedAtMs).min()
    #expect(try #require(lastOfGone) <= #require(firstOfNew))
    #expect(!notes.running.values.contains { $0.slot == 2 })
    #expect(notes.records.allSatisfy { $0.outcome == .up })
    #expect(server.heads.last { $0.contains("/3/") }?.hasPrefix("GET /other ") == true)
    #expect(test.prober.statistics.assigned == 3)
  }

  @Test func `a target that is not understood is recorded as the agent's own trouble`() async throws
  {
    let test = try TestProber()
    var target = TestProber.target(5, .http(HTTPCheck(url: "http://127.0.0.1/")))
    target.question = .notUnderstood(kind: 99, reason: "kind 99", options: [])
    test.prober.assign([target])
    let notes = await test.notebook.wait { !$0.records.isEmpty }
    #expect(
      notes.records.first?.outcome
        == .failed(
          Failure(.agentNotUnderstood, detail: "the agent does not understand the check: kind 99")))
    #expect(test.prober.statistics.failingTargets == 0)
    test.prober.stop()
  }

  @Test func `the watermark waits for a probe that is out, and stopping for its end`() async throws
  {
    let server = try HostileServer { head in head.isEmpty ? nil : [.hold] }
    let test = try TestProber()
    test.prober.assign([
      TestProber.target(
        1, .http(HTTPCheck(url: server.url())), intervalSeconds: 120, timeoutMs: 120_000,
        phaseMs: UInt32((AgentClock.wallMs() + 300) % 120_000))
    ])
    let running = await test.notebook.wait { !$0.running.isEmpty }
    let start = try #require(running.running.values.first?.startedAtMs)
    #expect(test.prober.statistics.watermarkMs <= start)
    #expect(test.prober.statistics.inFlight <= 1)
    // Watermarks are whole milliseconds: the next must have begun to tell one from the start.
    while AgentClock.wallMs() <= start + 1 { await Task.yield() }
    server.stop()
    test.prober.stop()
    let notes = test.notebook.now
    #expect(notes.records.count == 1)
    #expect(notes.running.isEmpty)
    #expect(test.prober.statistics.watermarkMs > start)
  }

  @Test func `a probe that runs for too long is told of once, before its limit`() async throws {
    let server = try HostileServer { head in head.isEmpty ? nil : [.hold] }
    let test = try TestProber()
    test.prober.assign([
      TestProber.target(
        9, .http(HTTPCheck(url: server.url())), intervalSeconds: 1, timeoutMs: 5_000)
    ])
    let notes = await test.notebook.wait { !$0.records.isEmpty }
    #expect(notes.overdue.first?.slot == 9)
    #expect(notes.overdue.first?.after == 0)
    #expect(notes.overdue.filter { $0.after == 0 }.count == 1)
    #expect(notes.records.first?.outcome.failure?.failureClass == .timeout)
    test.prober.stop()
    #expect(test.prober.statistics.failingTargets == 1)
    #expect(test.prober.statistics.skippedTurns >= 1)
    server.stop()
  }

  @Test func `requests beyond their bound wait, and are dropped when the prober stops`()
    async throws
  {
    let server = try HostileServer { head in
      head.isEmpty ? nil : [.pause(ms: 1_500), .send(plainAnswer)]
    }
    let test = try TestProber()
    let target = TestProber.target(0, .http(HTTPCheck(url: server.url())), timeoutMs: 10_000)
    for number in 0..<100 {
      test.prober.probeNow(
        ProbeRequestID(high: 0, low: UInt64(number)), target: target, deadlineMs: 20_000)
    }
    let notes = await test.notebook.wait { !$0.records.isEmpty }
    #expect(notes.mostRunning == 64)
    test.prober.stop()
    let end = test.notebook.now
    #expect(end.records.count + end.dropped.count == 100)
    #expect(end.mostRunning <= 64)
    #expect(Set(end.records.map(\.startedAtMs)).count == end.records.count)
    server.stop()
  }

  @Test func `a request that waited longer than its deadline is dropped, those behind it are not`()
    async throws
  {
    let server = try HostileServer { head in
      head.isEmpty ? nil : [.pause(ms: 1_500), .send(plainAnswer)]
    }
    let test = try TestProber()
    let target = TestProber.target(0, .http(HTTPCheck(url: server.url())), timeoutMs: 10_000)
    // The first fill the room until the deadline of the next has passed.
    for number in 0..<64 + 10 + 10 {
      test.prober.probeNow(
        ProbeRequestID(high: 0, low: UInt64(number)), target: target,
        deadlineMs: 64..<74 ~= number ? 200 : 20_000)
    }
    let notes = await test.notebook.wait { $0.records.count + $0.dropped.count == 84 }
    #expect(notes.dropped.count == 10)
    #expect(notes.records.count == 74)
    #expect(notes.records.allSatisfy { $0.outcome == .up })
    test.prober.stop()
    server.stop()
  }

  @Test func `a deadline that cuts a probe short says nothing about the target`() async throws {
    let server = try HostileServer { head in head.isEmpty ? nil : [.hold] }
    let test = try TestProber()
    let record = await test.probe(
      .http(HTTPCheck(url: server.url())), timeoutMs: 5_000, deadlineMs: 100)
    #expect(record.outcome.failure?.failureClass == .agent)
    test.prober.stop()
    server.stop()
  }

  @Test func `a prober starts once`() throws {
    let test = try TestProber()
    #expect(throws: ProberError.startedTwice) { try test.prober.start() }
    test.prober.stop()
  }
}
