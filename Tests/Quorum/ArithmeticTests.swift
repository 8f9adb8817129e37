import Model
import Testing

@testable import Quorum

/// The rule of every policy written down again, slowly and from its words: people are counted on
/// fingers, fractions are compared by adding up. Shares nothing with `Tally` but the ballots.
private struct Count {
  var assigned = 0
  var voters: [Ballot] = []
  var failing: [Ballot] = []
  var up: [Ballot] = []

  init(_ all: [Ballot], _ policy: Policy) {
    for ballot in all {
      var isLeftOut = false
      for name in policy.ignored where name == ballot.region { isLeftOut = true }
      if isLeftOut { continue }
      assigned += 1
      if ballot.uncounted != nil { continue }
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

  /// A vote for each unit of a region's weight.
  private func stones(_ ballots: [Ballot], _ policy: Policy) -> [String] {
    guard case .weighted(let weights) = policy.rule else { return [] }
    var stones: [String] = []
    for ballot in ballots {
      for _ in 0..<(weights[ballot.region] ?? 1) { stones.append(ballot.region) }
    }
    return stones
  }

  /// Whether these votes suffice for any verdict.
  func decides(_ policy: Policy) -> Bool {
    for name in policy.mustFail where !voters.contains(where: { $0.region == name }) {
      return false
    }
    switch policy.rule {
    case .nOfM(let wanted): return voters.count >= wanted
    case .any: return !voters.isEmpty
    case .weighted where stones(voters, policy).isEmpty: return false
    case .majority, .percent, .all, .weighted:
      if assigned == 1 { return voters.count == 1 }
      return voters.count >= 2
    }
  }

  private func enoughFail(_ policy: Policy) -> Bool {
    for name in policy.mustFail where !failing.contains(where: { $0.region == name }) {
      return false
    }
    switch policy.rule {
    case .majority: return failing.count > voters.count - failing.count
    case .nOfM(let wanted): return failing.count >= wanted
    case .percent(let share):
      // A hundred parts a voter: the failing ones hold at least the share of all.
      if failing.count * 100 < voters.count * share { return false }
      return assigned < 2 ? !failing.isEmpty : failing.count >= 2
    case .all: return !failing.isEmpty && up.isEmpty
    case .any: return !failing.isEmpty
    case .weighted:
      // The failing stones are more than all the others.
      let failed = stones(failing, policy).count
      if failed <= stones(voters, policy).count - failed { return false }
      return assigned < 2 || failing.count >= 2
    }
  }

  private func fewEnoughAreUp(_ policy: Policy) -> Bool {
    if let cap = policy.upCap { return up.count <= cap }
    // A fifth: five times the ups are at most the voters.
    switch policy.rule {
    case .majority, .weighted: break
    case .nOfM, .percent, .all, .any: return true
    }
    return up.count + up.count + up.count + up.count + up.count <= voters.count
  }

  private func enoughProviders(_ policy: Policy) -> Bool {
    var wanted = 1
    if case .majority = policy.rule { wanted = 2 }
    if case .weighted = policy.rule { wanted = 2 }
    if let own = policy.minDomains { wanted = own }
    let there = Count.providers(voters).count
    if there < wanted { wanted = there }
    return Count.providers(failing).count >= wanted
  }

  func saysDown(_ policy: Policy) -> Bool {
    decides(policy) && enoughFail(policy) && fewEnoughAreUp(policy) && enoughProviders(policy)
  }
}

@Suite struct `The voting arithmetic` {
  static func policy(_ random: inout SplitMix) -> Policy {
    let rule: Policy.Rule =
      switch random.next() % 6 {
      case 0: .majority
      case 1: .nOfM(Int(random.next() % 10) + 1)
      case 2: .percent(Int(random.next() % 100) + 1)
      case 3: .all
      case 4: .weighted(weights(&random))
      default: .any
      }
    return Policy(
      rule, upCap: random.next() % 3 == 0 ? Int(random.next() % 10) : nil,
      minDomains: random.next() % 3 == 0 ? Int(random.next() % 4) + 1 : nil,
      mustFail: names(&random), ignored: names(&random))
  }

  /// None, mostly; else up to two regions.
  static func names(_ random: inout SplitMix) -> [String] {
    guard random.next() % 4 == 0 else { return [] }
    let first = random.next() % 10
    return random.next() % 2 == 0 ? ["r\(first)"] : ["r\(first)", "r\((first + 3) % 10)"]
  }

  static func weights(_ random: inout SplitMix) -> [String: Int] {
    var weights: [String: Int] = [:]
    for region in 0..<10 where random.next() % 2 == 0 {
      weights["r\(region)"] = Int(random.next() % 5)
    }
    return weights
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
      let count = Count(ballots, policy)
      let expected = count.saysDown(policy)
      downs += expected ? 1 : 0
      guard
        tally.isDown == expected, tally.voting == count.voters.count, tally.up == count.up.count,
        tally.hasQuorum == count.decides(policy),
        tally.assigned == count.assigned
      else {
        Issue.record("input \(round): \(policy) over \(ballots) gives \(tally)")
        return
      }
    }
    // The inputs reach both answers often enough to mean something.
    #expect(downs > 5_000 && downs < 95_000, "\(downs) of 100,000 say down")
  }
}
