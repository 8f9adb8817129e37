import Link
import Linux
import Model
import Spool
import Synchronization
import Testing
import Wire

/// A collector that takes nothing until the spool has reached its bound.
@Suite(.serialized) struct StuckSpoolTests {
  enum Trouble: CaseIterable {
    case noCredit, noAnswer, away
  }

  private static let bound = 48 << 10

  @Test(arguments: Trouble.allCases)
  func `beyond the spool's bound the oldest results go, and are told as a skip`(
    _ trouble: Trouble
  ) async throws {
    let rig = try LinkRig()
    var limits = SpoolLimits.roomy
    limits.bytes = Self.bound
    limits.segmentBytes = 4 << 10
    try rig.start(limits: limits)
    await rig.collector.wait("a session") { $0.sessions == 1 && !$0.alive.isEmpty }
    switch trouble {
    case .noCredit:
      rig.collector.change { $0.credit = Credit(bytes: 0, batches: 0) }
      rig.collector.send(Credit(bytes: 0, batches: 0))
      let count = rig.collector.memory.withLock { $0.alive.count }
      await rig.collector.wait("ALIVE after it") { $0.alive.count > count + 1 }
    case .noAnswer: rig.collector.change { $0.reply = { _ in .silence } }
    case .away:
      rig.collector.change { $0.refusal = End(.overload, message: "") }
      rig.collector.send(GoAway(End(.shutdown, message: "")))
      let connections = rig.collector.memory.withLock { $0.connections }
      await rig.collector.wait("an attempt") { $0.connections > connections }
    }

    // Some three times of what the spool may hold.
    var made: [ProbeRecord] = []
    let state = rig.state
    while Self.number("results_lost", state) ?? 0 < 100, made.count < 5_000 {
      for _ in 0..<120 {
        let detail = String(repeating: "x", count: 200)
        let isUp = made.count % 2 == 0
        made.append(
          rig.probe(UInt64(made.count % 7), isUp ? .up : .failed(Failure(.content, detail: detail)))
        )
        await poll(seconds: 1) { [clock = rig.clock, last = made[made.count - 1]] in
          clock.nowMs() > last.startedAtMs
        }
      }
      let lost = Self.number("results_lost", state) ?? 0
      await poll(seconds: 6) { Self.number("results_lost", state) ?? 0 > lost }
    }
    // Nothing more is made: it settles within the bound, and says so.
    await poll { (Self.number("spool_bytes", state) ?? .max) <= Self.bound }
    let bytes = try #require(Self.number("spool_bytes", state))
    #expect(bytes <= Self.bound)
    #expect(bytes > Self.bound / 2)
    let lost = try #require(Self.number("results_lost", state))
    #expect(lost >= 100)
    #expect(rig.collector.memory.withLock { $0.records.isEmpty && $0.skips.isEmpty })

    rig.collector.change {
      $0.refusal = nil
      $0.credit = Credit(bytes: 512 << 10, batches: 8)
      $0.reply = { _ in .store }
    }
    switch trouble {
    case .noCredit: rig.collector.send(Credit(bytes: 512 << 10, batches: 8))
    case .noAnswer: rig.collector.send(GoAway(End(.shutdown, message: "")))
    case .away: break
    }
    let last = try #require(made.last)
    await rig.collector.wait("the newest result", seconds: 120) { $0.records.contains(last) }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    let told = memory.skips.reduce(0) { $0 + $1.skip.results }
    #expect(memory.records.count + Int(told) == made.count)
    // The oldest went, and nothing but these.
    #expect(memory.records == Array(made.suffix(memory.records.count)))
    #expect(memory.skips.allSatisfy { $0.skip.reason == .space })
    #expect(memory.skips.first?.skip.first == 1)
    #expect(memory.skips.first?.skip.fromMs == made[0].startedAtMs)
    #expect(memory.skips.count < 20)
    #expect(Self.number("results_lost", state) == Int(told))
    #expect(memory.problems.isEmpty)
    #expect(memory.badSignatures == 0)
  }

  private static func number(_ key: String, _ state: StateFolder) -> Int? {
    guard let text = try? state.status() else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(key + " = ") {
      return Int(line.dropFirst(key.count + 3).filter { $0 != "\"" })
    }
    return nil
  }
}
