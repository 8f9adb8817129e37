import Quorum

// What is found out about the agents themselves.
extension EngineRun {
  private static let setSpacingMs: Int64 = 500
  private static let passingMs: Int64 = 150
  private static let failingMs: Int64 = 2_000
  private static let canaries = 5

  /// The agent asks its canaries: now, or half a second after the last time.
  mutating func wantCanaries(_ agent: Int) {
    guard agents[agent].setBegins < now else { return }
    let begins = max(now, agents[agent].setBegins &+ Self.setSpacingMs)
    agents[agent].setBegins = begins
    let fails = trace.failsCanaries(agent, at: begins)
    var ends = begins &+ (fails ? Self.failingMs : Self.passingMs)
    ends = trace.cut(agent, at: ends).map { $0.end &+ Hearing.reconnectMs } ?? ends
    queue.add(
      Happening(
        at: ends &+ Hearing.linkMs, what: .canariesDone, agent: Int16(agent), started: begins))
  }

  mutating func canariesDone(_ happening: Happening) {
    let agent = Int(happening.agent)
    var failing = 0
    if trace.failsCanaries(agent, at: happening.started) {
      failing = Self.canaries
    } else {
      let key = Draw.key(trace.seed, .canary, agent)
      for canary in 0..<Self.canaries
      where Draw.unit(key, happening.started &* 8 &+ Int64(canary)) < trace.scenario.loss {
        failing += 1
      }
    }
    takeTrust(
      agent,
      .canaries(
        boot: hearing.boot(agent, at: happening.started), startedMs: happening.started,
        failing: failing, of: Self.canaries))
    let held = agents[agent].held
    agents[agent].held = []
    for result in held { take(result) }
    if !agents[agent].trust.isTrusted, agents[agent].nextSet <= now {
      agents[agent].nextSet = now &+ TrustLimits.setEveryMs
      queue.add(
        Happening(at: agents[agent].nextSet, what: .canariesWanted, agent: Int16(agent)))
    }
  }

  /// An ALIVE that says something new.
  mutating func hear(_ happening: Happening) {
    let agent = Int(happening.agent)
    if happening.started > 0 {
      agents[agent].clockSteps += 1
      let hour = 3_600_000.0
      agents[agent].wrongBy =
        Int64((Draw.unit(Draw.key(trace.seed, .lateness, agent), now) * 2 - 1) * hour)
      agents[agent].wrongUntil = now &+ 60_000
    }
    let boot = hearing.boot(agent, at: now)
    takeTrust(
      agent,
      .alive(boot: boot, loopLagMs: happening.ended, clockSteps: agents[agent].clockSteps))
    if !agents[agent].trust.isTrusted, trace.scenario.canaries {
      queue.add(Happening(at: now, what: .canariesWanted, agent: Int16(agent)))
    }
  }

  mutating func takeTrust(_ agent: Int, _ change: AgentTrust.Change) {
    let turned = agents[agent].trust.take(change, at: Self.epochMs &+ now)
    if turned {
      journal?.note(now, agent, agents[agent].trust.trust)
      // What it found before counts for something else now.
      for target in targets.indices where targets[target].told[agent] == .ambiguous {
        step(target, .tick)
      }
    }
    guard let wakeAt = agents[agent].trust.wakeAt else {
      agents[agent].tickAt = nil
      return
    }
    let at = max(now &+ 1_000, wakeAt &- Self.epochMs &+ 1)
    if let planned = agents[agent].tickAt, planned > now, planned <= at { return }
    agents[agent].tickAt = at
    queue.add(Happening(at: at, what: .trustTick, agent: Int16(agent)))
  }

  /// Tells of an agent without canaries that fails where trusted peers see targets up.
  mutating func contradict(_ happening: Happening) {
    guard !trace.scenario.canaries else { return }
    let target = Int(happening.target)
    let agent = Int(happening.agent)
    if happening.kind.isUp {
      guard agents[agent].trust.isTrusted else { return }
      for peer in 0..<trace.agents
      where peer != agent && targets[target].told[peer]?.isFailure == true {
        takeTrust(peer, .contradicted(monitor: Int64(target), assigned: trace.targets))
      }
    } else if happening.kind == .ambiguous {
      let seen = (0..<trace.agents).contains { peer in
        peer != agent && targets[target].told[peer]?.isUp == true
          && agents[peer].trust.isTrusted
      }
      if seen { takeTrust(agent, .contradicted(monitor: Int64(target), assigned: trace.targets)) }
    }
  }
}
