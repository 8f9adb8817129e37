/// Takes logged steps again under another policy: what would have been decided, and who been told.
///
/// The log holds what one policy asked for. Another may ask at other times: then a question that was
/// never put is answered by what its region is known to have held, which the log has, since every
/// change is told; and a look that was never taken sees the panel as the steps around it show it.
/// How often that was needed is counted (`questions`). It reads no clock: whoever runs it bounds it
/// by `stepLimit` and stops when `isCut`.
public struct Backtest: Sendable {
  /// How the questions of this run were answered.
  public struct Questions: Hashable, Sendable {
    public var asked = 0
    /// By a finding that is logged.
    public var logged = 0
    /// By what the region was known to hold.
    public var assumed = 0

    public init() {}
  }

  public private(set) var course = Course()
  public private(set) var questions = Questions()
  /// How many steps were taken, those among them that are not in the log.
  public private(set) var steps = 0
  public private(set) var stepsAssumed = 0
  /// Whether it ended before what was to be taken, since it took too many steps.
  public private(set) var isCut = false

  /// Two moments so near to each other are the same for a question and a finding; a step so near
  /// before one that is logged is left to that.
  static let nearMs: Int64 = 1_500
  /// How far ahead of a step those that follow it must be known, ms.
  public static let aheadMs: Int64 = 120_000

  private var state: MonitorState
  private let policy: Policy?
  private let stepLimit: Int
  private var wakeAt: Int64?
  private var last: (panel: Panel, at: Int64, paceMs: Int64?)?
  private var open: [Question]
  /// When the rounds of the log were asked.
  private var roundsAskedAt: [RoundID: Int64] = [:]
  /// The newest finding of each region, as it was found.
  private var held: [String: Observation]

  private struct Question {
    var id: RoundID
    var region: String
    var agent: AgentKey
    var askedAt: Int64
    /// The logged step that answers it, or when it is answered by what is held; neither before it
    /// was looked for.
    var step: Int64?
    var answerAt: Int64?
    var isSettled = false
  }

  /// - Parameters:
  ///   - state: as it was before the first step that is taken.
  ///   - policy: decides in place of the logged one; `nil` leaves that, which should then give what is
  ///     logged.
  public init(from state: MonitorState, policy: Policy?, stepLimit: Int = 100_000) {
    self.state = state
    self.policy = policy
    self.stepLimit = stepLimit
    held = Dictionary(
      state.votes.map { ($0.observation.region, $0.observation) },
      uniquingKeysWith: { first, _ in first })
    open = []
    for round in state.openRounds {
      roundsAskedAt[round.id] = round.askedAt
      for ballot in round.ballots where ballot.uncounted == .pending {
        guard let agent = ballot.agent else { continue }
        open.append(
          Question(id: round.id, region: ballot.region, agent: agent, askedAt: round.askedAt))
      }
    }
  }

  /// Takes the next logged step, and before it what lies between; `following` are the steps that come
  /// after it, `aheadMs` far at least.
  public mutating func take(
    _ logged: LoggedStep, followedBy following: some Collection<LoggedStep>
  ) {
    let event = logged.event
    if let last {
      let course = PanelCourse(
        before: last.panel, beforeAt: last.at, after: event.panel, afterAt: event.at)
      advance(to: event.at, course, [logged] + Array(following))
    } else {
      begin(event)
    }
    note(logged)
    last = (event.panel, event.at, event.paceMs)
    guard !isCut else { return }
    step(event, changed: translated(logged), assumed: false)
    settleQuestions(following, event.panel)
  }

  /// Lets time pass until `end` (collector time, ms) after the last logged step.
  public mutating func finish(at end: Int64) {
    guard let last else { return }
    advance(to: end, PanelCourse(before: last.panel, beforeAt: last.at), [])
  }

  /// The log has a gap: the state goes on from what is stored after it.
  public mutating func resume(from state: MonitorState) {
    course.breakOff(at: last?.at ?? state.steppedAt)
    let fresh = Backtest(from: state, policy: policy)
    self.state = fresh.state
    (open, held, roundsAskedAt) = (fresh.open, fresh.held, fresh.roundsAskedAt)
    (last, wakeAt) = (nil, nil)
  }

