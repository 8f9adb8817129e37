import Model

@testable import Quorum

/// A monitor stepped by hand: every event, every answer and the state of every agent is the test's
/// own. Region `r<index>` is held by agent `index + 1`, of provider `p<index>`.
struct Rig {
  /// A region's seat and what is known of its agent.
  struct Post {
    var agent: AgentKey
    var domain: String
    var boot: UInt64 = 1
    /// Agent time less collector time, ms.
    var clockMs: Int64 = 0
    /// How far the agent's watermark is behind its time, ms.
    var behindMs: Int64 = 1_000
    var isVacant = false
    /// Whether the agent ever was heard.
    var isKnown = true
    var isSilent = false
    var trust = Trust.trusted
  }

  static let start: Int64 = 1_700_000_000_000
  var settings: Settings
  var posts: [Post]
  var now = Rig.start
  var state = MonitorState()
  var asks: [Ask] = []
  var verdicts: [VerdictRecord] = []
  var notices: [Notice] = []

  init(
    _ count: Int = 3, policy: Policy = .standard, intervalMs: Int64 = 60_000,
    timeoutMs: Int64 = 10_000
  ) {
    settings = Settings(epoch: 1, intervalMs: intervalMs, timeoutMs: timeoutMs, policy: policy)
    posts = (0..<count).map { Post(agent: AgentKey($0 + 1), domain: "p\($0)") }
  }

  /// A monitor that every region has found up.
  static func up(_ count: Int = 3, policy: Policy = .standard) -> Rig {
    var rig = Rig(count, policy: policy)
    rig.step(.configured(rig.settings))
    rig.findAll(.up)
    return rig
  }

  /// A monitor that every region has refused, in one round.
  static func down(_ count: Int = 3) -> Rig {
    var rig = Rig.up(count)
    rig.find(0, .attributable)
    rig.answer(String(repeating: "d", count: count))
    return rig
  }

  var said: [Verdict] { verdicts.map(\.verdict) }

  var panel: Panel {
    Panel(
      posts.enumerated().map { index, post in
        let presence = Presence(
          boot: BootID(high: UInt64(post.agent), low: post.boot), heardAgoMs: 0,
          agentNowMs: now + post.clockMs, watermarkMs: now + post.clockMs - post.behindMs,
          silent: post.isSilent)
        let voter = Voter(
          agent: post.agent, region: "r\(index)", domain: post.domain,
          presence: post.isKnown ? presence : nil, trust: post.trust)
        return Seat(region: "r\(index)", voter: post.isVacant ? nil : voter)
      })
  }

  /// The rounds of the present episode, oldest first.
  var rounds: [Round] {
    switch state.stage {
    case .settled, .down: []
    case .suspect(let episode), .recovering(let episode): episode.rounds
    }
  }

  var isSuspect: Bool { if case .suspect = state.stage { true } else { false } }

  /// Every region's vote as a tally would see it now.
  var standing: [Ballot] {
    Stepper(state: state, event: Event(at: now, panel: panel, .tick)).standingBallots(settings)
  }

  @discardableResult
  mutating func step(_ change: Event.Change = .tick) -> Step {
    if case .configured(let settings) = change { self.settings = settings }
    let step = state.step(Event(at: now, panel: panel, change))
    for directive in step.directives {
      switch directive {
      case .askProbes(let ask): asks.append(ask)
      case .recordVerdict(let record): verdicts.append(record)
      case .tell(let notice): notices.append(notice)
      case .openIncident, .changeSeverity, .closeIncident, .markIncident, .forgetVote: break
      }
    }
    return step
  }

  /// A finding of a region's agent that began `agoMs` ago by its own clock.
  func observation(
    _ index: Int, _ kind: VoteKind, agoMs: Int64 = 10, status: Int16? = nil,
    answers: RoundID? = nil
  ) -> Observation {
    let post = posts[index]
    let started = now + post.clockMs - agoMs
    return Observation(
      region: "r\(index)", agent: post.agent,
      boot: BootID(high: UInt64(post.agent), low: post.boot), epoch: settings.epoch,
      startedMs: started, startedAt: started, kind: kind, evidence: Evidence(status: status),
      answers: answers)
  }

  @discardableResult
  mutating func find(
    _ index: Int, _ kind: VoteKind, agoMs: Int64 = 10, status: Int16? = nil,
    answers: RoundID? = nil
  ) -> Step {
    step(
      .observed(observation(index, kind, agoMs: agoMs, status: status, answers: answers)))
  }

  mutating func findAll(_ kind: VoteKind) {
    for index in posts.indices { find(index, kind) }
  }

  /// Answers the last round, one letter a region: those of `ballots`, where `-` and `.` say nothing.
  mutating func answer(_ word: String) {
    guard let id = rounds.last?.id else { return }
    for (index, letter) in word.enumerated() {
      let kinds: [Character: VoteKind] = [
        "d": .attributable, "h": .ambiguous, "u": .up, "s": .degraded, "?": .unknown,
      ]
      guard let kind = kinds[letter] else { continue }
      find(index, kind, answers: id)
    }
  }

  /// Lets time pass in one go, with a look at its end.
  @discardableResult
  mutating func wait(_ ms: Int64) -> Step {
    now += ms
    return step()
  }
}
