import Model

@testable import Quorum

/// A monitor's surroundings in miniature: agents that probe a target on schedule and when asked, an
/// ingest that tells only changed votes and answers, silence after 15 s. Time is simulated.
struct World {
  struct Finding {
    var kind: VoteKind
    var tookMs: Int64

    var status: Int16?
    var isDropped = false

    static let tooMany = Finding(kind: .attributable, tookMs: 20, status: 429)
    static let up = Finding(kind: .up, tookMs: 50)
    static let degraded = Finding(kind: .degraded, tookMs: 900)
    static let refused = Finding(kind: .attributable, tookMs: 20)
    static let blackHole = Finding(kind: .ambiguous, tookMs: 10_000)
    static let lost = Finding(kind: .unknown, tookMs: 5)
    /// A probe that the agent says it will not carry out.
    static let dropped = Finding(kind: .unknown, tookMs: 30, isDropped: true)
    /// An answer that never comes.
    static let never = Finding(kind: .unknown, tookMs: .max / 4)
  }

  struct Incident: Equatable {
    var severity: Severity
    var startedAt: Int64
    var endedAt: Int64?
  }

  enum Happening {
    case schedule(String)
    case finish(Observation)
    case drop(RoundID, String, AgentKey)
    case wake(Int)
    case look
  }

  static let start: Int64 = 1_700_000_000_000
  let settings: Settings
  let regions: [String]
  var domains: [String: String] = [:]
  var agents: [String: AgentKey] = [:]
  var boots: [AgentKey: BootID] = [:]
  /// What a probe of a region that begins at a time (ms since the world's start) finds.
  var truth: (String, Int64) -> Finding = { _, _ in .up }
  /// What a region finds that is asked; `nil` leaves it to `truth`.
  var replies: (Ask, String) -> Finding? = { _, _ in nil }
  /// Whether agents probe on schedule, or only when asked.
  var isScheduling = true
  /// Whether the target answers whatever it is asked beside the schedule with status 429.
  var refusesQuestions = false
  /// How many probes the target answers within `limitMs`; whatever is more gets status 429.
  var limit: Int?
  var limitMs: Int64 = 10_000
  private var probed: [Int64] = []
  /// Whether the agent of a region runs at a time.
  var runs: (String, Int64) -> Bool = { _, _ in true }
  /// Whether the agent of a region is trusted at a time.
  var trusts: (String, Int64) -> Trust = { _, _ in .trusted }
  /// What the events' pace is.
  var paceMs: Int64?
  var now: Int64 = 0
  var state = MonitorState()
  var stored: [String: StandingVote] = [:]
  var verdicts: [VerdictRecord] = []
  var incidents: [Incident] = []
  var notices: [(at: Int64, notice: Notice)] = []
  var marks: [(at: Int64, mark: IncidentMark)] = []
  var asks: [(at: Int64, ask: Ask)] = []
  var log: [Event] = []
  private var queue: [(at: Int64, order: Int, what: Happening)] = []
  private var order = 0
  private var wakes = 0

  init(
    regions: [String] = ["a", "b", "c"], policy: Policy = .standard, intervalS: Int64 = 60,
    timeoutMs: Int64 = 10_000
  ) {
    self.regions = regions
    settings = Settings(
      epoch: 1, intervalMs: intervalS * 1_000, timeoutMs: timeoutMs, policy: policy)
    for (index, region) in regions.enumerated() {
      agents[region] = AgentKey(index + 1)
      domains[region] = "provider-\(region)"
      boots[AgentKey(index + 1)] = BootID(high: 0, low: UInt64(index + 1))
    }
  }

  /// What people were told, in order: what, how urgently, of what.
  var told: [String] {
    notices.map { "\($0.notice.kind) \($0.notice.urgency) \($0.notice.verdict)" }
  }

  /// Verdicts in order, as words.
  var said: [Verdict] { verdicts.map(\.verdict) }

  mutating func begin() {
    step(.configured(settings))
    for (index, region) in regions.enumerated() {
      let phase = Phase.milliseconds(
        monitor: 7, intervalMs: settings.intervalMs, index: index, of: regions.count)
      add(phase, .schedule(region))
    }
    add(0, .look)
  }

  /// Lets time pass until `end` (ms since the world's start).
  mutating func run(until end: Int64) {
    if log.isEmpty { begin() }
    while let index = queue.indices.min(by: {
      (queue[$0].at, queue[$0].order) < (queue[$1].at, queue[$1].order)
    }), queue[index].at <= end {
      let next = queue.remove(at: index)
      now = next.at
      happen(next.what)
    }
    now = end
  }

