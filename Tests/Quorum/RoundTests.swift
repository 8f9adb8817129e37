import Model
import Testing

@testable import Quorum

@Suite struct `A round` {
  /// What happens to the question that region `r0` was asked, and when (ms after it was asked).
  enum Happening: Sendable {
    case nothing
    case answer(VoteKind)
    case answerOfAnotherAgent
    case answerOfAnotherStart
    case answerOfAnotherEpoch
    case answerTooLate
    case refusal
    case drop
    case dropOfAnotherAgent
    case delay(Int64)
    case silence
    case standIn
    case vacancy
  }

  /// A timeout of 10 s, 2 s for the way, 15 s for a free place at the agent.
  static let deadline: Int64 = 27_000

  @Test(
    arguments: [
      (Happening.nothing, 0, Ballot.Uncounted.pending),
      (.nothing, deadline - 1, .pending), (.nothing, deadline, .unanswered),
      // Answers, and what only looks like one.
      (.answer(.up), 0, nil), (.answer(.degraded), 0, nil), (.answer(.attributable), 0, nil),
      (.answer(.ambiguous), 0, nil), (.answer(.unknown), 0, .unknown), (.refusal, 0, .limited),
      (.answerOfAnotherAgent, 0, .pending), (.answerOfAnotherStart, 0, .pending),
      (.answerOfAnotherEpoch, 0, .pending), (.answerTooLate, 0, .pending),
      // The agent will not or can't.
      (.drop, 0, .dropped), (.dropOfAnotherAgent, 0, .pending), (.silence, 0, .silent),
      (.standIn, 0, .replaced), (.vacancy, 0, .replaced),
      // A question that waits for its turn is late so much later, but not for ever.
      (.delay(5_000), deadline, .pending), (.delay(5_000), deadline + 4_999, .pending),
      (.delay(5_000), deadline + 5_000, .unanswered),
      (.delay(.max), deadline + 599_999, .pending), (.delay(.max), deadline + 600_000, .unanswered),
    ] as [(Happening, Int64, Ballot.Uncounted?)])
  func `awaits each answer until`(
    _ happening: Happening, _ after: Int64, _ uncounted: Ballot.Uncounted?
  ) throws {
    var rig = Rig.up()
    rig.find(1, .attributable)
    let id = try #require(rig.rounds.last?.id)
    switch happening {
    case .nothing: break
    case .answer(let kind): rig.find(0, kind, answers: id)
    case .answerTooLate: rig.find(0, .attributable, agoMs: 75_001, answers: id)
    case .refusal: rig.find(0, .attributable, status: 429, answers: id)
    case .answerOfAnotherAgent, .answerOfAnotherStart, .answerOfAnotherEpoch:
      var answer = rig.observation(0, .attributable, answers: id)
      if case .answerOfAnotherAgent = happening { answer.agent = 9 }
      if case .answerOfAnotherStart = happening { answer.boot = BootID(high: 1, low: 9) }
      if case .answerOfAnotherEpoch = happening { answer.epoch = 9 }
      rig.step(.observed(answer))
    case .drop: rig.step(.dropped(id, region: "r0", agent: 1))
    case .dropOfAnotherAgent: rig.step(.dropped(id, region: "r0", agent: 9))
    case .delay(let ms): rig.step(.delayed(id, region: "r0", agent: 1, byMs: ms))
    case .silence: rig.posts[0].isSilent = true
    case .standIn: rig.posts[0].agent = 9
    case .vacancy: rig.posts[0].isVacant = true
    }
    rig.wait(after)
    let round = try #require(rig.rounds.first)
    #expect(round.ballot("r0")?.uncounted == uncounted)
    #expect(round.ballot("r0")?.isCounted == (uncounted == nil))
  }

