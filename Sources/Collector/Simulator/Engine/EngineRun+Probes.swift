import Model
import Quorum

// Probes, and how their results come in.
extension EngineRun {
  /// Looks at every scheduled probe of `target` from now on.
  mutating func activate(_ target: Int) {
    targets[target].isActive = true
    targets[target].plan &+= 1
    for agent in 0..<trace.agents {
      lookBack(target, agent)
      plan(target, agent, from: max(now &+ 1, targets[target].looked[agent] &+ 1))
    }
  }

  /// Takes up the ordinary probes that were skipped and whose results are still on their way.
  private mutating func lookBack(_ target: Int, _ agent: Int) {
    var from = now &- 1_500
    if let last = trace.lastCut(agent, from: now), trace.cuts[agent][last].end &+ 1_500 >= now {
      from = now &- freshMs &- 2_000
    }
    let phase = phases[target][agent]
    var due = TargetTrace.due(
      from: max(0, from, targets[target].looked[agent] &+ 1), phase: phase, period: intervalMs)
    while due <= now {
      look(target, agent, at: due)
      due &+= intervalMs
    }
  }

  private mutating func plan(_ target: Int, _ agent: Int, from: Int64) {
    let phase = phases[target][agent]
    let due: Int64?
    if targets[target].isActive || options.fullStepping {
      due = TargetTrace.due(from: from, phase: phase, period: intervalMs)
    } else {
      due = trace.target[target].nextSuspect(agent, from: from, phase: phase, period: intervalMs)
    }
    guard let due else { return }
    queue.add(
      Happening(
        at: due, what: .scheduled, target: Int32(target), agent: Int16(agent),
        generation: targets[target].plan))
  }

  /// Skips to suspect probes where nothing else matters, or stops skipping.
  mutating func rest(_ target: Int) {
    let isQuiet = !options.fullStepping && targets[target].isQuiet
    if isQuiet == !targets[target].isActive { return }
    if !isQuiet { return activate(target) }
    targets[target].isActive = false
    targets[target].plan &+= 1
    for agent in 0..<trace.agents {
      plan(target, agent, from: max(now &+ 1, targets[target].looked[agent] &+ 1))
    }
  }

  mutating func beginScheduled(_ happening: Happening) {
    let target = Int(happening.target)
    let agent = Int(happening.agent)
    guard happening.generation == targets[target].plan else { return }
    look(target, agent, at: now)
    plan(target, agent, from: now &+ 1)
  }

  /// The scheduled probe that begins at `start`.
  private mutating func look(_ target: Int, _ agent: Int, at start: Int64) {
    targets[target].looked[agent] = start
    guard let found = trace.target[target].scheduled(agent, at: start) else { return }
    let finding = limited(found, target, agent, at: start, isAsked: false)
    var epoch = targets[target].epoch
    if let edited = targets[target].editedAt, start < edited &+ 1_000 { epoch -= 1 }
    send(
      finding,
      Happening(
        at: 0, what: .result, target: Int32(target), agent: Int16(agent), started: start,
        epoch: epoch))
    let patience = max(1_500, Int64(trace.target[target].p95(agent) * 4))
    if finding.tookMs > patience, trace.cut(agent, at: start &+ patience) == nil {
      let at = start &+ patience &+ Hearing.linkMs
      if at > now {
        queue.add(
          Happening(at: at, what: .overdue, target: Int32(target), agent: Int16(agent)))
      }
    }
  }

  mutating func beginAsked(_ happening: Happening) {
    let target = Int(happening.target)
    let agent = Int(happening.agent)
    guard happening.epoch == targets[target].epoch,
      let found = trace.target[target].asked(agent, at: now)
    else { return }
    let finding = limited(found, target, agent, at: now, isAsked: true)
    var result = happening
    result.what = .result
    result.started = now
    send(finding, result)
  }

  /// What the target answers once it is asked too often.
  private mutating func limited(
    _ finding: Finding, _ target: Int, _ agent: Int, at start: Int64, isAsked: Bool
  ) -> Finding {
    let limit = Int(trace.scenario.rateLimit)
    guard limit > 0 else { return finding }
    targets[target].recent.removeAll { $0 <= start &- 10_000 }
    var count = targets[target].recent.count
    for phase in phases[target] {
      let last = TargetTrace.due(from: start &- 9_999, phase: phase, period: intervalMs)
      if last < start { count += 1 }
    }
    if isAsked { targets[target].recent.append(start) }
    guard finding.kind == .up, count >= limit else { return finding }
    return Finding(kind: .attributable, tookMs: min(finding.tookMs, 100), isLimited: true)
  }

  /// A result's way to the collector: at once, with the backlog once a cut is over, or never in time
  /// to matter.
  private mutating func send(_ finding: Finding, _ happening: Happening) {
    var result = happening
    let agent = Int(result.agent)
    let ended = result.started &+ finding.tookMs
    result.kind = finding.kind
    result.isLimited = finding.isLimited
    result.ended = ended
    result.at = ended &+ Hearing.linkMs
    if let cut = trace.cut(agent, at: ended) {
      result.at = cut.end &+ Hearing.backlogMs
      if hearing.boot(agent, at: cut.end) != hearing.boot(agent, at: result.started) {
        // What the restart cut short learned nothing.
        result.kind = .unknown
      }
    }
    guard result.at > now else { return }
    // What comes later than it may vote is stored, and told nobody.
    guard result.at &- result.started <= freshMs else { return }
    if result.kind == .ambiguous, trace.scenario.canaries {
      queue.add(
        Happening(at: max(now, ended), what: .canariesWanted, agent: result.agent))
    }
    queue.add(result)
  }

  /// A result has arrived.
  mutating func take(_ happening: Happening) {
    let agent = Int(happening.agent)
    guard happening.kind == .ambiguous else { return tell(happening) }
    switch agents[agent].trust.weigh(endedMs: happening.ended) {
    case .counts, .unknown: tell(happening)
    case .waits: agents[agent].held.append(happening)
    }
  }

  /// Tells the engine of a result if it is news.
  mutating func tell(_ happening: Happening) {
    let target = Int(happening.target)
    let agent = Int(happening.agent)
    guard happening.epoch == targets[target].epoch else { return }
    contradict(happening)
    let presence = presence(agent)
    let observation = observation(happening)
    guard observation.boot == presence.boot,
      Freshness.ageMs(startedMs: happening.started, presence: presence) <= freshMs
    else { return }
    guard happening.episode != 0 || targets[target].told[agent] != happening.kind else { return }
    targets[target].told[agent] = happening.kind
    step(target, .observed(observation))
  }

  func observation(_ happening: Happening) -> Observation {
    let agent = Int(happening.agent)
    let wrong = now < agents[agent].wrongUntil ? agents[agent].wrongBy : 0
    return Observation(
      region: hearing.regions[agent], agent: Int32(agent + 1),
      boot: hearing.boot(agent, at: happening.started), epoch: happening.epoch,
      startedMs: happening.started, startedAt: Self.epochMs &+ happening.started &+ wrong,
      kind: happening.kind,
      evidence: happening.isLimited ? Evidence(status: 429) : Evidence(),
      answers: happening.id)
  }
}
