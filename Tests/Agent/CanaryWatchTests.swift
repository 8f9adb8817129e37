import AgentCore
import Model
import Testing

/// A watch whose changes a test can ask for inside an expectation.
private final class Watched {
  private var watch = CanaryWatch()

  var wakeAtMs: Int64? { watch.wakeAtMs }
  var bitmaps: UInt16 { watch.bitmaps }
  var last: CanaryWatch.Finding? { watch.last }
  var canaries: [AssignedTarget] { watch.canaries }

  func assign(_ canaries: [AssignedTarget]) { watch.assign(canaries) }
  func failed(endedMs: Int64) { watch.failed(endedMs: endedMs) }
  func next(nowMs: Int64) -> CanaryWatch.Question? { watch.next(nowMs: nowMs) }
  func expire(nowMs: Int64) -> Bool { watch.expire(nowMs: nowMs) }
  func answered(_ number: UInt64, index: Int, passed: Bool) -> Bool {
    watch.answered(number, index: index, passed: passed)
  }

  func holds(failing: Int = 4, of assigned: Int = 10, sinceMs: Int64 = 100) -> Bool {
    watch.holdsQuestions(failing: failing, of: assigned, heldSinceMs: sinceMs, nowMs: 1_000)
  }

  /// Asks a set, the first `failing` of which fail.
  func finish(at nowMs: Int64, failing: Int) throws {
    let question = try #require(next(nowMs: nowMs))
    for index in question.canaries.indices {
      let isLast = answered(question.number, index: index, passed: index >= failing)
      #expect(isLast == (index == question.canaries.count - 1))
    }
    #expect(last?.startedMs == nowMs)
  }
}

@Suite struct CanaryWatchTests {
  static func canaries(_ count: Int) -> [AssignedTarget] {
    (0..<count).map { index in
      AssignedTarget(
        slot: 1 << 62 + UInt64(index), monitor: .zero, intervalSeconds: 10, timeoutMs: 3_000,
        phaseMs: 0, question: .canary(TCPCheck(host: "127.0.0.1", port: UInt16(index + 1))))
    }
  }

  /// A watch whose first set, begun at 0, has finished.
  private func settled(failing: Int = 0) throws -> Watched {
    let watch = Watched()
    watch.assign(Self.canaries(5))
    try watch.finish(at: 0, failing: failing)
    return watch
  }

  @Test func `a set is asked at the beginning, and none after it while all is well`() throws {
    let watch = Watched()
    #expect(watch.wakeAtMs == nil && watch.bitmaps == 0)
    watch.assign(Self.canaries(5))
    #expect(watch.bitmaps == 0x1f00)
    try watch.finish(at: 0, failing: 1)
    #expect(watch.bitmaps == 0x1f01)
    #expect(watch.wakeAtMs == nil)
    watch.assign(Self.canaries(5))
    #expect(watch.next(nowMs: 1_000_000) == nil)
  }

  @Test func `failures within half a second share a set, and those after it get one more`() throws {
    let watch = try settled()
    watch.failed(endedMs: 10_000)
    let first = try #require(watch.next(nowMs: 10_001))
    watch.failed(endedMs: 10_020)
    watch.failed(endedMs: 10_040)
    for index in 0..<5 { _ = watch.answered(first.number, index: index, passed: true) }
    #expect(watch.last?.startedMs == 10_001)
    #expect(watch.next(nowMs: 10_500) == nil)
    #expect(watch.wakeAtMs == 10_501)
    try watch.finish(at: 10_501, failing: 0)
    #expect(watch.wakeAtMs == nil)
  }

  @Test func `a set covers only failures that ended before it began`() throws {
    let watch = try settled()
    watch.failed(endedMs: 10_000)
    watch.failed(endedMs: 10_002)
    #expect(watch.next(nowMs: 10_001) == nil)
    #expect(watch.next(nowMs: 10_002) != nil)
  }

  @Test func `failing sets are repeated every interval until all was well for over a minute`()
    throws
  {
    let watch = try settled(failing: 2)
    #expect(watch.wakeAtMs == 10_000)
    #expect(watch.next(nowMs: 9_999) == nil)
    for moment in stride(from: Int64(10_000), through: 70_000, by: 10_000) {
      try watch.finish(at: moment, failing: 0)
    }
    #expect(watch.wakeAtMs == nil)
  }

  @Test func `what never answers has failed once the set's time is over`() throws {
    let watch = Watched()
    watch.assign(Self.canaries(3))
    let set = try #require(watch.next(nowMs: 5))
    _ = watch.answered(set.number, index: 1, passed: true)
    #expect(watch.wakeAtMs == 4_005)
    #expect(!watch.expire(nowMs: 4_004))
    #expect(watch.expire(nowMs: 4_005))
    #expect(watch.last?.failing == 0b101)
  }

  @Test func `answers that are doubled, late or of no canary change nothing`() throws {
    let watch = Watched()
    watch.assign(Self.canaries(2))
    let set = try #require(watch.next(nowMs: 0))
    #expect(!watch.answered(set.number + 1, index: 0, passed: true))
    #expect(!watch.answered(set.number, index: 2, passed: true))
    #expect(!watch.answered(set.number, index: -1, passed: true))
    #expect(!watch.answered(set.number, index: 0, passed: true))
    #expect(!watch.answered(set.number, index: 0, passed: false))
    #expect(watch.answered(set.number, index: 1, passed: true))
    #expect(watch.last?.failing == 0)
  }

  @Test func `others than before are asked at once, and no more than eight`() throws {
    let watch = try settled(failing: 5)
    watch.assign(Self.canaries(9))
    #expect(watch.canaries.count == 8 && watch.bitmaps == 0xff00)
    #expect(watch.next(nowMs: 1) != nil)
    watch.assign([])
    #expect(watch.wakeAtMs == nil && watch.bitmaps == 0)
    watch.failed(endedMs: 5)
    #expect(watch.wakeAtMs == nil)
  }

  @Test func `questions wait for a set while much fails at once, but not for long`() throws {
    let watch = try settled()
    #expect(!watch.holds())
    watch.failed(endedMs: 1_000)
    #expect(watch.holds())
    #expect(!watch.holds(failing: 3, of: 10) && !watch.holds(failing: 2, of: 2))
    #expect(!watch.holds(sinceMs: -3_000))
    try watch.finish(at: 1_000, failing: 5)
    #expect(!watch.holds())
  }
}
