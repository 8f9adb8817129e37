import Model
import Testing

@testable import Quorum

/// Ballots from a word: `d` down by the target's own answer, `h` black-holed, `u` up, `s` slow,
/// `?` unknown, `.` silent, `-` awaited; each region of its own provider unless `domains` says.
func ballots(_ word: String, domains: String? = nil) -> [Ballot] {
  let names = domains.map { Array($0) }
  return word.enumerated().map { index, letter in
    var ballot = Ballot(
      region: "r\(index)", agent: AgentKey(index + 1),
      domain: names.map { String($0[index]) } ?? "p\(index)")
    switch letter {
    case "d": ballot.kind = .attributable
    case "h": ballot.kind = .ambiguous
    case "u": ballot.kind = .up
    case "s": ballot.kind = .degraded
    case "?":
      ballot.kind = .unknown
      ballot.uncounted = .unknown
    case ".": ballot.uncounted = .silent
    default: ballot.uncounted = .pending
    }
    return ballot
  }
}

@Suite struct `A tally` {
  @Test(arguments: [
    // Live agents: 0 and 1 never, where more regions are assigned.
    ("...", false), ("d..", false), ("d??", false),
    // 2: both.
    ("dd", true), ("du", false), ("dd.", true), ("du.", false),
    // 3: none up, at least two down.
    ("ddd", true), ("dd?", true), ("ddu", false), ("d?.", false), ("duu", false),
    // 5: at most one up, at least three down.
    ("ddddd", true), ("ddddu", true), ("ddd??", true), ("ddduu", false), ("dd???", true),
    ("dddu?", false), ("dddds", true), ("dddss", false),
    // Ten: at most two up, more than half down.
    ("dddddddduu", true), ("dddddduuuu", false), ("dddddddu??", true), ("ddddddduuu", false),
  ])
  func `of the default policy says down by the table of live agents`(_ word: String, _ down: Bool) {
    #expect(Tally(ballots(word), policy: .standard).isDown == down)
  }

  @Test(arguments: [
    (Policy(.majority), "ddd", "aab", true),
    (Policy(.majority), "dd?", "aab", true),
    (Policy(.majority, upCap: 1), "ddu", "aab", false),
    (Policy(.majority, upCap: 1), "ddu", "abb", true),
    (Policy(.majority, upCap: 1), "dudd", "abaa", false),
    (Policy(.majority, upCap: 1, minDomains: 1), "dudd", "abaa", true),
    (Policy(.nOfM(2)), "dduuu", "abcde", true),
    (Policy(.nOfM(2)), "duuuu", "abcde", false),
    (Policy(.nOfM(3)), "dd...", "abcde", false),
    (Policy(.nOfM(2), upCap: 1), "dduuu", "abcde", false),
    (Policy(.nOfM(2), minDomains: 2), "dduuu", "aabcd", false),
    (Policy(.percent(60)), "ddduu", "abcde", true),
    (Policy(.percent(61)), "ddduu", "abcde", false),
    (Policy(.percent(20)), "duuuu", "abcde", false),
    (Policy(.percent(20)), "dduuu", "abcde", true),
    (Policy(.all), "ddd", "abc", true),
    (Policy(.all), "ddu", "abc", false),
    (Policy(.all), "dd.", "abc", true),
    (Policy(.all), "d..", "abc", false),
    (Policy(.any), "duuuu", "abcde", true),
    (Policy(.any), "d....", "abcde", true),
    (Policy(.any), "?....", "abcde", false),
    // More than half of the weight, and the up cap and the span of a majority.
    (Policy(.weighted(["r0": 3]), upCap: 2), "dduu", "abcd", true),
    (Policy(.weighted(["r0": 3]), upCap: 2), "uddu", "abcd", false),
    (Policy(.weighted(["r0": 2]), upCap: 9), "ddduu", "abcde", true),
    (Policy(.weighted(["r0": 2]), upCap: 9), "uddd", "abcd", true),
    (Policy(.weighted(["r0": 3]), upCap: 9), "uddd", "abcd", false),
    (Policy(.weighted(["r0": 3])), "dduu", "abcd", false),
    (Policy(.weighted(["r0": 3]), upCap: 2), "dduu", "aabc", false),
    (Policy(.weighted(["r0": 9]), upCap: 9), "duuu", "abcd", false),
    (Policy(.weighted(["r0": 0, "r1": 0])), "dd..", "abcd", false),
    (Policy(.weighted([:])), "dd..", "abcd", true),
    // Regions that must be among the failing, and regions that are left out.
    (Policy(.nOfM(2), mustFail: ["r0"]), "dduuu", "abcde", true),
    (Policy(.nOfM(2), mustFail: ["r0"]), "udddd", "abcde", false),
    (Policy(.nOfM(2), mustFail: ["r0"]), ".dddd", "abcde", false),
    (Policy(.nOfM(2), mustFail: ["r0", "r4"]), "dduuu", "abcde", false),
    (Policy(.majority, mustFail: ["x"]), "ddd", "abc", false),
    (Policy(.majority, ignored: ["r2"]), "ddu", "abc", true),
    (Policy(.majority, ignored: ["r0"]), "duu", "abc", false),
    (Policy(.majority, ignored: ["r1", "r2"]), "duu", "abc", true),
    (Policy(.all, ignored: ["r0", "r1"]), "ddd..", "abcde", false),
  ])
  func `follows each policy`(_ policy: Policy, _ word: String, _ domains: String, _ down: Bool) {
    #expect(Tally(ballots(word, domains: domains), policy: policy).isDown == down)
  }

