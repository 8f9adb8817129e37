import Testing

@testable import Quorum

/// What each form of a policy asks of one to ten voters.
@Suite struct `Of so many voters a policy` {
  struct Row: CustomTestStringConvertible {
    var voters: Int
    /// How many must fail.
    var majority: Int
    var percent20: Int
    var percent50: Int
    var percent60: Int
    var percent67: Int
    var all: Int
    /// How many may be up under a majority.
    var upCap: Int

    init(
      _ voters: Int, majority: Int, percent: [Int], all: Int, upCap: Int
    ) {
      self.voters = voters
      self.majority = majority
      percent20 = percent[0]
      percent50 = percent[1]
      percent60 = percent[2]
      percent67 = percent[3]
      self.all = all
      self.upCap = upCap
    }

    var testDescription: String { "\(voters) voters" }
  }

  @Test(arguments: [
    // Of per cent: 20, 50, 60 and 67; never fewer than two.
    Row(1, majority: 1, percent: [2, 2, 2, 2], all: 1, upCap: 0),
    Row(2, majority: 2, percent: [2, 2, 2, 2], all: 2, upCap: 0),
    Row(3, majority: 2, percent: [2, 2, 2, 3], all: 3, upCap: 0),
    Row(4, majority: 3, percent: [2, 2, 3, 3], all: 4, upCap: 0),
    Row(5, majority: 3, percent: [2, 3, 3, 4], all: 5, upCap: 1),
    Row(6, majority: 4, percent: [2, 3, 4, 5], all: 6, upCap: 1),
    Row(7, majority: 4, percent: [2, 4, 5, 5], all: 7, upCap: 1),
    Row(8, majority: 5, percent: [2, 4, 5, 6], all: 8, upCap: 1),
    Row(9, majority: 5, percent: [2, 5, 6, 7], all: 9, upCap: 1),
    Row(10, majority: 6, percent: [2, 5, 6, 7], all: 10, upCap: 2),
  ])
  func `asks for so many failures`(_ row: Row) {
    let voters = row.voters
    func required(_ rule: Policy.Rule, assigned: Int = 10) -> Int {
      Policy(rule).required(voting: voters, assigned: assigned)
    }
    #expect(required(.majority) == row.majority)
    #expect(required(.percent(20)) == row.percent20)
    #expect(required(.percent(50)) == row.percent50)
    #expect(required(.percent(60)) == row.percent60)
    #expect(required(.percent(67)) == row.percent67)
    #expect(required(.percent(100)) == max(2, voters))
    #expect(required(.all) == row.all)
    #expect(required(.any) == 1)
    #expect(required(.weighted([:])) == 2)
    // Never lowered, however few vote.
    for count in 1...10 { #expect(required(.nOfM(count)) == count) }
    // Where one region is assigned, it is enough.
    #expect(required(.percent(20), assigned: 1) == max(1, (voters + 4) / 5))
    #expect(required(.weighted([:]), assigned: 1) == 1)

    #expect(Policy(.majority).allowedUp(voting: voters) == row.upCap)
    #expect(Policy(.weighted([:])).allowedUp(voting: voters) == row.upCap)
    for rule in [Policy.Rule.nOfM(2), .percent(60), .all, .any] {
      #expect(Policy(rule).allowedUp(voting: voters) == voters)
    }
    for rule in [Policy.Rule.majority, .nOfM(2), .percent(60), .all, .any, .weighted([:])] {
      #expect(Policy(rule, upCap: 3).allowedUp(voting: voters) == 3)
    }
    // Of voters that weigh one each, a weight above half is a majority.
    #expect(Policy(.weighted([:])).requiredWeight(voting: voters) == row.majority)
    #expect(Policy(.majority).requiredWeight(voting: voters) == nil)
  }

  @Test(arguments: [
    // The policy; the span that it asks for where 0, 1, 2, 3 and 4 providers vote.
    (Policy(.majority), [0, 1, 2, 2, 2]), (Policy(.weighted([:])), [0, 1, 2, 2, 2]),
    (Policy(.nOfM(2)), [0, 1, 1, 1, 1]), (Policy(.percent(60)), [0, 1, 1, 1, 1]),
    (Policy(.all), [0, 1, 1, 1, 1]), (Policy(.any), [0, 1, 1, 1, 1]),
    (Policy(.majority, minDomains: 1), [0, 1, 1, 1, 1]),
    (Policy(.majority, minDomains: 3), [0, 1, 2, 3, 3]),
    (Policy(.any, minDomains: 2), [0, 1, 2, 2, 2]),
  ])
  func `asks for a span of providers, where so many vote`(_ policy: Policy, _ spans: [Int]) {
    for (domains, span) in spans.enumerated() {
      #expect(policy.requiredDomains(voting: domains) == span)
    }
  }

  @Test(arguments: [
    // The rule; the least votes on which it decides anything with 1, 2 and 10 regions assigned.
    (Policy.Rule.majority, [1, 2, 2]), (.percent(60), [1, 2, 2]), (.all, [1, 2, 2]),
    (.weighted([:]), [1, 2, 2]), (.any, [1, 1, 1]), (.nOfM(1), [1, 1, 1]), (.nOfM(3), [3, 3, 3]),
  ])
  func `asks for a quorum`(_ rule: Policy.Rule, _ votes: [Int]) {
    for (assigned, least) in zip([1, 2, 10], votes) {
      #expect(Policy(rule).leastVotes(assigned: assigned) == least)
    }
  }

  /// The least number of failures that say down where the rest of so many voters is `rest`; `nil`
  /// where none does.
  static func least(_ policy: Policy, voters: Int, rest: Character) -> Int? {
    (0...voters).first { failing in
      let word = String(repeating: "d", count: failing)
      let others = String(repeating: rest, count: voters - failing)
      return Tally(ballots(word + others), policy: policy).isDown
    }
  }

  @Test(arguments: [
    // The policy; the least failures for down of 1 to 10 voters, all others being up.
    (Policy(.majority), [1, 2, 3, 4, 4, 5, 6, 7, 8, 8]),
    (Policy(.majority, upCap: 0), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    (Policy(.majority, upCap: 1), [1, 2, 2, 3, 4, 5, 6, 7, 8, 9]),
    (Policy(.majority, upCap: 9), [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]),
    (Policy(.majority, upCap: 9, minDomains: 5), [1, 2, 3, 4, 5, 5, 5, 5, 5, 6]),
    (Policy(.nOfM(2)), [nil, 2, 2, 2, 2, 2, 2, 2, 2, 2]),
    (Policy(.nOfM(2), upCap: 3), [nil, 2, 2, 2, 2, 3, 4, 5, 6, 7]),
    (Policy(.nOfM(4)), [nil, nil, nil, 4, 4, 4, 4, 4, 4, 4]),
    (Policy(.percent(60)), [1, 2, 2, 3, 3, 4, 5, 5, 6, 6]),
    (Policy(.all), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    (Policy(.any), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
    (Policy(.any, minDomains: 3), [1, 2, 3, 3, 3, 3, 3, 3, 3, 3]),
    // The first region weighs as much as four.
    (Policy(.weighted(["r0": 4]), upCap: 9), [1, 2, 2, 2, 2, 2, 3, 3, 4, 4]),
    (Policy(.weighted(["r0": 4])), [1, 2, 3, 4, 4, 5, 6, 7, 8, 8]),
  ])
  func `says down from so many failures on, the others being up`(
    _ policy: Policy, _ failures: [Int?]
  ) {
    #expect((1...10).map { Self.least(policy, voters: $0, rest: "u") } == failures)
  }

  @Test(arguments: [
    // The same, where nothing is known of the others.
    (Policy(.majority), [1, 2, 2, 2, 2, 2, 2, 2, 2, 2]),
    (Policy(.percent(60)), [1, 2, 2, 2, 2, 2, 2, 2, 2, 2]),
    (Policy(.all), [1, 2, 2, 2, 2, 2, 2, 2, 2, 2]),
    (Policy(.weighted([:])), [1, 2, 2, 2, 2, 2, 2, 2, 2, 2]),
    (Policy(.any), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
    (Policy(.nOfM(3)), [nil, nil, 3, 3, 3, 3, 3, 3, 3, 3]),
  ])
  func `says down from so many failures on, the others being silent`(
    _ policy: Policy, _ failures: [Int?]
  ) {
    for rest: Character in [".", "?"] {
      #expect((1...10).map { Self.least(policy, voters: $0, rest: rest) } == failures)
    }
  }

  @Test(arguments: [
    // Mostly up, and mostly slow.
    ("uuu", true, false), ("uud", true, false), ("udd", false, false), ("ud", false, false),
    ("uudd", false, false), ("sss", true, true), ("ssu", true, true), ("suu", true, false),
    ("ssuu", true, false), ("ssd", true, true), ("sd", false, false), ("ss?", true, true),
    ("s??", false, false), ("u..", false, false), ("s", true, true), ("...", false, false),
    ("ssuud", true, false), ("sssud", true, true),
  ])
  func `finds most up, and most slow, by more than half of the known votes`(
    _ word: String, _ isUp: Bool, _ isSlow: Bool
  ) {
    let tally = Tally(ballots(word), policy: .standard)
    #expect(tally.isMostlyUp == isUp)
    #expect(tally.isMostlyDegraded == isSlow)
  }
}
