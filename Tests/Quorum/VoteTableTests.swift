import Model
import Testing

@testable import Quorum

@Suite struct `A vote` {
  static func failed(_ failureClass: FailureClass) -> Outcome {
    .failed(Failure(failureClass, detail: ""))
  }

  @Test(arguments: [
    (Outcome.up, VoteKind.up), (.degraded(nil), .degraded),
    (.degraded(Failure(.status, detail: "")), .degraded),
    // The target itself answered.
    (failed(.connect), .attributable), (failed(.tls), .attributable),
    (failed(.protocol), .attributable), (failed(.status), .attributable),
    (failed(.content), .attributable),
    // Something between might explain it.
    (failed(.dns), .ambiguous), (failed(.timeout), .ambiguous), (failed(.unreachable), .ambiguous),
    // The agent could not ask.
    (failed(.agent), .unknown),
  ])
  func `is of the kind of its outcome`(_ outcome: Outcome, _ kind: VoteKind) {
    #expect(VoteKind(outcome) == kind)
    #expect(outcome.isUp == kind.isUp)
  }

  @Test func `is of a kind for every class of failure`() {
    for failureClass in FailureClass.allCases {
      #expect(VoteKind(Self.failed(failureClass)).isUp == false)
    }
  }

  @Test(arguments: [
    // Up, failing, the store's number, and what it counts for from an agent that is not trusted.
    (VoteKind.up, true, false, 0, VoteKind.up), (.degraded, true, false, 1, .degraded),
    (.attributable, false, true, 2, .attributable), (.ambiguous, false, true, 3, .unknown),
    (.unknown, false, false, 4, .unknown),
  ])
  func `counts by its kind and by its agent's trust`(
    _ kind: VoteKind, _ isUp: Bool, _ isFailure: Bool, _ code: Int16, _ distrusted: VoteKind
  ) {
    #expect(kind.isUp == isUp && kind.isFailure == isFailure)
    #expect(kind.code == code && VoteKind(code: code) == kind)
    #expect(Trust.trusted.weigh(kind) == kind)
    #expect(Trust.distrusted(reason: "canaries").weigh(kind) == distrusted)
  }

  @Test(arguments: [Int16.min, -1, 5, .max])
  func `has no other number`(_ code: Int16) { #expect(VoteKind(code: code) == nil) }

  /// Findings of one region, a second apart: those of `ballots`, `!` a black hole seen by an agent
  /// that is not trusted.
  @Test(arguments: [
    ("u", Int64?.none), ("s", nil), ("d", 0), ("h", 0), ("ud", 1), ("udd", 1), ("udhd", 1),
    // An up ends the run.
    ("dud", 2), ("dsd", 2), ("ddu", nil),
    // What learned nothing does not end it, and begins none.
    ("ud?d", 1), ("d?", 0), ("?d", 1), ("?", nil), ("d?u?d", 4), ("u!", nil), ("d!", 0), ("!d", 1),
  ])
  func `knows since when its region fails`(_ word: String, _ since: Int64?) {
    var vote: StandingVote?
    for (second, letter) in word.enumerated() {
      let kinds: [Character: VoteKind] = [
        "u": .up, "s": .degraded, "d": .attributable, "h": .ambiguous, "!": .ambiguous,
      ]
      let at = Int64(second) * 1_000
      let observation = Observation(
        region: "a", agent: 1, boot: .zero, epoch: 1, startedMs: at, startedAt: at,
        kind: kinds[letter] ?? .unknown)
      vote = StandingVote(observation, as: letter == "!" ? .unknown : nil, after: vote)
    }
    #expect(vote?.failingSince == since.map { $0 * 1_000 })
    // As it was found, whatever it counts for.
    #expect(word.last != "!" || vote?.observation.kind == .ambiguous)
  }

  @Test(
    arguments: [
      // Status; whether it answers a question, or follows one; what the region's vote was before;
      // whether it says nothing but that it was asked.
      (429, true, false, nil, true), (429, false, true, nil, true), (429, false, false, nil, false),
      (429, true, false, 200, true), (503, true, false, nil, false), (nil, true, false, nil, false),
      // Who was refused the schedule by itself is refused.
      (429, true, false, 429, false), (429, false, true, 429, false),
    ] as [(Int16?, Bool, Bool, Int16?, Bool)])
  func `that is refused for being one too many says only that it was asked`(
    _ status: Int16?, _ answers: Bool, _ follows: Bool, _ before: Int16?, _ isLimited: Bool
  ) {
    func finding(_ status: Int16?, _ answers: RoundID?) -> Observation {
      Observation(
        region: "a", agent: 1, boot: .zero, epoch: 1, startedMs: 0, startedAt: 0,
        kind: status == 200 ? .up : .attributable, evidence: Evidence(status: status),
        answers: answers)
    }
    let previous = before.map { StandingVote(finding($0, nil), after: nil) }
    let vote = StandingVote(
      finding(status, answers ? RoundID(episode: 1, round: 1) : nil), after: previous,
      followsQuestion: follows)
    #expect((vote.limited == true) == isLimited)
  }
}

@Suite struct `A standing vote` {
  /// What is special about region `r0`.
  enum Setting: Sendable {
    case plain
    case ignored
    case vacant
    case silent
    case neverHeard
    case restarted
    case withoutVote
    case silentWithoutVote
    /// The watermark is so far behind the agent's time, ms.
    case behind(Int64)
    /// The same, of a vote that is younger than the watermark, ms.
    case older(Int64, behind: Int64)
    case distrusted(VoteKind)
    case found(VoteKind)
    case limited
  }