  @Test(arguments: [
    (Policy.standard, "d..", false), (.standard, "uu.", true), (Policy(.nOfM(3)), "uu.", false),
    (Policy(.any, mustFail: ["r2"]), "uu.", false), (Policy(.any, mustFail: ["r2"]), "..u", true),
    (Policy(.weighted(["r0": 0])), "u..", false),
    (Policy(.majority, ignored: ["r0"]), "uu.", false),
    (Policy(.any), "u..", true), (.standard, "u", true), (.standard, "...", false),
  ])
  func `knows when too few votes are known`(_ policy: Policy, _ word: String, _ quorum: Bool) {
    #expect(Tally(ballots(word), policy: policy).hasQuorum == quorum)
  }

  @Test func `agrees with a slow second count on random ballots`() {
    var random = SplitMix(seed: 1)
    for _ in 0..<100_000 {
      let votes = random.ballots()
      let policy = random.policy()
      // Compared before expecting: a hundred thousand expectations would take seconds.
      if Tally(votes, policy: policy).isDown != slowIsDown(votes, policy) {
        Issue.record("\(policy) \(votes)")
      }
    }
  }

  @Test func `never turns to down by one more up, or by silence`() {
    var random = SplitMix(seed: 2)
    for _ in 0..<30_000 {
      var votes = random.ballots()
      let policy = random.policy(mustFail: true)
      guard !Tally(votes, policy: policy).isDown else { continue }
      let index = Int(random.next() % UInt64(votes.count))
      votes[index].kind = .up
      votes[index].uncounted = nil
      if Tally(votes, policy: policy).isDown { Issue.record("\(policy) \(votes)") }
    }
    for count in 1...10 {
      for rule in [Policy.Rule.majority, .nOfM(1), .percent(1), .all, .any] {
        let votes = ballots(String(repeating: ".", count: count))
        #expect(!Tally(votes, policy: Policy(rule, upCap: 9, minDomains: 1)).isDown)
      }
    }
  }

  /// The words of the rule, one after the other, without arithmetic tricks.
  private func slowIsDown(_ ballots: [Ballot], _ policy: Policy) -> Bool {
    let known = ballots.filter { $0.uncounted == nil && $0.kind != .unknown && $0.kind != nil }
    let failing = known.filter { $0.kind == .attributable || $0.kind == .ambiguous }
    let up = known.filter { $0.kind == .up || $0.kind == .degraded }
    var enough = false
    var cap = known.count
    var domains = 1
    var least = ballots.count == 1 ? 1 : 2
    switch policy.rule {
    case .majority:
      enough = failing.count > known.count - failing.count
      cap = 0
      while (cap + 1) * 5 <= known.count { cap += 1 }
      domains = 2
    case .nOfM(let count):
      enough = failing.count >= count
      least = count
    case .percent(let share):
      enough =
        failing.count * 100 >= share * known.count
        && (ballots.count == 1 ? failing.count >= 1 : failing.count >= 2)
    case .all: enough = !known.isEmpty && failing.count == known.count
    case .any:
      enough = !failing.isEmpty
      least = 1
    case .weighted(let weights):
      func sum(_ ballots: [Ballot]) -> Int {
        ballots.reduce(0) { $0 + (weights[$1.region] ?? 1) }
      }
      enough =
        sum(failing) * 2 > sum(known) && failing.count >= min(2, ballots.count)
      cap = known.count / 5
      domains = 2
    }
    cap = policy.upCap ?? cap
    domains = min(policy.minDomains ?? domains, Set(known.compactMap(\.domain)).count)
    return known.count >= least && enough && up.count <= cap
      && Set(failing.compactMap(\.domain)).count >= domains
  }
}

/// A small seeded generator, so that failures repeat.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Rendezvous.mix(state)
  }

  mutating func ballots() -> [Ballot] {
    let count = 1 + Int(next() % 10)
    let letters = Array("dddhuus?.-")
    let word = String((0..<count).map { _ in letters[Int(next() % UInt64(letters.count))] })
    let names = Array("abcd")
    let domains = String((0..<count).map { _ in names[Int(next() % UInt64(names.count))] })
    return drawn(word, domains)
  }

  mutating func policy(mustFail: Bool = false) -> Policy {
    let rules: [Policy.Rule] = [
      .majority, .nOfM(1 + Int(next() % 5)), .percent(1 + Int(next() % 100)), .all, .any,
      .weighted(["r0": Int(next() % 6), "r1": Int(next() % 3), "r2": 0]),
    ]
    return Policy(
      rules[Int(next() % UInt64(rules.count))],
      upCap: next() % 3 == 0 ? Int(next() % 4) : nil,
      minDomains: next() % 3 == 0 ? 1 + Int(next() % 4) : nil,
      mustFail: mustFail && next() % 4 == 0 ? ["r\(next() % 3)"] : [])
  }
}

private func drawn(_ word: String, _ domains: String) -> [Ballot] {
  ballots(word, domains: domains)
}
