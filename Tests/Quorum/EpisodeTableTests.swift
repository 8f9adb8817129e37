import Model
import Testing

@testable import Quorum

/// What each series of rounds comes to: one letter a region, one word a round (`Script`), the last
/// word repeating. A scheduled failure opens each episode.
@Suite struct `An episode` {
  typealias Ending = Script.Ending

  struct Row: CustomTestStringConvertible {
    var rounds: [String]
    var ending: Ending
    var policy = Policy.standard
    var domains: String?

    /// - Parameter asked: when its rounds are asked, in seconds from the first.
    init(
      _ rounds: [String], _ verdict: Verdict?, _ regions: String = "", asked: [Int64],
      _ policy: Policy = .standard, domains: String? = nil
    ) {
      self.rounds = rounds
      ending = Ending(verdict: verdict, regions: regions.map { String($0) }, asked: asked)
      self.policy = policy
      self.domains = domains
    }

    var testDescription: String { rounds.joined(separator: " ") + ": \(ending)" }
  }

  func check(_ row: Row) {
    #expect(Script.episode(row.rounds, policy: row.policy, domains: row.domains) == row.ending)
  }

  @Test(arguments: [
    // Every failure is the target's own word, and half of the assigned regions have it.
    Row(["ddddd"], .down, asked: [0]),
    Row(["ddddu"], .down, asked: [0]),
    Row(["dddds"], .down, asked: [0]),
    Row(["ddd??"], .down, asked: [0]),
    Row(["ddd.."], .down, asked: [0]),
    Row(["dddxx"], .down, asked: [0]),
    Row(["ddd"], .down, asked: [0]),
    Row(["dd?"], .down, asked: [0]),
    Row(["dd."], .down, asked: [0]),
    Row(["dd"], .down, asked: [0]),
    Row(["dddddddduu"], .down, asked: [0]),
    Row(["ddddd....."], .down, asked: [0]),
    // A voter that is asked and never answers is waited for; the next round is asked meanwhile.
    Row(["ddd-", "dddd"], .down, asked: [0, 2]),
  ])
  func `is down at once by the target's own word`(_ row: Row) { check(row) }

  @Test(arguments: [
    // The network's word, alone or beside the target's.
    Row(["hhhhh"], .down, asked: [0, 2]),
    Row(["hhhhu"], .down, asked: [0, 2]),
    Row(["hhh"], .down, asked: [0, 2]),
    Row(["hh?"], .down, asked: [0, 2]),
    Row(["hh"], .down, asked: [0, 2]),
    Row(["ddddh"], .down, asked: [0, 2]),
    Row(["hhhhh", "ddddd"], .down, asked: [0, 2]),
    // The target's own, but of fewer than half of the regions.
    Row(["dd???"], .down, asked: [0, 2]),
    Row(["dd..."], .down, asked: [0, 2]),
    // The second round must say so as well, and be the next.
    Row(["hhhhh", "uuuuu"], nil, asked: [0, 2, 17]),
    Row(["hhhhh", "uuuuu", "hhhhh"], .down, asked: [0, 2, 17, 19]),
    Row(["hhh", "hhu", "hhh", "uuu"], nil, asked: [0, 2, 17, 19]),
    Row(["uduuu", "dd???"], .down, asked: [0, 15, 17]),
    Row(["uduuu", "dd???", "uu???"], nil, asked: [0, 15, 17, 32]),
  ])
  func `is down by the network's word if a second round confirms it`(_ row: Row) { check(row) }