  /// Interval 60 s, timeout 10 s.
  static let limit: Int64 = 75_000

  @Test(
    arguments: [
      (Setting.plain, Ballot.Uncounted?.none), (.ignored, .ignored), (.vacant, .vacant),
      (.silent, .silent), (.neverHeard, .silent), (.restarted, .restarted),
      (.withoutVote, .pending), (.silentWithoutVote, .silent),
      // Everything due before the watermark is stored: so long ago it was last upheld.
      (.behind(limit), nil), (.behind(limit + 1), .stale), (.behind(3_600_000), .stale),
      (.older(limit, behind: 3_600_000), nil), (.older(limit + 1, behind: 3_600_000), .stale),
      (.older(3_600_000, behind: limit), nil),
      (.distrusted(.ambiguous), .unknown), (.distrusted(.attributable), nil),
      (.distrusted(.up), nil), (.found(.unknown), .unknown), (.found(.degraded), nil),
      (.limited, .limited),
    ])
  func `counts, or it is said why not`(_ setting: Setting, _ uncounted: Ballot.Uncounted?) {
    var policy = Policy.standard
    if case .ignored = setting { policy.ignored = ["r0"] }
    var rig = Rig.up(5, policy: policy)
    rig.now += 3_600_001
    for index in 1..<5 { rig.find(index, .up) }
    switch setting {
    case .plain, .ignored: break
    case .vacant: rig.posts[0].isVacant = true
    case .silent: rig.posts[0].isSilent = true
    case .neverHeard: rig.posts[0].isKnown = false
    case .restarted: rig.posts[0].boot = 2
    case .withoutVote: rig.state.votes.removeFirst()
    case .silentWithoutVote:
      rig.state.votes.removeFirst()
      rig.posts[0].isSilent = true
    case .behind(let ms): rig.posts[0].behindMs = ms
    case .older(let ago, let behind):
      rig.posts[0].behindMs = behind
      rig.state.votes[0].observation.startedMs = rig.now - ago
    case .distrusted(let kind):
      rig.state.votes[0].observation.kind = kind
      rig.posts[0].trust = .distrusted(reason: "canaries")
    case .found(let kind): rig.state.votes[0].observation.kind = kind
    case .limited: rig.state.votes[0].limited = true
    }
    let ballots = rig.standing
    #expect(ballots[0].uncounted == uncounted)
    #expect(ballots.dropFirst().allSatisfy { $0.isCounted })
    let tally = Tally(ballots, policy: policy)
    #expect(tally.voting == (uncounted == nil ? 5 : 4))
  }

  @Test(
    arguments: [
      // Interval, timeout, age (ms): whether a finding may still vote.
      (60_000, 10_000, 0, true), (60_000, 10_000, 75_000, true), (60_000, 10_000, 75_001, false),
      (10_000, 5_000, 20_000, true), (10_000, 5_000, 20_001, false),
      (300_000, 30_000, 335_000, true), (300_000, 30_000, 335_001, false),
      (60_000, 10_000, 86_400_000, false),
      // From the future, as far as the agent's last word tells: as fresh as can be.
      (60_000, 10_000, -5_000, true),
    ] as [(Int64, Int64, Int64, Bool)])
  func `is one that was found within interval, timeout and five seconds`(
    _ interval: Int64, _ timeout: Int64, _ age: Int64, _ counts: Bool
  ) {
    var rig = Rig(3, intervalMs: interval, timeoutMs: timeout)
    rig.step(.configured(rig.settings))
    rig.find(0, .up, agoMs: age)
    #expect(rig.state.votes.isEmpty == !counts)
  }

  @Test func `is the younger of two findings, whichever comes first`() {
    var rig = Rig.up()
    rig.find(0, .attributable, agoMs: 100)
    #expect(rig.state.votes.first?.observation.kind == .up)
    rig.find(0, .attributable, agoMs: 5)
    #expect(rig.state.votes.first?.observation.kind == .attributable)
  }
}