  /// The first step sets the policy.
  private mutating func begin(_ event: Event) {
    guard policy != nil, let settings = state.settings else { return }
    step(event, changed: .configured(settings), assumed: true)
  }

  private mutating func step(_ event: Event, changed change: Event.Change, assumed: Bool) {
    guard steps < stepLimit else {
      isCut = true
      return
    }
    steps += 1
    if assumed { stepsAssumed += 1 }
    var event = event
    event.change = change
    if case .configured(var settings) = change, let policy {
      settings.policy = policy
      event.change = .configured(settings)
    }
    let step = state.step(event)
    wakeAt = step.wakeAt
    course.take(step.directives, at: state.steppedAt)
    for case .askProbes(let ask) in step.directives {
      for asked in ask.voters {
        questions.asked += 1
        open.append(
          Question(
            id: ask.id, region: asked.region, agent: asked.agent, askedAt: state.steppedAt))
      }
    }
  }
}

// What lies between two logged steps.
extension Backtest {
  private mutating func advance(to end: Int64, _ course: PanelCourse, _ ahead: [LoggedStep]) {
    settleQuestions(ahead, course.before)
    var edges = course.silences(from: course.beforeAt, to: end &- Self.nearMs)[...]
    while !isCut {
      let tick = [wakeAt, edges.min()].compactMap { $0 }.min().flatMap {
        $0 < end &- Self.nearMs ? $0 : nil
      }
      let answer = open.indices.filter { open[$0].answerAt.map { $0 < end } ?? false }
        .min { open[$0].answerAt ?? 0 < open[$1].answerAt ?? 0 }
      if let answer, let at = open[answer].answerAt, at <= tick ?? .max {
        assume(answer, at: at, course)
      } else if let tick {
        edges.removeAll { $0 <= tick }
        look(at: max(tick, state.steppedAt), course)
      } else {
        return
      }
      settleQuestions(ahead, course.panel(at: state.steppedAt))
    }
  }

  /// A look that the log does not have.
  private mutating func look(at: Int64, _ course: PanelCourse) {
    let before = state
    step(event(at, course), changed: .tick, assumed: true)
    // Where nothing is seen, looking again finds nothing before somebody is heard.
    if case .settled = state.stage, state.verdict?.verdict == .unknown, state.isSame(as: before) {
      wakeAt = nil
    }
    if let wakeAt, wakeAt <= at { self.wakeAt = at &+ Self.nearMs }
  }

  /// Answers a question by what its region holds; by nothing where its agent is not heard.
  private mutating func assume(_ index: Int, at: Int64, _ course: PanelCourse) {
    let question = open.remove(at: index)
    let panel = course.panel(at: at)
    guard let voter = panel[question.region], voter.agent == question.agent, voter.isLive,
      let presence = voter.presence, let settings = state.settings,
      let opinion = held[question.region], opinion.agent == question.agent
    else { return }
    questions.assumed += 1
    var finding = opinion
    finding.boot = presence.boot
    finding.epoch = settings.epoch
    finding.startedMs = Freshness.agentNowMs(presence) &- (at &- question.askedAt)
    finding.startedAt = question.askedAt
    finding.answers = question.id
    finding.evidence.request = nil
    step(event(at, course), changed: .observed(finding), assumed: true)
  }

  private func event(_ at: Int64, _ course: PanelCourse) -> Event {
    Event(at: at, panel: course.panel(at: at), paceMs: last?.paceMs, .tick)
  }
}

