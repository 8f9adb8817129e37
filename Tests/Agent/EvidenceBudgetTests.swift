import Model
import Testing

@testable import AgentCore

@Suite struct EvidenceBudgetTests {
  private static let timeout = Outcome.failed(Failure(.timeout, detail: "slow"))
  private static let refused = Outcome.failed(Failure(.connect, detail: "refused"))
  private static let own = Outcome.failed(Failure(.agent, detail: "no descriptors"))
  private static let slow = Outcome.degraded(Failure(.timeout, detail: "took long"))

  struct Row: Sendable, CustomTestStringConvertible {
    var outcomes: [Outcome]
    var kept: [Bool]
    var testDescription: String { "\(outcomes.map(\.number))" }
  }

  private static func wants(
    _ budget: inout EvidenceBudget, slot: UInt64, outcome: Outcome, nowMs: Int64
  ) -> Bool {
    budget.wants(slot: slot, outcome: outcome, nowMs: nowMs)
  }

  @Test(arguments: [
    Row(outcomes: [.up, .up, .up], kept: [false, false, false]),
    Row(outcomes: [timeout, timeout, .up, .up], kept: [true, false, true, false]),
    Row(outcomes: [.up, refused, timeout, refused], kept: [false, true, true, true]),
    Row(outcomes: [slow, slow, timeout, slow, .up], kept: [true, false, true, true, true]),
    Row(outcomes: [.degraded(nil), .up], kept: [true, true]),
    // The agent's own trouble is no change, and what it interrupts goes on.
    Row(outcomes: [own, .up, own], kept: [false, false, false]),
    Row(outcomes: [timeout, own, timeout, .up], kept: [true, false, false, true]),
  ])
  func `a change of a slot's outcome is kept`(row: Row) {
    var budget = EvidenceBudget()
    var kept: [Bool] = []
    for (index, outcome) in row.outcomes.enumerated() {
      let wants = budget.wants(slot: 1, outcome: outcome, nowMs: Int64(index) * 1_000)
      if wants { budget.kept(bytes: 10, slot: 1, nowMs: Int64(index) * 1_000) }
      kept.append(wants)
    }
    #expect(kept == row.kept)
  }

  @Test func `a slot that changes all the time has twelve pieces in any hour`() {
    var budget = EvidenceBudget()
    var keptMs: [Int64] = []
    for turn in 0..<1_440 as Range<Int64> {
      let nowMs = turn * 10_000
      if budget.wants(slot: 1, outcome: turn % 2 == 0 ? Self.timeout : .up, nowMs: nowMs) {
        budget.kept(bytes: 5_000, slot: 1, nowMs: nowMs)
        keptMs.append(nowMs)
      }
    }
    #expect(keptMs.count == 48)
    for start in keptMs {
      let within = keptMs.count { $0 >= start && $0 < start + EvidenceBudget.hourMs }
      #expect(within <= EvidenceBudget.piecesPerHour)
    }
    // Another slot has its own share.
    #expect(Self.wants(&budget, slot: 2, outcome: Self.timeout, nowMs: keptMs[47]))
  }

  @Test func `all slots together use what the store holds, and it fills up within an hour`() {
    var budget = EvidenceBudget()
    func fail(_ slots: Range<UInt64>, atMs nowMs: Int64) -> Int {
      var bytes = 0
      for slot in slots where budget.wants(slot: slot, outcome: Self.timeout, nowMs: nowMs) {
        budget.kept(bytes: 10_000, slot: slot, nowMs: nowMs)
        bytes += 10_000
      }
      return bytes
    }
    let store = EvidenceBudget.byteStore
    #expect((store...store + 10_000).contains(fail(0..<2_000, atMs: 0)))
    #expect(fail(2_000..<2_010, atMs: 1) == 0)
    let half = fail(3_000..<5_000, atMs: EvidenceBudget.hourMs / 2)
    #expect((store / 2 - 20_000...store / 2 + 20_000).contains(half))
    let whole = fail(5_000..<7_000, atMs: 10 * EvidenceBudget.hourMs)
    #expect((store...store + 10_000).contains(whole))
  }

  @Test func `slots that are up are not remembered, and no others beyond a bound`() {
    var budget = EvidenceBudget()
    for slot in 0..<1_000 as Range<UInt64> {
      #expect(!Self.wants(&budget, slot: slot, outcome: .up, nowMs: 0))
    }
    #expect(budget.slotCount == 0)
    #expect(Self.wants(&budget, slot: 1, outcome: Self.timeout, nowMs: 0))
    budget.kept(bytes: 1, slot: 1, nowMs: 0)
    #expect(Self.wants(&budget, slot: 1, outcome: .up, nowMs: 1))
    budget.kept(bytes: 1, slot: 1, nowMs: 1)
    #expect(!Self.wants(&budget, slot: 1, outcome: .up, nowMs: EvidenceBudget.hourMs))
    #expect(budget.slotCount == 1)
    #expect(!Self.wants(&budget, slot: 1, outcome: .up, nowMs: EvidenceBudget.hourMs + 1))
    #expect(budget.slotCount == 0)
    for slot in 0..<UInt64(EvidenceBudget.slotLimit) + 10 {
      _ = budget.wants(slot: slot, outcome: Self.timeout, nowMs: 0)
    }
    #expect(budget.slotCount == EvidenceBudget.slotLimit)
    budget.forget(slot: 5)
    #expect(budget.slotCount == EvidenceBudget.slotLimit - 1)
  }

  @Test func `no clock makes it trap`() {
    var budget = EvidenceBudget()
    for nowMs in [0, Int64.max, Int64.min, -1, Int64.max, 0] {
      _ = budget.wants(slot: 1, outcome: Self.timeout, nowMs: nowMs)
      budget.kept(bytes: 1, slot: 1, nowMs: nowMs)
      _ = budget.wants(slot: 1, outcome: .up, nowMs: nowMs)
    }
  }
}
