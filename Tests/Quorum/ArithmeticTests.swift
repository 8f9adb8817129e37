import Model
import Testing

@testable import Quorum

/// The rule of every policy written down again, slowly and from its words: people are counted on
/// fingers, fractions are compared by adding up. Shares nothing with `Tally` but the ballots.
private struct Count {
  var voters: [Ballot] = []
  var failing: [Ballot] = []
  var up: [Ballot] = []

  init(_ ballots: [Ballot]) {
    for ballot in ballots where ballot.uncounted == nil {
      switch ballot.kind {
      case .up, .degraded:
        voters.append(ballot)
        up.append(ballot)
      case .attributable, .ambiguous:
        voters.append(ballot)
        failing.append(ballot)
      case .unknown, nil: break
      }
    }
  }

  static func providers(_ ballots: [Ballot]) -> [String] {
    var seen: [String] = []
    for ballot in ballots {
      if let domain = ballot.domain, !seen.contains(domain) { seen.append(domain) }
    }
    return seen
  }

  /// Whether these votes suffice for any verdict.
  func decides(_ policy: Policy, assigned: Int) -> Bool {
    switch policy.rule {
    case .nOfM(let wanted): return voters.count >= wanted
    case .any: return !voters.isEmpty
    case .majority, .percent, .all:
      if assigned == 1 { return voters.count == 1 }
      return voters.count >= 2
    }
  }

  private func enoughFail(_ policy: Policy, assigned: Int) -> Bool {
    switch policy.rule {
    case .majority: return failing.count > voters.count - failing.count
    case .nOfM(let wanted): return failing.count >= wanted
    case .percent(let share):
      // A hundred parts a voter: the failing ones hold at least the share of all.
      if failing.count * 100 < voters.count * share { return false }
      return assigned < 2 ? !failing.isEmpty : failing.count >= 2
    case .all: return !failing.isEmpty && up.isEmpty
    case .any: return !failing.isEmpty
    }
  }

  private func fewEnoughAreUp(_ policy: Policy) -> Bool {
    if let cap = policy.upCap { return up.count <= cap }
    // A fifth: five times the ups are at most the voters.
    guard case .majority = policy.rule else { return true }
    return up.count + up.count + up.count + up.count + up.count <= voters.count
  }

  private func enoughProviders(_ policy: Policy) -> Bool {
    var wanted = 1
    if case .majority = policy.rule { wanted = 2 }
    if let own = policy.minDomains { wanted = own }
    let there = Count.providers(voters).count
    if there < wanted { wanted = there }
    return Count.providers(failing).count >= wanted
  }

  func saysDown(_ policy: Policy, assigned: Int) -> Bool {
    decides(policy, assigned: assigned) && enoughFail(policy, assigned: assigned)
      && fewEnoughAreUp(policy) && enoughProviders(policy)
  }
}

@Suite struct `The voting arithmetic` {
  static func policy(_ random: inout SplitMix) -> Policy {
    let rule: Policy.Rule =
      switch random.next() % 5 {
      case 0: .majority
      case 1: .nOfM(Int(random.next() % 10) + 1)
      case 2: .percent(Int(random.next() % 100) + 1)
      case 3: .all
      default: .any
      }
    return Policy(
      rule, upCap: random.next() % 3 == 0 ? Int(random.next() % 10) : nil,
      minDomains: random.next() % 3 == 0 ? Int(random.next() % 4) + 1 : nil)
  }

  static func ballots(_ random: inout SplitMix) -> [Ballot] {
    let providers = random.next() % 5 + 1
    return (0..<Int(random.next() % 10) + 1).map { index in
      var ballot = Ballot(
        region: "r\(index)", agent: AgentKey(index + 1), domain: "p\(random.next() % providers)")
      ballot.kind = VoteKind.allCases[Int(random.next() % UInt64(VoteKind.allCases.count))]
      switch random.next() % 6 {
      case 0:
        let reasons: [Ballot.Uncounted] = [
          .vacant, .silent, .pending, .unanswered, .dropped, .replaced, .restarted, .stale,
        ]
        ballot.uncounted = reasons[Int(random.next() % UInt64(reasons.count))]
        if random.next() % 2 == 0 { ballot.kind = nil }
      default: ballot.uncounted = ballot.kind == .unknown ? .unknown : nil
      }
      return ballot
    }
  }

  @Test func `agrees with a slow and obvious one on 100,000 random inputs`() {
    var random = SplitMix(seed: 20_260_101)
    var downs = 0
    for round in 0..<100_000 {
      let policy = Self.policy(&random)
      let ballots = Self.ballots(&random)
      let tally = Tally(ballots, policy: policy)
      let count = Count(ballots)
      let expected = count.saysDown(policy, assigned: ballots.count)
      downs += expected ? 1 : 0
      guard
        tally.isDown == expected, tally.voting == count.voters.count, tally.up == count.up.count,
        tally.hasQuorum == count.decides(policy, assigned: ballots.count)
      else {
        Issue.record("input \(round): \(policy) over \(ballots) gives \(tally)")
        return
      }
    }
    // The inputs reach both answers often enough to mean something.
    #expect(downs > 5_000 && downs < 95_000, "\(downs) of 100,000 say down")
  }
}
