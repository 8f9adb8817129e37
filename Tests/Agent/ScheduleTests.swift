import AgentCore
import Testing

@Suite struct ScheduleTests {
  /// Drives a schedule from wake to wake, ending every probe `tookUs` after it began.
  struct Run {
    var schedule = Schedule()
    var probes: [(entry: Int, atUs: Int64)] = []
    var skips = 0
    private var running: [(endUs: Int64, entry: Int)] = []
    var tookUs: Int64 = 0

    mutating func go(from startUs: Int64, to endUs: Int64) {
      var now = startUs
      while true {
        for probe in running where probe.endUs <= now { _ = schedule.ended(entry: probe.entry) }
        running.removeAll { $0.endUs <= now }
        while let directive = schedule.next(nowUs: now) {
          switch directive {
          case .probe(let entry, _):
            probes.append((entry, now))
            running.append((now + tookUs, entry))
            if tookUs == 0 {
              _ = schedule.ended(entry: entry)
              running.removeLast()
            }
          case .skip, .missed: skips += 1
          }
        }
        let wakes = running.map(\.endUs) + [schedule.nextWakeUs() ?? endUs]
        now = max(now, wakes.min() ?? endUs)
        if now >= endUs { return }
      }
    }

    func times(of entry: Int) -> [Int64] { probes.filter { $0.entry == entry }.map(\.atUs) }
  }

  static let second: Int64 = 1_000_000

  @Test(arguments: [(0, 0), (0, 3_000), (250, 3_000), (-7_777, 59_999), (86_400_123, 1)])
  func `a target is due whenever collector time modulo its interval is its phase`(
    offsetMs: Int64, phaseMs: Int64
  ) {
    var run = Run()
    run.schedule.adjust(offsetMs: offsetMs)
    let start: Int64 = 1_700_000_012_345_678
    run.schedule.add(entry: 0, intervalMs: 60_000, phaseMs: phaseMs, nowUs: start)
    run.go(from: start, to: start + 300 * Self.second)
    #expect(run.probes.count == 5)
    for probe in run.probes {
      #expect((probe.atUs / 1000 + offsetMs - phaseMs) % 60_000 == 0)
      #expect(probe.atUs % 1000 == 0)
    }
  }

  @Test func `an adjusted offset is reached in steps of at most 1 %, the shorter way round`() {
    var run = Run()
    run.schedule.add(entry: 0, intervalMs: 10_000, phaseMs: 0, nowUs: 0)
    run.go(from: 0, to: 15 * Self.second)
    run.schedule.adjust(offsetMs: 9_650)
    run.go(from: 15 * Self.second, to: 200 * Self.second)
    let times = run.times(of: 0)
    for (earlier, later) in zip(times, times.dropFirst()) {
      #expect((9_900_000...10_100_000).contains(later - earlier))
    }
    #expect(times.dropFirst(8).allSatisfy { ($0 / 1000 + 9_650) % 10_000 == 0 })
  }

  @Test func `a target whose last probe is still out is skipped, and said to be`() {
    var schedule = Schedule()
    schedule.add(entry: 3, intervalMs: 1_000, phaseMs: 0, nowUs: 0)
    #expect(schedule.next(nowUs: 0) == .probe(entry: 3, dueUs: 0))
    #expect(schedule.next(nowUs: 0) == nil)
    #expect(schedule.next(nowUs: 1_000_000) == .skip(entry: 3))
    #expect(schedule.skippedTurns == 1)
    let isFree = schedule.ended(entry: 3)
    #expect(!isFree)
    #expect(schedule.next(nowUs: 2_000_000) == .probe(entry: 3, dueUs: 2_000_000))
  }

  @Test func `turns that nobody asked for in time are one probe and a count`() {
    var schedule = Schedule()
    schedule.add(entry: 0, intervalMs: 1_000, phaseMs: 0, nowUs: 0)
    #expect(schedule.next(nowUs: 5_200_000) == .probe(entry: 0, dueUs: 0))
    #expect(schedule.next(nowUs: 5_200_000) == .missed(entry: 0, turns: 5))
    #expect(schedule.next(nowUs: 5_200_000) == nil)
    #expect(schedule.nextWakeUs() == 6_000_000)
    #expect(schedule.skippedTurns == 5)
  }

  @Test func `two probes of one target never start in the same millisecond`() {
    var schedule = Schedule()
    schedule.add(entry: 0, intervalMs: 1_000, phaseMs: 0, nowUs: 0)
    let starts = [5, 5, 5, 6, 20].map { schedule.start(entry: 0, nowMs: $0) }
    #expect(starts == [5, 6, 7, 8, 20])
  }

  @Test func `the watermark stays before the oldest probe that is out, and before what is late`() {
    var schedule = Schedule()
    #expect(schedule.watermarkUs(nowUs: 42) == 42)
    schedule.add(entry: 0, intervalMs: 10_000, phaseMs: 1_000, nowUs: 0)
    schedule.add(entry: 1, intervalMs: 10_000, phaseMs: 2_000, nowUs: 0)
    schedule.add(entry: 2, intervalMs: 10_000, phaseMs: 9_000, nowUs: 0)
    #expect(schedule.watermarkUs(nowUs: 500_000) == 500_000)
    #expect(schedule.watermarkUs(nowUs: 3_000_000) == 1_000_000)
    #expect(schedule.next(nowUs: 3_000_000) == .probe(entry: 0, dueUs: 1_000_000))
    #expect(schedule.next(nowUs: 3_000_000) == .probe(entry: 1, dueUs: 2_000_000))
    #expect(schedule.watermarkUs(nowUs: 4_000_000) == 1_000_000)
    _ = schedule.ended(entry: 0)
    #expect(schedule.watermarkUs(nowUs: 4_000_000) == 2_000_000)
    _ = schedule.ended(entry: 1)
    #expect(schedule.watermarkUs(nowUs: 4_000_000) == 4_000_000)
  }

