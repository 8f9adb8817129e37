import Quorum

/// One target while its world passes: the engine's state, and what the collector keeps beside it.
struct TargetRun {
  var state = MonitorState()
  /// What was last told of each agent; `nil` where nothing is known to be.
  var told: [VoteKind?]
  /// The last scheduled probe of each agent that was looked at, and its plan's number.
  var looked: [Int64]
  var plan: Int32 = 0
  /// Whether every scheduled probe is looked at, and not only suspect ones.
  var isActive = false
  var isWaiting = false
  var wakes: Int32 = 0
  var epoch: Int32 = 1
  var editedAt: Int64?
  /// Beginnings of the probes that were asked for, of the last 10 s.
  var recent: [Int64] = []
  var record = Record()
  private var severity: Severity?
  private var severitySince: Int64 = 0
  private var verdict: Verdict?
  private var verdictSince: Int64 = 0

  init(agents: Int) {
    told = Array(repeating: nil, count: agents)
    looked = Array(repeating: -1, count: agents)
    record.paged = []
  }

  /// Whether nothing is doubted or owed, so that only a suspect probe can change anything.
  var isQuiet: Bool {
    guard !isWaiting, case .settled = state.stage, state.listed.isEmpty,
      state.verdict?.verdict == .up
    else { return false }
    return told.allSatisfy { $0 == .up }
  }

  mutating func note(_ severity: Severity?, at moment: Int64) {
    if self.severity == .down {
      record.down.append(Span(start: severitySince, end: moment))
    }
    self.severity = severity
    severitySince = moment
  }

  mutating func note(_ verdict: Verdict, at moment: Int64) {
    let span = Span(start: verdictSince, end: moment)
    switch self.verdict {
    case .regional: record.regional.append(span)
    case .partial: record.partial.append(span)
    case .unknown: record.unknown.append(span)
    case .up, .degraded, .down, nil: break
    }
    self.verdict = verdict
    verdictSince = moment
  }

  mutating func finish(at moment: Int64) {
    note(nil as Severity?, at: moment)
    note(.up, at: moment)
  }
}

/// One agent while its world passes.
struct AgentRun {
  var trust: AgentTrust
  /// When the last set of canaries began, or is going to.
  var setBegins: Int64 = -1_000_000
  /// When a distrusted agent asks them again.
  var nextSet: Int64 = -1
  /// Ambiguous failures that wait for canaries.
  var held: [Happening] = []
  /// When trust is looked at again.
  var tickAt: Int64?
  /// Steps of the wall clock since the process began.
  var clockSteps: Int64 = 0
  /// Until when, and by how much, the wall clock is wrong.
  var wrongUntil: Int64 = 0
  var wrongBy: Int64 = 0
  /// A stretch in which no cut bears on what is heard.
  var undisturbed = Span(start: 0, end: 0)

  init(hasCanaries: Bool) { trust = AgentTrust(hasCanaries: hasCanaries) }
}

/// What steps cost, from every 32nd of them.
struct StepTiming: Sendable {
  private(set) var measured: Int64 = 0
  private(set) var nanoseconds: UInt64 = 0
  private var count = 0

  mutating func begin(_ clock: (@Sendable () -> UInt64)?) -> UInt64 {
    count &+= 1
    guard count & 31 == 0, let clock else { return 0 }
    return clock()
  }

  mutating func end(_ begun: UInt64, _ clock: (@Sendable () -> UInt64)?) {
    guard begun != 0, let clock else { return }
    measured += 1
    nanoseconds &+= clock() &- begun
  }

  mutating func add(_ other: StepTiming) {
    measured += other.measured
    nanoseconds &+= other.nanoseconds
  }
}
