import Testing

@testable import Quorum

@Suite struct `An uptime` {
  static let all: [(verdict: Verdict?, startedAt: Int64)] = [
    (.up, 0), (.degraded, 100), (.regional, 200), (.partial, 300), (.down, 400), (.unknown, 500),
    (.up, 600),
  ]

  func uptime(
    _ decisions: [(verdict: Verdict?, startedAt: Int64)], from: Int64 = 0, to: Int64 = 1_000,
    partialIsDown: Bool = false
  ) -> Uptime {
    Uptime(
      VerdictInterval.intervals(of: decisions, until: to), from: from, to: to,
      partialIsDown: partialIsDown)
  }

  @Test func `counts each verdict as it says`() {
    let uptime = uptime(Self.all)
    #expect(uptime.spanMs == 1_000)
    #expect(uptime.upMs == 800)
    #expect(uptime.downMs == 100)
    #expect(uptime.unknownMs == 100)
    #expect((uptime.degradedMs, uptime.regionalMs, uptime.partialMs) == (100, 100, 100))
    #expect(uptime.share == 888_888)
    #expect(uptime.coverage == 900_000)
    #expect(uptime.least == 800_000 && uptime.most == 900_000)
    let strict = self.uptime(Self.all, partialIsDown: true)
    #expect((strict.upMs, strict.downMs, strict.partialMs) == (700, 200, 100))
  }

  @Test(
    arguments: [
      // From, to; up, down, unknown.
      (0, 100, 100, 0, 0), (350, 450, 50, 50, 0), (450, 550, 0, 50, 50), (-100, 50, 50, 0, 100),
      (500, 600, 0, 0, 100), (700, 700, 0, 0, 0), (800, 700, 0, 0, 0),
    ] as [(Int64, Int64, Int64, Int64, Int64)])
  func `is cut to its span`(
    _ from: Int64, _ to: Int64, _ up: Int64, _ down: Int64, _ unknown: Int64
  ) {
    let whole = VerdictInterval.intervals(of: Self.all, until: 1_000)
    let uptime = Uptime(whole, from: from, to: to)
    #expect((uptime.upMs, uptime.downMs, uptime.unknownMs) == (up, down, unknown))
    #expect((uptime.share == nil) == (up + down == 0))
    #expect((uptime.coverage == nil) == (from >= to))
  }

  @Test func `of what nobody knows is no figure, and its range is everything`() {
    let uptime = uptime([(.unknown, 0)])
    #expect(uptime.share == nil)
    #expect(uptime.coverage == 0 && uptime.least == 0 && uptime.most == Uptime.whole)
  }

  @Test func `is never whole where a millisecond is missing`() {
    let year: Int64 = 31_536_000_000
    let uptime = uptime([(.up, 0), (.down, 5), (.up, 6)], to: year)
    #expect(uptime.downMs == 1)
    #expect(uptime.share == 999_999 && uptime.most == 999_999)
    #expect(Uptime([], from: .min / 4, to: .max / 4).unknownMs > 0)
  }

  @Test func `takes back what a later verdict says of the same time`() {
    // Nothing was seen from 100 on; at 300 it was found down since 50.
    let backdated = uptime([(.up, 0), (.unknown, 100), (.down, 50), (.up, 400)], to: 500)
    #expect((backdated.upMs, backdated.downMs, backdated.unknownMs) == (150, 350, 0))
    let paused = uptime([(.up, 0), (nil, 100), (.up, 300)], to: 400)
    #expect((paused.upMs, paused.unknownMs) == (200, 200))
  }

  @Test func `leaves out what does not count, however it is told`() {
    let intervals = VerdictInterval.intervals(of: Self.all, until: 1_000)
    let pauses = [
      TimeSpan(from: 450, to: 550), TimeSpan(from: 0, to: 50), TimeSpan(from: 500, to: 620),
      TimeSpan(from: -90, to: 10), TimeSpan(from: 900, to: 2_000), TimeSpan(from: 70, to: 60),
    ]
    let uptime = Uptime(intervals, from: 0, to: 1_000, excluding: pauses)
    // 50..<450 and 620..<900 are left.
    #expect((uptime.spanMs, uptime.excludedMs) == (680, 320))
    #expect((uptime.upMs, uptime.downMs, uptime.unknownMs) == (630, 50, 0))
    let nothing = Uptime(
      intervals, from: 0, to: 1_000, excluding: [TimeSpan(from: .min / 2, to: .max / 2)])
    #expect((nothing.spanMs, nothing.upMs, nothing.downMs, nothing.unknownMs) == (0, 0, 0, 0))
    #expect(nothing.share == nil && nothing.coverage == nil && nothing.most == nil)
  }

  @Test(arguments: 0..<30)
  func `leaves out the same millisecond by millisecond`(_ seed: UInt64) {
    var random = SplitMix(seed: seed)
    func number(_ below: UInt64) -> Int64 { Int64(random.next() % below) }
    let pauses = (0..<10).map { _ in
      let from = number(1_100)
      return TimeSpan(from: from, to: from + number(120))
    }
    let intervals = VerdictInterval.intervals(of: Self.all, until: 1_000)
    let uptime = Uptime(intervals, from: 0, to: 1_000, excluding: pauses)
    let kept = (Int64(0)..<1_000).filter { at in
      !pauses.contains { $0.from <= at && at < $0.to }
    }
    #expect(uptime.spanMs == Int64(kept.count))
    #expect(uptime.downMs == Int64(kept.count { 400..<500 ~= $0 }))
    #expect(uptime.unknownMs == Int64(kept.count { 500..<600 ~= $0 }))
    #expect(uptime.upMs + uptime.downMs + uptime.unknownMs == uptime.spanMs)
  }

  @Test(arguments: 0..<50)
  func `adds up, whatever was decided`(_ seed: UInt64) {
    var random = SplitMix(seed: seed)
    var at: Int64 = 0
    let decisions: [(verdict: Verdict?, startedAt: Int64)] = (0..<100).map { _ in
      at += Int64(random.next() % 100)
      let verdict = Verdict.allCases[Int(random.next() % 6)]
      return (random.next() % 10 == 0 ? nil : verdict, max(0, at - Int64(random.next() % 200)))
    }
    let intervals = VerdictInterval.intervals(of: decisions, until: at)
    #expect(zip(intervals, intervals.dropFirst()).allSatisfy { $0.to <= $1.from })
    let uptime = Uptime(intervals, from: 0, to: at)
    #expect(uptime.upMs + uptime.downMs + uptime.unknownMs == uptime.spanMs)
    let least = uptime.least ?? 0
    let most = uptime.most ?? 0
    #expect(least <= uptime.share ?? least && uptime.share ?? most <= most)
    // Each millisecond, one by one: what was last decided of it.
    var slow: Int64 = 0
    for moment in 0..<at {
      guard let said = decisions.last(where: { $0.startedAt <= moment }) else { continue }
      if said.verdict == .down { slow += 1 }
    }
    #expect(uptime.downMs == slow)
  }
}
