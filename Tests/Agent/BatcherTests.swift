import AgentCore
import Model
import Testing

func record(
  _ slot: UInt64, at startedAtMs: Int64, _ outcome: Outcome = .up, request: ProbeRequestID? = nil
) -> ProbeRecord {
  ProbeRecord(
    slot: slot, startedAtMs: startedAtMs, total: 120,
    phases: Phases(dns: 1, connect: 2, tls: 3, firstByte: 100), outcome: outcome,
    status: outcome.isUp ? 200 : nil, request: request)
}

@Suite struct BatcherTests {
  private static let timeout = Outcome.failed(Failure(.timeout, detail: "slow"))
  private static let refused = Outcome.failed(Failure(.connect, detail: "refused"))

  @Test(arguments: [
    ([Outcome.up], false), ([.up, .up], false), ([timeout], true), ([timeout, timeout], false),
    ([timeout, refused], true), ([timeout, .up], true), ([.up, .degraded(nil)], true),
    ([.degraded(nil), .degraded(nil)], false),
  ])
  func `what says something new does not wait`(outcomes: [Outcome], isUrgent: Bool) {
    var batcher = Batcher()
    var due = Batcher.Due.at(0)
    for outcome in outcomes {
      batcher.taken()
      due = batcher.add(record(1, at: 0, outcome), byteCount: 20, nowMs: 5_000)
    }
    #expect(due == (isUrgent ? .now : .at(6_000)))
  }

  @Test func `an answer to a request does not wait`() {
    var batcher = Batcher()
    let asked = record(1, at: 0, request: ProbeRequestID(high: 1, low: 2))
    #expect(batcher.add(asked, byteCount: 20, nowMs: 0) == .now)
  }

  @Test func `the first record's second counts, not the last's`() {
    var batcher = Batcher()
    #expect(batcher.add(record(1, at: 0), byteCount: 20, nowMs: 100) == .at(1_100))
    #expect(batcher.add(record(2, at: 0), byteCount: 20, nowMs: 900) == .at(1_100))
    batcher.taken()
    #expect(batcher.add(record(3, at: 0), byteCount: 20, nowMs: 1_200) == .at(2_200))
  }

  @Test func `five hundred records or 64 KiB are a batch`() {
    var byCount = Batcher()
    for index in 1..<500 {
      #expect(byCount.add(record(UInt64(index), at: 0), byteCount: 20, nowMs: 0) == .at(1_000))
    }
    #expect(byCount.add(record(500, at: 0), byteCount: 20, nowMs: 0) == .now)
    var byBytes = Batcher()
    #expect(byBytes.add(record(1, at: 0), byteCount: 65_535, nowMs: 0) == .at(1_000))
    #expect(byBytes.add(record(2, at: 0), byteCount: 1, nowMs: 0) == .now)
  }

  @Test func `cuts cover all records in order within the limits`() {
    let text = String(repeating: "x", count: 255)
    let records = (0..<3_000).map {
      record(
        UInt64($0), at: Int64($0), $0 % 3 == 0 ? .failed(Failure(.timeout, detail: text)) : .up)
    }
    let ranges = BatchCut.ranges(of: records)
    #expect(ranges.flatMap { Array($0) } == Array(0..<3_000))
    #expect(ranges.allSatisfy { $0.count <= 500 })
    #expect(
      ranges.allSatisfy {
        records[$0].reduce(0) { $0 + BatchCut.byteCount(of: $1) } <= Batcher.byteLimit
      })
    #expect(BatchCut.ranges(of: []).isEmpty)
  }
}

@Suite struct ClockEstimateTests {
  @Test func `the shortest round trip of the last eight counts`() {
    var clock = ClockEstimate()
    #expect(clock.errorMs == 4_294_967_295)
    clock.add(t1: 1_000, t2: 2_100, t3: 2_100, t4: 1_200)
    #expect(clock.offsetMs == 1_000)
    #expect(clock.errorMs == 100)
    clock.add(t1: 2_000, t2: 3_015, t3: 3_025, t4: 2_030)
    #expect(clock.offsetMs == 1_005)
    #expect(clock.errorMs == 10)
    for _ in 0..<8 { clock.add(t1: 0, t2: 900, t3: 900, t4: 100) }
    #expect(clock.offsetMs == 850)
    #expect(clock.sampleCount == 8)
  }

  @Test(
    arguments: [
      (-1, 0, 0, 0), (10, 0, 0, 5), (0, 10, 5, 20), (Int64.max, 0, 0, Int64.max),
    ] as [(Int64, Int64, Int64, Int64)])
  func `a measure that can't be true is left out`(t1: Int64, t2: Int64, t3: Int64, t4: Int64) {
    var clock = ClockEstimate()
    clock.add(t1: t1, t2: t2, t3: t3, t4: t4)
    #expect(clock.sampleCount == 0)
  }
}