  @Test(arguments: [
    // A first round in which nobody fails ends it.
    Row(["uuuuu"], nil, asked: [0]),
    Row(["sssss"], nil, asked: [0]),
    Row(["?uuuu"], nil, asked: [0]),
    Row(["uuuu."], nil, asked: [0]),
    // After a round with a failure it takes two.
    Row(["duuuu", "uuuuu"], nil, asked: [0, 15, 30]),
    Row(["dduuu", "uuuuu"], nil, asked: [0, 15, 30]),
    Row(["duuuu", "uuuuu", "uduuu", "uuuuu"], nil, asked: [0, 15, 30, 45]),
    // Who raised the doubt and was not heard on it has not taken it back.
    Row(["xuuuu", "uuuuu"], nil, asked: [0, 15]),
    // Four rounds, and nothing that lasts.
    Row(["duuuu", "uduuu", "uuduu", "uuudu"], nil, asked: [0, 15, 30, 45]),
    Row(["duuuu", "duuuu", "uuuuu", "uduuu"], nil, asked: [0, 15, 30, 45]),
    Row(["duuuu", "duuuu", "uduuu", "uuuuu"], nil, asked: [0, 15, 30, 45]),
    // Nobody is up: that is no region's own trouble.
    Row(["d????"], nil, asked: [0, 15, 30, 45]),
    Row(["?????"], nil, asked: [0, 15, 30, 45]),
  ])
  func `is transient`(_ row: Row) { check(row) }

  @Test(arguments: [
    // Three rounds, at once or with a gap, the last of them failing.
    Row(["duuuu"], .regional, "a", asked: [0, 15, 30]),
    Row(["uuuud"], .regional, "e", asked: [0, 15, 30]),
    Row(["duuuu", "uuuuu", "duuuu"], .regional, "a", asked: [0, 15, 30, 45]),
    Row(["duuuu", "duuuu", "uuuuu", "duuuu"], .regional, "a", asked: [0, 15, 30, 45]),
    Row(["du"], .regional, "a", asked: [0, 15, 30]),
    Row(["du?"], .regional, "a", asked: [0, 15, 30]),
    Row(["duu"], .regional, "a", asked: [0, 15, 30]),
    // Two of ten are less than three tenths.
    Row(["dduuuuuuuu"], .regional, "ab", asked: [0, 15, 30]),
    // Of one provider, which is named.
    Row(["dduuu"], .regional, "ab", asked: [0, 15, 30], domains: "aabcd"),
    Row(["ddddu"], .regional, "abcd", asked: [0, 15, 30], domains: "aaaab"),
  ])
  func `is regional`(_ row: Row) { check(row) }

  @Test(arguments: [
    Row(["dduuu"], .partial, "ab", asked: [0, 15, 30]),
    Row(["ddduu"], .partial, "abc", asked: [0, 15, 30]),
    Row(["ddu"], .partial, "ab", asked: [0, 15, 30]),
    Row(["ddduuuuuuu"], .partial, "abc", asked: [0, 15, 30]),
    Row(["dddddddduu"], .partial, "abcdefgh", asked: [0, 15, 30], Policy(.all)),
    Row(["dddu?"], .partial, "abc", asked: [0, 15, 30]),
    // Two rounds suffice beside a region of three.
    Row(["duuuu", "dduuu"], .partial, "ab", asked: [0, 15, 30]),
    // One that was up when last heard is none of them.
    Row(["dduuu", "dduuu", "duuuu"], .regional, "a", asked: [0, 15, 30]),
    // Of providers that are one, as far as anybody knows.
    Row(["dduuu"], .partial, "ab", asked: [0, 15, 30], domains: "aaaaa"),
  ])
  func `is partial`(_ row: Row) { check(row) }

  @Test(arguments: [
    // The failure that opened it, and two rounds that span 20 s with it.
    Row(["d"], .down, asked: [0, 10, 20]),
    Row(["h"], .down, asked: [0, 10]),
    Row(["d", "u"], nil, asked: [0, 10]),
    Row(["d", "d", "u"], nil, asked: [0, 10, 20]),
    Row(["u"], nil, asked: [0]),
    // What learns nothing neither counts nor breaks the run, and does not last for ever.
    Row(["d", "?", "d"], .down, asked: [0, 10, 20]),
    Row(["?", "?", "?", "d"], .down, asked: [0, 10, 20, 30, 40]),
    Row(["?"], nil, asked: [0, 10, 20, 30, 40, 50]),
    Row(["x"], nil, asked: [0, 10, 20, 30, 40, 50]),
  ])
  func `of one assigned region`(_ row: Row) { check(row) }