// What the log says to questions that were put at other times, or never.
extension Backtest {
  /// Remembers whom the logged step asked and what it found.
  private mutating func note(_ logged: LoggedStep) {
    if roundsAskedAt.count > 256 {
      roundsAskedAt = roundsAskedAt.filter { $0.value > logged.event.at &- Self.aheadMs }
    }
    for case .askProbes(let ask) in logged.directives {
      roundsAskedAt[ask.id] = logged.event.at
    }
    switch logged.event.change {
    case .observed(let finding):
      if let known = held[finding.region], known.agent == finding.agent,
        known.boot == finding.boot, known.startedMs > finding.startedMs
      {
        return
      }
      held[finding.region] = finding
    case .configured(let settings):
      if settings.epoch != state.settings?.epoch { held = [:] }
    case .overdue, .dropped, .delayed, .maintenance, .tick: return
    }
  }

  /// The logged change with its question in place of the one that the log knows.
  private mutating func translated(_ logged: LoggedStep) -> Event.Change {
    let question = open.firstIndex { $0.step == logged.number }.map { open.remove(at: $0) }
    switch logged.event.change {
    case .observed(var finding):
      if question != nil { questions.logged += 1 }
      // Refused for being asked too often, by who was not asked here.
      if question == nil, finding.answers != nil, finding.isForBeingMany { return .tick }
      finding.answers = question?.id
      return .observed(finding)
    case .dropped(_, let region, let agent):
      return question.map { .dropped($0.id, region: region, agent: agent) } ?? .tick
    case .delayed(let id, let region, let agent, let byMs):
      let delayed = open.last { asked in
        asked.region == region && asked.agent == agent
          && roundsAskedAt[id].map { isNear($0, asked.askedAt) } ?? false
      }
      return delayed.map { .delayed($0.id, region: region, agent: agent, byMs: byMs) } ?? .tick
    case .configured, .overdue, .maintenance, .tick: return logged.event.change
    }
  }

  /// Finds for every new question who answers it.
  private mutating func settleQuestions(
    _ ahead: some Collection<LoggedStep>, _ panel: Panel
  ) {
    for index in open.indices where !open[index].isSettled {
      open[index].isSettled = true
      if let step = answer(to: open[index], in: ahead, panel) {
        open[index].step = step
        continue
      }
      let opinion = held[open[index].region]
      let tookMs = Int64(opinion?.evidence.totalUs ?? 100_000) / 1_000
      open[index].answerAt = open[index].askedAt &+ max(1, tookMs)
    }
  }

  /// The logged step that answers `question`: by a probe that began when it was put.
  private func answer(
    to question: Question, in ahead: some Collection<LoggedStep>, _ panel: Panel
  ) -> Int64? {
    var asked = roundsAskedAt
    for logged in ahead {
      let at = logged.event.at
      if at > question.askedAt &+ Self.aheadMs { return nil }
      for case .askProbes(let ask) in logged.directives { asked[ask.id] = at }
      guard at >= question.askedAt, !open.contains(where: { $0.step == logged.number }) else {
        continue
      }
      switch logged.event.change {
      case .observed(let finding):
        guard finding.region == question.region, finding.agent == question.agent else { continue }
        if let id = finding.answers {
          if let time = asked[id], isNear(time, question.askedAt) { return logged.number }
        } else if let presence = logged.event.panel[finding.region]?.presence,
          isNear(
            at &- Freshness.ageMs(startedMs: finding.startedMs, presence: presence),
            question.askedAt)
        {
          return logged.number
        }
      case .dropped(let id, let region, let agent):
        guard region == question.region, agent == question.agent, let time = asked[id],
          isNear(time, question.askedAt)
        else { continue }
        return logged.number
      case .configured, .overdue, .delayed, .maintenance, .tick: continue
      }
    }
    return nil
  }

  private func isNear(_ left: Int64, _ right: Int64) -> Bool { abs(left &- right) <= Self.nearMs }
}

extension MonitorState {
  /// The rounds whose answers may still count.
  fileprivate var openRounds: [Round] {
    switch stage {
    case .settled, .down: []
    case .suspect(let episode), .recovering(let episode): episode.rounds
    }
  }

  /// Whether it is `other` but for the time of the step.
  fileprivate func isSame(as other: MonitorState) -> Bool {
    var other = other
    other.steppedAt = steppedAt
    return self == other
  }
}