  @Test func `a target removed while its probe runs is free when that ends, and never due again`() {
    var schedule = Schedule()
    schedule.add(entry: 0, intervalMs: 1_000, phaseMs: 0, nowUs: 0)
    #expect(schedule.next(nowUs: 0) == .probe(entry: 0, dueUs: 0))
    let isFreeAtOnce = schedule.remove(entry: 0)
    #expect(!isFreeAtOnce)
    #expect(schedule.next(nowUs: 9_000_000) == nil)
    #expect(schedule.watermarkUs(nowUs: 9_000_000) == 0)
    let isFree = schedule.ended(entry: 0)
    #expect(isFree)
    #expect(schedule.nextWakeUs() == nil)
    schedule.add(entry: 0, intervalMs: 1_000, phaseMs: 500, nowUs: 9_000_000)
    let isGone = schedule.remove(entry: 0)
    #expect(isGone)
    #expect(schedule.next(nowUs: 20_000_000) == nil)
  }

  @Test func `a changed phase is reached by and by, a changed interval with the next turn`() {
    var run = Run()
    run.schedule.add(entry: 0, intervalMs: 10_000, phaseMs: 0, nowUs: 0)
    run.go(from: 0, to: 5 * Self.second)
    run.schedule.change(entry: 0, intervalMs: 10_000, phaseMs: 300, nowUs: 5 * Self.second)
    run.go(from: 5 * Self.second, to: 55 * Self.second)
    #expect(run.times(of: 0).suffix(2) == [40_300_000, 50_300_000])
    run.schedule.change(entry: 0, intervalMs: 2_000, phaseMs: 300, nowUs: 55 * Self.second)
    run.go(from: 55 * Self.second, to: 60 * Self.second)
    #expect(run.times(of: 0).last == 59_000_000 - 20_000 || run.times(of: 0).last == 57_000_000)
  }

  @Test func `in a random life of many targets each is probed in its turn and none twice`() {
    var generator = SeededGenerator(seed: 20_261_122)
    var schedule = Schedule()
    var now: Int64 = 1_700_000_000_000_000
    var out: [Int: Int64] = [:]
    var live: Set<Int> = []
    var leaving: Set<Int> = []
    var lastDue: [Int: Int64] = [:]
    for _ in 0..<20_000 {
      now += Int64.random(in: 0...30_000, using: &generator)
      let entry = Int.random(in: 0..<40, using: &generator)
      switch Int.random(in: 0..<8, using: &generator) {
      case 0 where !live.contains(entry) && !leaving.contains(entry):
        schedule.add(
          entry: entry, intervalMs: .random(in: 1...3_000, using: &generator),
          phaseMs: .random(in: 0...5_000, using: &generator), nowUs: now)
        live.insert(entry)
        lastDue[entry] = nil
      case 1 where live.contains(entry):
        live.remove(entry)
        if !schedule.remove(entry: entry) { leaving.insert(entry) }
      case 2: schedule.adjust(offsetMs: .random(in: -5_000...5_000, using: &generator))
      case 3, 4, 5:
        guard let entry = out.keys.randomElement(using: &generator) else { break }
        out[entry] = nil
        let isFree = schedule.ended(entry: entry)
        #expect(isFree == (leaving.remove(entry) != nil))
      default: break
      }
      while let directive = schedule.next(nowUs: now) {
        guard case .probe(let entry, let dueUs) = directive else { continue }
        #expect(live.contains(entry) && out[entry] == nil)
        #expect(dueUs <= now)
        if let last = lastDue[entry] { #expect(dueUs > last) }
        lastDue[entry] = dueUs
        out[entry] = dueUs
      }
      #expect(schedule.watermarkUs(nowUs: now) == out.values.min().map { min($0, now) } ?? now)
    }
  }

  @Test func `what is slow for a target is learned from its times`() {
    var slowness = Slowness()
    #expect(slowness.overdueAfterMs == 1_500)
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<5_000 {
      slowness.note(totalMs: .random(in: 0...1_000, using: &generator))
    }
    #expect((2_600...5_000).contains(slowness.overdueAfterMs))
    for _ in 0..<2_000 { slowness.note(totalMs: 1) }
    #expect(slowness.overdueAfterMs == 1_500)
  }

  @Test func `loop lag is a 99th percentile that forgets`() {
    var lag = LoopLag()
    #expect(lag.p99Ms(nowUs: 0) == 0)
    for _ in 0..<985 { lag.note(lateUs: 300, nowUs: 1) }
    for _ in 0..<15 { lag.note(lateUs: 40_000, nowUs: 1) }
    #expect((40...60).contains(lag.p99Ms(nowUs: 2)))
    #expect((40...60).contains(lag.p99Ms(nowUs: 11_000_000)))
    #expect(lag.p99Ms(nowUs: 40_000_000) == 0)
  }
}