  @Test(arguments: [
    // The state of region r0's seat, and whether it is asked.
    ("live", Ballot.Uncounted.pending), ("distrusted", .pending), ("listed", .pending),
    ("without a vote", .pending), ("silent", .silent), ("never heard", .silent),
    ("vacant", .vacant), ("ignored", .ignored),
  ])
  func `asks every live voter at once, whoever raised the doubt`(
    _ state: String, _ ballot: Ballot.Uncounted
  ) throws {
    var rig = Rig.up(4, policy: state == "ignored" ? Policy(.majority, ignored: ["r0"]) : .standard)
    switch state {
    case "distrusted": rig.posts[0].trust = .distrusted(reason: "canaries")
    case "listed": rig.state.listed = [ListedRegion(region: "r0", since: rig.now)]
    case "without a vote": rig.state.votes.removeFirst()
    case "silent": rig.posts[0].isSilent = true
    case "never heard": rig.posts[0].isKnown = false
    case "vacant": rig.posts[0].isVacant = true
    default: break
    }
    rig.find(1, .attributable)
    let ask = try #require(rig.asks.last { $0.purpose == .confirm })
    #expect(ask.voters.map(\.region) == (ballot == .pending ? ["r0"] : []) + ["r1", "r2", "r3"])
    // Each answer has the timeout and 2 s, from its own probe's start.
    #expect(ask.deadlineMs == 12_000)
    let round = try #require(rig.rounds.first)
    if ballot == .ignored {
      #expect(round.ballot("r0")?.uncounted == .ignored)
    } else {
      #expect(round.ballot("r0")?.uncounted == ballot)
    }
  }

  @Test(arguments: [
    // Says down whatever comes; may yet say so; needs no second round.
    ("ddddd", true, true, true), ("dddd-", true, true, false), ("ddd--", false, true, false),
    ("-----", false, true, false), ("ddddu", true, true, true), ("dddu-", false, true, false),
    ("dduu-", false, false, false), ("ddduu", false, false, false), ("uuuuu", false, false, false),
    ("hhhhh", true, true, false), ("ddddh", true, true, false), ("ddd??", true, true, true),
    ("dd???", true, true, false), ("dd--?", false, true, false), ("d????", false, false, false),
    ("d???-", false, true, false), (".....", false, false, false), ("ddd", true, true, true),
    ("dd-", false, true, false), ("du-", false, false, false), ("d-", false, true, false),
    ("dd", true, true, true), ("du", false, false, false), ("d", true, true, true),
  ])
  func `knows what it says`(_ word: String, _ says: Bool, _ may: Bool, _ isCertain: Bool) {
    let round = Round(
      id: RoundID(episode: 1, round: 1), askedAt: 0, confirms: false, ballots: ballots(word))
    #expect(round.saysDown(.standard) == says)
    #expect(round.maySayDown(.standard) == may)
    #expect(round.isCertain(.standard) == isCertain)
    #expect(round.isComplete == !word.contains("-"))
  }

  /// Every way in which awaited answers can turn out, tried one by one: an answer of either kind, one
  /// that never comes, and one that is refused for being one too many.
  @Test(arguments: 0..<8)
  func `says down if it does however its awaited answers turn out`(_ seed: UInt64) {
    var random = SplitMix(seed: seed)
    var says = 0
    for _ in 0..<400 {
      let policy = random.policy(mustFail: true)
      var cast = random.ballots()
      var awaited = cast.indices.filter { cast[$0].uncounted == .pending }
      for index in awaited.dropFirst(3) { cast[index].uncounted = .silent }
      awaited = Array(awaited.prefix(3))
      let round = Round(
        id: RoundID(episode: 1, round: 1), askedAt: 0, confirms: false, ballots: cast)
      var turns: [Bool] = []
      for number in 0..<(1 << (2 * awaited.count)) {
        var outcome = cast
        for (place, index) in awaited.enumerated() {
          switch number >> (2 * place) & 3 {
          case 0: outcome[index].settle(.up)
          case 1: outcome[index].settle(.ambiguous)
          case 2: outcome[index].settle(nil, .unanswered)
          default: outcome[index].settle(.attributable, .limited)
          }
        }
        turns.append(Tally(outcome, policy: policy).isDown)
      }
      says += turns.contains(true) && turns.contains(false) ? 1 : 0
      if round.saysDown(policy) != turns.allSatisfy({ $0 })
        || round.maySayDown(policy) != turns.contains(true)
      {
        Issue.record("seed \(seed): \(policy) over \(cast) turns out \(turns)")
      }
    }
    #expect(says > 20, "\(says) rounds are open")
  }
}

extension Ballot {
  /// Lets an awaited answer turn out so.
  fileprivate mutating func settle(_ kind: VoteKind?, _ uncounted: Uncounted? = nil) {
    self.kind = kind
    self.uncounted = uncounted
  }
}
