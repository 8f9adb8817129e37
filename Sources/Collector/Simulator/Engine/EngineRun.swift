import Quorum

/// The real engine in one world: every target's `MonitorState`, the agents that serve it, and what
/// lies between them.
///
/// It plays the collector's part as the engine's README asks for it: findings are told when they
/// change a vote or answer a question, ALIVEs keep votes fresh, an ambiguous failure waits for its
/// agent's canaries. Quiet targets, of which every vote is up and nothing is owed, skip to their next
/// suspect probe.
struct EngineRun {
  let trace: WorldTrace
  let hearing: Hearing
  let options: Options
  let intervalMs: Int64
  let timeoutMs: Int64
  let freshMs: Int64
  let phases: [[Int64]]
  var queue = EventQueue()
  var targets: [TargetRun]
  var agents: [AgentRun]
  /// As it was at the last step.
  private var panel: Panel
  var now: Int64 = 0
  var timing = StepTiming()
  var journal: Journal?

  struct Options: Sendable {
    /// How many intervals lie between two probes of an agent: 1, or for a lean run as many as there
    /// are agents.
    var stretch: Int64 = 1
    /// Whether nothing is skipped.
    var fullStepping = false
    /// Monotonic nanoseconds, for measuring what a step costs; `nil` measures nothing.
    var clock: (@Sendable () -> UInt64)?
  }

  init(_ trace: WorldTrace, options: Options, journalOf target: Int? = nil) {
    self.trace = trace
    self.options = options
    hearing = Hearing(trace)
    let interval = trace.scenario.intervalMs &* options.stretch
    intervalMs = interval
    timeoutMs = trace.scenario.timeoutMs
    freshMs = Freshness.limitMs(intervalMs: interval, timeoutMs: trace.scenario.timeoutMs)
    phases = (0..<trace.targets).map { target in
      (0..<trace.agents).map { trace.phase(target, $0, interval: interval) }
    }
    targets = (0..<trace.targets).map { _ in TargetRun(agents: trace.agents) }
    agents = (0..<trace.agents).map { _ in AgentRun(hasCanaries: trace.scenario.canaries) }
    panel = Self.seats(hearing)
    journal = target.map { Journal(target: $0) }
  }

  /// Lets the whole world pass and answers what was said of each target; less where it is stopped.
  mutating func run(_ progress: SimulationProgress = SimulationProgress()) -> [Record] {
    begin()
    var happened = 0
    while let next = queue.next(), next.at < trace.length {
      now = next.at
      happen(next)
      happened &+= 1
      if happened & 4_095 == 0, progress.isStopped { break }
    }
    now = trace.length
    for index in targets.indices { targets[index].finish(at: now) }
    let due = trace.length / intervalMs &* Int64(trace.agents)
    for index in targets.indices { targets[index].record.scheduledProbes = due }
    return targets.map(\.record)
  }

  private mutating func begin() {
    for agent in 0..<trace.agents {
      queue.add(Happening(at: 200, what: .heard, agent: Int16(agent)))
      for moment in hearing.edges(agent) {
        queue.add(Happening(at: moment, what: .silenceEdge, agent: Int16(agent)))
      }
      for fault in trace.agentFaults[agent] where fault.cutsLink || fault.kind == .clockStep {
        if fault.kind != .stall, fault.kind != .clockStep {
          queue.add(Happening(at: fault.span.start, what: .disconnected, agent: Int16(agent)))
        }
        let heard = fault.span.end &+ Hearing.reconnectMs &+ Hearing.linkMs
        var happening = Happening(at: heard, what: .heard, agent: Int16(agent))
        if fault.kind == .stall { happening.ended = fault.span.end &- fault.span.start }
        if fault.kind == .clockStep {
          happening.at = fault.span.start &+ 2_500
          happening.started = fault.span.start
        }
        queue.add(happening)
      }
    }
    for target in 0..<trace.targets {
      step(target, .configured(settings(target)))
      for moment in trace.target[target].edits {
        queue.add(Happening(at: moment, what: .edit, target: Int32(target)))
      }
      addLateResults(target)
      if !targets[target].isActive { activate(target) }
    }
  }

  /// Failures from each cut that come with its backlog, too old to vote.
  private mutating func addLateResults(_ target: Int) {
    let count = Int(trace.scenario.lateResults)
    guard count > 0 else { return }
    for agent in 0..<trace.agents {
      var stream = Stream(Draw.key(trace.seed, .lateness, target, agent))
      for cut in trace.cuts[agent] where cut.end &- cut.start > freshMs {
        for index in 0..<count {
          let started =
            cut.start
            &+ Int64(
              stream.uniform(0, Double(cut.end &- cut.start &- freshMs)))
          let arrives = cut.end &+ Hearing.backlogMs &+ Int64(stream.uniform(0, 60_000))
          queue.add(
            Happening(
              at: arrives, what: .late, target: Int32(target), agent: Int16(agent),
              kind: index % 2 == 0 ? .ambiguous : .attributable, started: started))
        }
      }
    }
  }

  func settings(_ target: Int) -> Settings {
    Settings(
      epoch: targets[target].epoch, intervalMs: intervalMs, timeoutMs: timeoutMs,
      policy: .standard)
  }

