import Quorum

/// What one probe finds and how long it takes.
struct Finding: Sendable {
  var kind: VoteKind
  var tookMs: Int64
  /// Whether it is the target's status 429 for being asked too often.
  var isLimited = false

  var isFailure: Bool { kind.isFailure }
}

/// One target as each agent meets it.
final class TargetTrace: Sendable {
  let index: Int
  /// In order; brownouts and flaps among them.
  let outages: [TargetOutage]
  /// When some regions, but not all, cannot reach it.
  let regional: [Span]
  /// When one region alone could not, for its own reasons; in order.
  let partials: [Span]
  let edits: [Int64]
  private let effects: [Effects]
  /// For each agent the slots of half an interval whose scheduled probe is lost, ascending.
  private let lost: [[Int32]]
  private let phases: [Int64]
  private let slotMs: Int64
  private let timeoutMs: Int64
  private let loss: Double
  private let baseLatency: [Double]
  private let keys: [UInt64]
  private let brownoutKeys: [UInt64]
  private let confirmKeys: [UInt64]
  private let kindKeys: [UInt64]

  init(
    index: Int, maker: FaultMaker, agentFaults: [[AgentFault]], transits: [FaultMaker.Transit],
    shared: [(TargetOutage, hits: [Bool])]
  ) {
    self.index = index
    let scenario = maker.scenario
    let agents = agentFaults.count
    let seed = maker.seed
    let shared = shared.filter { $0.hits[index] }.map(\.0)
    outages = (maker.outages(index) + shared + maker.flaps(index)).sorted {
      $0.span.start < $1.span.start
    }
    edits = maker.edits(index)
    let partials = maker.partials(index)
    self.partials = partials.map(\.span)
    let transits = transits.filter { $0.hits[index] }
    let providerFaults = agentFaults.joined().filter {
      if case .provider = $0.kind { true } else { false }
    }
    regional = WorldTrace.joined(
      partials.map(\.span) + transits.map(\.span) + providerFaults.map(\.span))

    let outageEffects = outages.map { outage in
      Effect(
        span: outage.span,
        kind: .outage(outage.mode, failing: outage.isBrownout ? scenario.brownoutFailing : 1))
    }
    effects = (0..<agents).map { agent in
      var effects = outageEffects
      for partial in partials where partial.agent == agent {
        effects.append(
          Effect(span: partial.span, kind: partial.isAttributable ? .refusing : .blackHole))
      }
      for transit in transits where transit.agents.0 == agent || transit.agents.1 == agent {
        effects.append(Effect(span: transit.span, kind: .blackHole))
      }
      for fault in agentFaults[agent] {
        if let effect = Self.effect(of: fault) { effects.append(effect) }
      }
      return Effects(effects)
    }

    let monitor = Int64(bitPattern: Draw.key(seed, .phase, index))
    let interval = scenario.intervalMs
    phases = (0..<agents).map {
      Phase.milliseconds(monitor: monitor, intervalMs: interval, index: $0, of: agents)
    }
    slotMs = interval / 2
    timeoutMs = scenario.timeoutMs
    loss = scenario.loss
    let slots = Double(maker.length / max(1, interval / 2) + 2)
    lost = (0..<agents).map { agent in
      guard scenario.loss > 0 else { return [] }
      var stream = maker.stream(.transient, index, agent)
      var result: [Int32] = []
      var slot = stream.geometric(scenario.loss)
      while slot < slots {
        result.append(Int32(slot))
        slot += 1 + stream.geometric(scenario.loss)
      }
      return result
    }
    baseLatency = (0..<agents).map { agent in
      var stream = maker.stream(.base, index, agent)
      return min(400, stream.logNormal(median: 120, sigma: 0.5))
    }
    keys = (0..<agents).map { Draw.key(seed, .latency, index, $0) }
    brownoutKeys = (0..<agents).map { Draw.key(seed, .brownout, index, $0) }
    confirmKeys = (0..<agents).map { Draw.key(seed, .confirm, index, $0) }
    kindKeys = (0..<agents).map { Draw.key(seed, .failureKind, index, $0) }
  }

  /// How long before a stall a probe may begin that is still in flight when it comes.
  private static let stallReach: Int64 = 2_000

  private static func effect(of fault: AgentFault) -> Effect? {
    switch fault.kind {
    case .resolver: Effect(span: fault.span, kind: .resolver)
    case .egress, .uplink, .provider: Effect(span: fault.span, kind: .blackHole)
    case .stall:
      Effect(
        span: Span(start: fault.span.start &- stallReach, end: fault.span.end), kind: .stall)
    case .restart: Effect(span: fault.span, kind: .absent)
    case .partition, .clockStep: nil
    }
  }

  // MARK: - Asking

  /// What the probe that `agent` is scheduled to begin at `start` finds; `nil` if it does not begin.
  func scheduled(_ agent: Int, at start: Int64) -> Finding? {
    probe(agent, at: start, isLost: isLost(agent, slot(agent, start)))
  }

  /// What a probe finds that `agent` begins at `start` because it is asked to.
  func asked(_ agent: Int, at start: Int64) -> Finding? {
    probe(agent, at: start, isLost: Draw.unit(confirmKeys[agent], start) < loss)
  }