  @Test(arguments: [
    Row(["duuuu"], .down, asked: [0, 2], Policy(.any)),
    Row(["ddduu"], .down, asked: [0], Policy(.any)),
    Row(["huuuu"], .down, asked: [0, 2], Policy(.any)),
    Row(["dduuu"], .down, asked: [0, 2], Policy(.nOfM(2))),
    Row(["ddduu"], .down, asked: [0], Policy(.nOfM(2))),
    Row(["duuuu"], .regional, "a", asked: [0, 15, 30], Policy(.nOfM(2))),
    Row(["ddduu"], .down, asked: [0], Policy(.percent(60))),
    Row(["dduuu"], .partial, "ab", asked: [0, 15, 30], Policy(.percent(60))),
    Row(["ddddd"], .down, asked: [0], Policy(.all)),
    Row(["ddddu"], .partial, "abcd", asked: [0, 15, 30], Policy(.all)),
    Row(["ddduu"], .down, asked: [0], Policy(.majority, upCap: 2)),
    Row(["ddddu"], .partial, "abcd", asked: [0, 15, 30], Policy(.majority, upCap: 0)),
    Row(["ddddu"], .down, asked: [0], Policy(.majority, minDomains: 1), domains: "aaaab"),
    Row(["ddduu"], .down, asked: [0], Policy(.weighted(["a": 3]), upCap: 2)),
    Row(["uuddd"], .partial, "cde", asked: [0, 15, 30], Policy(.weighted(["a": 3]), upCap: 2)),
    Row(["udddd"], .partial, "bcde", asked: [0, 15, 30], Policy(.majority, mustFail: ["a"])),
    Row(["ddddu"], .down, asked: [0], Policy(.majority, mustFail: ["a"])),
    Row(["ddduu"], .down, asked: [0], Policy(.majority, ignored: ["d", "e"])),
  ])
  func `under another policy`(_ row: Row) { check(row) }

  @Test(arguments: [
    (["uuuuu"], Verdict?.none, [0]), (["ddddd"], .down, [0, 2]), (["ddddu"], .down, [0, 2]),
    (["hhhhh"], .down, [0, 2]), (["duuuu", "duuuu", "uuuud"], nil, [0, 15, 30, 45]),
  ])
  func `while a region is listed takes two rounds to be down`(
    _ rounds: [String], _ verdict: Verdict?, _ asked: [Int64]
  ) {
    var script = Script("uuuuu")
    #expect(script.episode(["uuuud"]).regions == ["e"])
    let ending = script.episode(rounds)
    #expect(ending.verdict == verdict)
    #expect(ending.asked == asked)
  }
}

/// What raises a doubt, and what does not.
@Suite struct `A doubt` {
  enum News: Sendable {
    case finding(VoteKind)
    case late(VoteKind)
    case ofAnotherEpoch
    case ofAnotherStart
    case ofAnotherAgent
    case tooMany
    case overdue
    case overdueOfAnotherAgent
  }

  /// What is special about region `r0` when the news come from it.
  enum Setting: Sendable {
    case plain
    case distrusted
    case ignored
    case listed
    case alone
    case unassigned
  }