  private mutating func happen(_ happening: Happening) {
    let target = Int(happening.target)
    let agent = Int(happening.agent)
    switch happening.what {
    case .scheduled: beginScheduled(happening)
    case .asked: beginAsked(happening)
    case .canariesWanted: wantCanaries(agent)
    case .canariesDone: canariesDone(happening)
    case .disconnected: takeTrust(agent, .disconnected)
    case .heard: hear(happening)
    case .trustTick: takeTrust(agent, .tick)
    case .overdue:
      step(target, .overdue(region: hearing.regions[agent], agent: Int32(agent + 1)))
    case .result: take(happening)
    case .silenceEdge:
      for target in targets.indices { step(target, .tick) }
    case .edit: edit(target)
    case .late:
      targets[target].record.lateResults += 1
      step(target, .observed(observation(happening)))
    case .wake:
      if happening.generation == targets[target].wakes { step(target, .tick) }
    }
  }

  private mutating func edit(_ target: Int) {
    targets[target].epoch += 1
    targets[target].editedAt = now
    for agent in 0..<trace.agents { targets[target].told[agent] = nil }
    step(target, .configured(settings(target)))
  }

  /// All seats, before anything was heard of their agents.
  private static func seats(_ hearing: Hearing) -> Panel {
    Panel(
      hearing.regions.indices.map { agent in
        let region = hearing.regions[agent]
        return Seat(
          region: region,
          voter: Voter(
            agent: Int32(agent + 1), region: region, domain: hearing.domains[agent],
            presence: nil))
      })
  }

  /// Brings the panel up to now.
  private mutating func look() {
    for agent in agents.indices {
      panel.update(
        agent, presence: presence(agent), trust: agents[agent].trust.trust)
    }
  }

  /// What was last heard of `agent`, from a stretch without cuts where there is one.
  mutating func presence(_ agent: Int) -> Presence {
    if !agents[agent].undisturbed.contains(now) {
      guard let span = hearing.undisturbed(agent, at: now) else {
        return hearing.presence(agent, at: now)
      }
      agents[agent].undisturbed = span
    }
    return hearing.undisturbedPresence(agent, at: now)
  }

  /// Collector time 0 of the world, ms since 1970.
  static let epochMs: Int64 = 1_700_000_000_000

  /// Steps `target` and does what the step asks for.
  mutating func step(_ target: Int, _ change: Event.Change) {
    look()
    let event = Event(at: Self.epochMs &+ now, panel: panel, change)
    let begun = timing.begin(options.clock)
    let step = targets[target].state.step(event)
    timing.end(begun, options.clock)
    targets[target].record.steps += 1
    if let journal, journal.target == target {
      self.journal?.note(now, change, step, targets[target].state, event.panel)
    }
    for directive in step.directives { carryOut(directive, target) }
    targets[target].wakes &+= 1
    if let wakeAt = step.wakeAt {
      targets[target].isWaiting = true
      queue.add(
        Happening(
          at: max(now &+ 1, wakeAt &- Self.epochMs &+ 20), what: .wake, target: Int32(target),
          generation: targets[target].wakes))
    } else {
      targets[target].isWaiting = false
    }
    rest(target)
  }

  private mutating func carryOut(_ directive: Directive, _ target: Int) {
    switch directive {
    case .askProbes(let ask):
      for voter in ask.voters { put(ask, to: Int(voter.agent) - 1, target) }
      overtake(target, ask)
    case .recordVerdict(let record):
      targets[target].note(record.verdict, at: now)
    case .openIncident(let severity, _): targets[target].note(severity, at: now)
    case .changeSeverity(let severity): targets[target].note(severity, at: now)
    case .closeIncident: targets[target].note(nil as Severity?, at: now)
    case .tell(let notice):
      if notice.urgency == .page, notice.verdict == .down, notice.kind != .ended {
        targets[target].record.paged?.append(now)
      }
    case .markIncident: break
    case .forgetVote(_, let agent): targets[target].told[Int(agent) - 1] = nil
    }
  }

  /// The question's way to the agent; nothing carries it while the link is cut.
  private mutating func put(_ ask: Ask, to agent: Int, _ target: Int) {
    targets[target].record.askedProbes += 1
    guard trace.cut(agent, at: now) == nil else { return }
    let jitter = Draw.unit(
      Draw.key(trace.seed, .jitter, target, agent), Int64(ask.id.episode) << 8 | Int64(ask.id.round)
    )
    queue.add(
      Happening(
        at: now &+ 80 &+ Int64(jitter * 300), what: .asked, target: Int32(target),
        agent: Int16(agent), epoch: ask.epoch, episode: ask.id.episode, round: ask.id.round))
  }

  /// Edits that come while a round is being answered.
  private mutating func overtake(_ target: Int, _ ask: Ask) {
    guard trace.scenario.editInRound > 0, ask.purpose != .introduce else { return }
    let key = Draw.key(trace.seed, .edit, target, 1)
    guard Draw.unit(key, now) < trace.scenario.editInRound else { return }
    // Later than now in any case: what an edit asks at this very moment would draw the same again.
    let delay = 1 + Int64(Draw.unit(key ^ 1, now) * 10_000)
    queue.add(Happening(at: now &+ delay, what: .edit, target: Int32(target)))
  }
}