  private mutating func add(_ at: Int64, _ what: Happening) {
    order += 1
    queue.append((at, order, what))
  }

  private mutating func happen(_ what: Happening) {
    switch what {
    case .schedule(let region):
      if isScheduling { probe(region, nil) }
      add(now + settings.intervalMs, .schedule(region))
    case .finish(let observation): ingest(observation)
    case .drop(let id, let region, let agent):
      step(.dropped(id, region: region, agent: agent))
    case .wake(let number): if number == wakes { step(.tick) }
    case .look:
      // Edges of silence make the monitor due; here it is looked at every second.
      step(.tick)
      add(now + 1_000, .look)
    }
  }

  mutating func probe(_ region: String, _ question: Ask?) {
    guard runs(region, now), let agent = agents[region], let boot = boots[agent] else { return }
    let answers = question?.id
    var finding = question.flatMap { replies($0, region) } ?? truth(region, now)
    if refusesQuestions, answers != nil { finding = .tooMany }
    probed.removeAll { $0 <= now - limitMs }
    probed.append(now)
    if let limit, probed.count > limit, finding.kind == .up { finding = .tooMany }
    if finding.isDropped, let answers {
      add(now + finding.tookMs, .drop(answers, region, agent))
      return
    }
    add(
      now + finding.tookMs,
      .finish(
        Observation(
          region: region, agent: agent, boot: boot, epoch: settings.epoch, startedMs: now,
          startedAt: Self.start + now, kind: finding.kind,
          evidence: Evidence(status: finding.status), answers: answers)))
  }

  /// What the store's ingest does: keeps the region's vote, tells changes and answers.
  mutating func ingest(_ observation: Observation) {
    guard runs(observation.region, now) else { return }
    let previous = stored[observation.region]
    let changed =
      previous.map {
        $0.observation.kind != observation.kind || $0.observation.agent != observation.agent
          || $0.observation.boot != observation.boot
      } ?? true
    if changed {
      stored[observation.region] = StandingVote(observation, after: previous)
    }
    if changed || observation.answers != nil { step(.observed(observation)) }
  }

  func lastAlive(_ region: String) -> Int64? {
    var moment = now / 5_000 * 5_000
    while moment >= 0 {
      if runs(region, moment) { return moment }
      moment -= 5_000
    }
    return nil
  }

  var panel: Panel {
    Panel(
      regions.map { region in
        guard let agent = agents[region], let boot = boots[agent] else {
          return Seat(region: region, voter: nil)
        }
        let alive = lastAlive(region)
        let presence = alive.map {
          Presence(
            boot: boot, heardAgoMs: now - $0, agentNowMs: $0, watermarkMs: max(0, $0 - 10_000),
            silent: Silence.isSilent(heardAgoMs: now - $0, listeningForMs: .max))
        }
        return Seat(
          region: region,
          voter: Voter(
            agent: agent, region: region, domain: domains[region] ?? region, presence: presence,
            trust: trusts(region, now)))
      })
  }

  mutating func step(_ change: Event.Change) {
    let event = Event(at: Self.start + now, panel: panel, paceMs: paceMs, change)
    log.append(event)
    let step = state.step(event)
    wakes += 1
    if let wakeAt = step.wakeAt { add(max(now, wakeAt - Self.start), .wake(wakes)) }
    for directive in step.directives { obey(directive) }
  }

  private mutating func obey(_ directive: Directive) {
    switch directive {
    case .askProbes(let ask):
      asks.append((now, ask))
      for voter in ask.voters { probe(voter.region, ask) }
    case .recordVerdict(let record): verdicts.append(record)
    case .openIncident(let severity, let startedAt):
      precondition(incidents.last?.endedAt != nil || incidents.isEmpty)
      incidents.append(Incident(severity: severity, startedAt: startedAt - Self.start))
    case .changeSeverity(let severity): incidents[incidents.count - 1].severity = severity
    case .closeIncident(let endedAt, _):
      incidents[incidents.count - 1].endedAt = endedAt - Self.start
    case .tell(let notice): notices.append((now, notice))
    case .markIncident(let mark):
      precondition(incidents.last.map { $0.endedAt == nil } ?? false)
      marks.append((now, mark))
    case .forgetVote(let region, let agent):
      if stored[region]?.observation.agent == agent { stored[region] = nil }
    }
  }
}
