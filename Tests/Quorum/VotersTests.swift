import Model
import Testing

@testable import Quorum

@Suite struct `A seat` {
  typealias Candidate = Seating.Candidate

  func best(_ monitor: Int64, _ agents: [AgentKey]) -> AgentKey? {
    agents.max { Rendezvous.ranks($1, before: $0, monitor: monitor) }
  }

  @Test func `goes to the live agent whose hash with the monitor is highest`() {
    let candidates = (1...4).map { Candidate(agent: $0, live: $0 != 2, stable: false) }
    for monitor in Int64(1)...200 {
      #expect(
        Seating.choose(monitor: monitor, holder: nil, among: candidates)
          == best(monitor, [1, 3, 4]))
    }
  }

  @Test func `is shared evenly and moves little when an agent comes`() {
    var held: [AgentKey: Int] = [:]
    var moved = 0
    for monitor in Int64(1)...3_000 {
      let before = best(monitor, [1, 2, 3]) ?? 0
      let after = best(monitor, [1, 2, 3, 4]) ?? 0
      held[before, default: 0] += 1
      if before != after {
        moved += 1
        #expect(after == 4)
      }
    }
    #expect(held.values.allSatisfy { (850...1_150).contains($0) })
    #expect((600...900).contains(moved))
  }

  @Test func `is stood in for when its holder is silent, and returns when that is stable`() {
    for monitor in Int64(1)...50 {
      let first = best(monitor, [1, 2]) ?? 0
      let second: AgentKey = first == 1 ? 2 : 1
      func choose(_ holder: AgentKey?, _ live: Bool, _ stable: Bool) -> AgentKey? {
        Seating.choose(
          monitor: monitor, holder: holder,
          among: [
            Candidate(agent: first, live: live, stable: stable),
            Candidate(agent: second, live: true, stable: true),
          ])
      }
      #expect(choose(first, true, true) == first)
      #expect(choose(first, false, false) == second)
      #expect(choose(second, true, false) == second)
      #expect(choose(second, true, true) == first)
    }
  }

  @Test func `stays with its silent holder where nobody stands in`() {
    let both = (1...2).map { Candidate(agent: $0, live: false, stable: false) }
    #expect(Seating.choose(monitor: 5, holder: 2, among: both) == 2)
    #expect(Seating.choose(monitor: 5, holder: 9, among: []) == nil)
  }

  @Test func `is the same on every platform`() {
    #expect(Rendezvous.weight(monitor: 1, agent: 1) == Rendezvous.weight(monitor: 1, agent: 1))
    #expect(Rendezvous.mix(0) == 0xE220_A839_7B1D_CDAF)
  }

  @Test(arguments: [1, 2, 3, 7, 10])
  func `s phases look evenly over the interval`(_ count: Int) {
    for monitor in Int64(1)...50 {
      let interval: Int64 = 60_000
      let phases = (0..<count).map {
        Phase.milliseconds(monitor: monitor, intervalMs: interval, index: $0, of: count)
      }.sorted()
      #expect(phases.allSatisfy { (0..<interval).contains($0) })
      for (left, right) in zip(phases, phases.dropFirst()) {
        #expect(abs(right - left - interval / Int64(count)) <= 1)
      }
    }
    #expect(Phase.milliseconds(monitor: 1, intervalMs: 0, index: 0, of: 1) == 0)
    #expect(Phase.milliseconds(monitor: 1, intervalMs: .max, index: 3, of: 4) >= 0)
  }

  @Test func `is silent after fifteen seconds in which somebody listened`() {
    #expect(!Silence.isSilent(heardAgoMs: 15_000, listeningForMs: .max))
    #expect(Silence.isSilent(heardAgoMs: 15_001, listeningForMs: .max))
    #expect(!Silence.isSilent(heardAgoMs: 3_600_000, listeningForMs: 2_000))
    #expect(Silence.isSilent(heardAgoMs: nil, listeningForMs: 0))
  }
}

@Suite struct `The freshness` {
  let boot = BootID(high: 1, low: 1)

  @Test func `of a standing vote comes from the watermark`() {
    let presence = Presence(
      boot: boot, heardAgoMs: 3_000, agentNowMs: 1_000_000, watermarkMs: 990_000, silent: false)
    #expect(Freshness.standingAgeMs(startedMs: 5_000, presence: presence) == 13_000)
    #expect(Freshness.standingAgeMs(startedMs: 999_000, presence: presence) == 4_000)
    #expect(Freshness.ageMs(startedMs: 5_000, presence: presence) == 998_000)
    #expect(Freshness.ageMs(startedMs: 2_000_000, presence: presence) == 0)
  }

  @Test func `has a limit of interval, timeout and five seconds`() {
    #expect(Freshness.limitMs(intervalMs: 60_000, timeoutMs: 10_000) == 75_000)
  }

  @Test func `of other monitors' slow probes does not cost a vote`() {
    let presence = Presence(
      boot: boot, heardAgoMs: 0, agentNowMs: 100_000, watermarkMs: 70_000, silent: false,
      longestTimeoutMs: 30_000)
    #expect(
      Freshness.standingAgeMs(startedMs: 0, presence: presence)
        <= Freshness.standingLimitMs(intervalMs: 5_000, timeoutMs: 2_000, presence: presence))
  }
}