  @Test(
    arguments: [
      (News.finding(.up), Setting.plain, false), (.finding(.degraded), .plain, false),
      (.finding(.attributable), .plain, true), (.finding(.ambiguous), .plain, true),
      (.finding(.unknown), .plain, false),
      // From whom it comes.
      (.finding(.attributable), .distrusted, true), (.finding(.ambiguous), .distrusted, false),
      (.finding(.attributable), .ignored, false), (.finding(.attributable), .listed, false),
      (.finding(.attributable), .alone, false), (.finding(.attributable), .unassigned, false),
      // What it is about.
      (.late(.attributable), .plain, false), (.ofAnotherEpoch, .plain, false),
      (.ofAnotherStart, .plain, false), (.ofAnotherAgent, .plain, false),
      (.tooMany, .plain, false),
      // A probe that takes unusually long.
      (.overdue, .plain, true), (.overdue, .distrusted, false), (.overdue, .ignored, false),
      (.overdue, .listed, false), (.overdue, .alone, false), (.overdue, .unassigned, false),
      (.overdueOfAnotherAgent, .plain, false),
    ] as [(News, Setting, Bool)])
  func `is raised by`(_ news: News, _ setting: Setting, _ isRaised: Bool) {
    var rig = Rig.up(
      4, policy: setting == .ignored ? Policy(.majority, ignored: ["r0"]) : .standard)
    // Long enough after the first questions for a refusal to be the target's own.
    rig.wait(61_000)
    switch setting {
    case .plain, .ignored: break
    case .distrusted: rig.posts[0].trust = .distrusted(reason: "canaries")
    case .listed:
      rig.state.listed = [ListedRegion(region: "r0", since: rig.now)]
    case .alone:
      for index in 1..<4 { rig.posts[index].isSilent = true }
    case .unassigned: rig.posts[0].isVacant = true
    }
    switch news {
    case .finding(let kind): rig.find(0, kind)
    case .late(let kind): rig.find(0, kind, agoMs: 75_001)
    case .tooMany: rig.find(0, .attributable, status: 429)
    case .overdue: rig.step(.overdue(region: "r0", agent: 1))
    case .overdueOfAnotherAgent: rig.step(.overdue(region: "r0", agent: 2))
    case .ofAnotherEpoch, .ofAnotherStart, .ofAnotherAgent:
      var finding = rig.observation(0, .attributable)
      if case .ofAnotherEpoch = news { finding.epoch = 0 }
      if case .ofAnotherStart = news { finding.boot = BootID(high: 1, low: 0) }
      if case .ofAnotherAgent = news { finding.agent = 2 }
      rig.step(.observed(finding))
    }
    #expect(rig.isSuspect == isRaised)
    #expect(rig.asks.contains { $0.purpose == .confirm } == isRaised)
  }

  @Test func `raises no second while it is being settled`() {
    var rig = Rig.up(5)
    rig.find(0, .attributable)
    let asked = rig.asks.count
    for index in 1..<5 { rig.find(index, .ambiguous) }
    rig.step(.overdue(region: "r1", agent: 2))
    #expect(rig.asks.count == asked)
    #expect(rig.rounds.count == 1)
  }
}

/// What a verdict is recorded with, so that a person can see why.
@Suite struct `A verdict` {
  @Test func `is recorded with all that explains it`() throws {
    var rig = Rig.up(5)
    rig.posts[3].trust = .distrusted(reason: "loop_lag")
    rig.posts[4].isSilent = true
    rig.wait(2_000)
    rig.find(0, .attributable, agoMs: 700)
    let id = try #require(rig.rounds.last?.id)
    for index in 0..<3 {
      rig.find(index, .attributable, agoMs: 40, status: 503, answers: id)
    }
    rig.find(3, .ambiguous, agoMs: 30, answers: id)
    let record = try #require(rig.verdicts.last)
    #expect(record.verdict == .down && record.epoch == 1 && record.policy == .standard)
    // Since the first failure, by the round's last word.
    #expect(record.startedAt == rig.now - 700 && record.decidedAt == rig.now)
    #expect(!record.solo && record.regions.isEmpty && record.domain == nil)
    let tally = record.tally
    #expect((tally.assigned, tally.voting, tally.down, tally.up) == (5, 3, 3, 0))
    #expect((tally.required, tally.allowedUp, tally.leastVotes) == (2, 0, 2))
    #expect((tally.domains, tally.domainsDown, tally.requiredDomains) == (3, 3, 2))
    let ballots = record.ballots
    #expect(ballots.map(\.region) == ["r0", "r1", "r2", "r3", "r4"])
    #expect(ballots.map(\.agent) == [1, 2, 3, 4, 5])
    #expect(ballots.map(\.domain) == ["p0", "p1", "p2", "p3", "p4"])
    #expect(ballots.map(\.uncounted) == [nil, nil, nil, .unknown, .silent])
    #expect(ballots.map(\.ageMs) == [40, 40, 40, 30, nil])
    #expect(ballots.map(\.failingSince)[0] == rig.now - 700)
    #expect(ballots.prefix(4).allSatisfy { $0.answers == id })
    #expect(ballots.map(\.evidence?.status) == [503, 503, 503, nil, nil])
    #expect(ballots[3].trust == .distrusted(reason: "loop_lag"))
  }
}