  /// The first scheduled probe of `agent` at `from` or later that may find anything but an ordinary
  /// up, if it probes every `period` from `phase` on.
  func nextSuspect(_ agent: Int, from: Int64, phase: Int64, period: Int64) -> Int64? {
    let first = Self.due(from: from, phase: phase, period: period)
    var best = Int64.max
    // Effects.
    var at = first
    while let begins = effects[agent].next(from: at) {
      let due = begins <= at ? at : Self.due(from: begins, phase: phase, period: period)
      if let again = effects[agent].next(from: due), again == due {
        best = due
        break
      }
      at = due
    }
    // Lost probes.
    let lost = lost[agent]
    var index = lostIndex(agent, from: slot(agent, first))
    while index < lost.count {
      let begins = phases[agent] &+ Int64(lost[index]) &* slotMs
      guard begins < best else { break }
      let due = Self.due(from: max(begins, first), phase: phase, period: period)
      if due < begins &+ slotMs {
        best = min(best, due)
        break
      }
      index += 1
    }
    return best == .max ? nil : best
  }

  /// The first moment at `from` or later at which a probe is due.
  static func due(from: Int64, phase: Int64, period: Int64) -> Int64 {
    guard from > phase else { return phase }
    return phase &+ (from &- phase &+ period &- 1) / period &* period
  }

  // MARK: - Finding

  private func slot(_ agent: Int, _ start: Int64) -> Int32 {
    let since = start &- phases[agent]
    return since < 0 ? -1 : Int32(since / slotMs)
  }

  private func lostIndex(_ agent: Int, from slot: Int32) -> Int {
    lost[agent].withUnsafeBufferPointer { lost in
      var low = 0
      var high = lost.count
      while low < high {
        let middle = (low + high) / 2
        if lost[middle] < slot { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  private func isLost(_ agent: Int, _ slot: Int32) -> Bool {
    let index = lostIndex(agent, from: slot)
    return index < lost[agent].count && lost[agent][index] == slot
  }

  private func probe(_ agent: Int, at start: Int64, isLost: Bool) -> Finding? {
    guard var finding = affected(agent, at: start) else { return nil }
    if isLost, finding.kind.isUp { finding = lostFinding(agent, start) }
    // A stall that begins meanwhile holds the answer back, and may outlast the limit.
    effects[agent].forEach(at: start) { effect in
      guard case .stall = effect.kind else { return }
      let stallStart = effect.span.start &+ Self.stallReach
      guard start < stallStart, start &+ finding.tookMs > stallStart else { return }
      let took = effect.span.end &- start
      finding = Finding(kind: took >= timeoutMs ? .ambiguous : finding.kind, tookMs: took)
    }
    return finding
  }

  /// How often a connection is asked for, in ms since the first time (RFC 6298: 1, 3 and 7 s).
  private static let retransmissions: [Int64] = [1_000, 3_000, 7_000]

  private func affected(_ agent: Int, at start: Int64) -> Finding? {
    let first = lookup(agent, at: start, key: start)
    switch first {
    case .absent: return nil
    case .well: return Finding(kind: .up, tookMs: latency(agent, start))
    case .refused: return Finding(kind: .attributable, tookMs: latency(agent, start))
    case .unresolved:
      let wait = 4_000 + Int64(Draw.unit(keys[agent], start) * 3_000)
      return Finding(kind: .ambiguous, tookMs: min(timeoutMs, wait))
    case .silence:
      // What is asked again once the hole has closed is answered.
      for wait in Self.retransmissions where wait < timeoutMs {
        switch lookup(agent, at: start &+ wait, key: start) {
        case .silence, .absent: continue
        case .well, .unresolved:
          return Finding(kind: .up, tookMs: wait &+ latency(agent, start))
        case .refused:
          return Finding(kind: .attributable, tookMs: wait &+ latency(agent, start))
        }
      }
      return Finding(kind: .ambiguous, tookMs: timeoutMs)
    }
  }

  private enum Weather { case well, absent, unresolved, silence, refused }

  private func lookup(_ agent: Int, at moment: Int64, key: Int64) -> Weather {
    var weather = Weather.well
    var rank = 0
    effects[agent].forEach(at: moment) { effect in
      let (found, its): (Weather, Int) =
        switch effect.kind {
        case .absent: (.absent, 5)
        case .stall:
          moment >= effect.span.start &+ Self.stallReach && moment == key
            ? (.absent, 5) : (.well, 0)
        case .resolver: (.unresolved, 4)
        case .blackHole: (.silence, 3)
        case .refusing: (.refused, 2)
        case .outage(let mode, let failing):
          failing < 1 && Draw.unit(brownoutKeys[agent], key) >= failing
            ? (.well, 0) : (mode == .blackHole ? .silence : .refused, 1)
        }
      if its > rank { (weather, rank) = (found, its) }
    }
    return weather
  }

  /// What 95 % of this agent's ordinary probes stay below, in ms.
  func p95(_ agent: Int) -> Double { baseLatency[agent] * (0.7 + 2 * 0.857) }

  private func latency(_ agent: Int, _ start: Int64) -> Int64 {
    // Two draws make a skewed spread around the usual: 0.7 to 2.7 times.
    let draw = Draw.unit(keys[agent], start)
    return Int64(baseLatency[agent] * (0.7 + 2 * draw * draw * draw))
  }

  private func lostFinding(_ agent: Int, _ start: Int64) -> Finding {
    let draw = Draw.unit(kindKeys[agent], start)
    if draw < 0.5 { return Finding(kind: .ambiguous, tookMs: timeoutMs) }
    if draw < 0.8 { return Finding(kind: .ambiguous, tookMs: Int64(draw * 2_000)) }
    return Finding(kind: .attributable, tookMs: latency(agent, start))
  }
}
