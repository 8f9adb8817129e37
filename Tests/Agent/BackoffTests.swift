import AgentCore
import Testing

/// A small generator whose numbers are the same at every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct BackoffTests {
  @Test func `waits stay in their range and at most treble`() async {
    for seed in 0..<50 as Range<UInt64> {
      await Task.yield()
      var generator = SeededGenerator(seed: seed)
      var backoff = Backoff()
      var previous = Backoff.rangeMs.lowerBound
      for _ in 0..<100 {
        let wait = backoff.afterFailure(using: &generator)
        #expect(Backoff.rangeMs.contains(wait))
        #expect(wait <= previous * 3)
        previous = wait
      }
    }
  }

  @Test func `a stable session makes the waits begin anew, a short one does not`() {
    var generator = SeededGenerator(seed: 1)
    var backoff = Backoff()
    for _ in 0..<50 { _ = backoff.afterFailure(using: &generator) }
    var short = backoff
    let afterShort = (0..<20).map { _ in short.afterSession(livedMs: 59_999, using: &generator) }
    #expect((afterShort.max() ?? 0) > 5_000)
    #expect(backoff.afterSession(livedMs: 60_000, using: &generator) <= 5_000)
    #expect(backoff.afterFailure(using: &generator) <= 1_500)
  }

  @Test func `refusals wait 30 s, doubling to 15 min`() {
    var generator = SeededGenerator(seed: 2)
    var backoff = Backoff()
    let waits = (0..<8).map { _ in backoff.afterRefusal(using: &generator) }
    let bases: [Int64] = [30, 60, 120, 240, 480, 900, 900, 900]
    for (wait, base) in zip(waits, bases) {
      #expect((base * 1000...base * 1100).contains(wait))
    }
  }

  @Test func `three failures lead to the next collector, and time leads back to the first`() {
    var generator = SeededGenerator(seed: 3)
    var choice = CollectorChoice(count: 3)
    for _ in 0..<2 { choice.failed(atMs: 0, using: &generator) }
    #expect(choice.index == 0)
    choice.failed(atMs: 0, using: &generator)
    #expect(choice.index == 1)
    choice.succeeded()
    #expect(!choice.isReturnDue(atMs: 299_999))
    #expect(choice.isReturnDue(atMs: 900_000))
    choice.returnToFirst()
    #expect(choice.index == 0)
    choice.failed(atMs: 900_000, using: &generator)
    #expect(choice.index == 1)
    #expect(!choice.isReturnDue(atMs: 900_000))
  }

  @Test func `a single collector is tried for ever`() {
    var generator = SeededGenerator(seed: 4)
    var choice = CollectorChoice(count: 1)
    for _ in 0..<10 { choice.failed(atMs: 0, using: &generator) }
    #expect(choice.index == 0)
    #expect(choice.returnAtMs == nil)
  }
}
