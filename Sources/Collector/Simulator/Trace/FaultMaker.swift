/// Draws the faults of a world, each kind from a stream of its own.
struct FaultMaker {
  let scenario: Scenario
  let seed: UInt64
  let length: Int64

  func stream(_ kind: Draw.Kind, _ first: Int = 0, _ second: Int = 0) -> Stream {
    Stream(Draw.key(seed, kind, first, second))
  }

  /// Spans that follow each other at exponential distances, `perYear` on average.
  private func spans(
    _ stream: inout Stream, perYear: Double, lasting seconds: (inout Stream) -> Double
  ) -> [Span] {
    guard perYear > 0 else { return [] }
    var result: [Span] = []
    var at = 0.0
    while true {
      at += stream.exponential(mean: WorldTrace.year / perYear)
      let end = at + max(1, seconds(&stream)) * 1_000
      guard end < Double(length) else { return result }
      result.append(Span(start: Int64(at), end: Int64(end)))
      at = end
    }
  }

  func agentFaults(_ agent: Int) -> [AgentFault] {
    var result: [AgentFault] = []
    var network = stream(.agentFault, agent, 0)
    for span in spans(
      &network, perYear: scenario.networkFaults,
      lasting: { $0.logNormal(median: scenario.networkMedian, sigma: 1) })
    {
      let share = network.unit()
      let kind: AgentFault.Kind =
        share < scenario.resolverShare
        ? .resolver : share < scenario.resolverShare + scenario.egressShare ? .egress : .uplink
      result.append(AgentFault(span: span, kind: kind))
    }
    var stall = stream(.agentFault, agent, 1)
    result += spans(
      &stall, perYear: scenario.stalls,
      lasting: { min(120, $0.logNormal(median: scenario.stallMedian, sigma: 0.8)) }
    ).map { AgentFault(span: $0, kind: .stall) }
    var partition = stream(.agentFault, agent, 2)
    result += spans(
      &partition, perYear: scenario.partitions,
      lasting: { $0.logNormal(median: scenario.partitionMedian, sigma: 1) }
    ).map { AgentFault(span: $0, kind: .partition) }
    result += restarts(agent)
    var clock = stream(.agentFault, agent, 4)
    result += spans(&clock, perYear: scenario.clockSteps, lasting: { $0.uniform(60, 3_600) }).map {
      AgentFault(span: $0, kind: .clockStep)
    }
    let most = Span(start: length / 5, end: length / 5 * 4)
    if agent < Int(scenario.resolverDeadAgents) {
      result.append(AgentFault(span: most, kind: .resolver))
    }
    if agent < Int(scenario.silentAgents) {
      result.append(AgentFault(span: most, kind: .partition))
    }
    return result
  }

  /// Bursts of restarts, half a minute apart; all agents restart in the same bursts.
  private func restarts(_ agent: Int) -> [AgentFault] {
    var bursts = stream(.restartStorm)
    var own = stream(.restartStorm, agent, 1)
    let down = Int64(scenario.restartDown * 1_000)
    var result: [AgentFault] = []
    for burst in spans(&bursts, perYear: scenario.restarts, lasting: { _ in 1 }) {
      var at = burst.start &+ Int64(own.uniform(0, 20_000))
      for _ in 0..<Int(scenario.restartBurst) {
        guard at &+ down < length else { break }
        result.append(AgentFault(span: Span(start: at, end: at &+ down), kind: .restart))
        at &+= down &+ Int64(own.uniform(5_000, 55_000))
      }
    }
    return result
  }

  func providerFaults(_ provider: Int) -> [AgentFault] {
    var stream = stream(.provider, provider)
    return spans(
      &stream, perYear: scenario.providerFaults,
      lasting: { $0.logNormal(median: scenario.providerMedian, sigma: 1) }
    ).map { span in
      let canaries = stream.chance(scenario.providerCanaryShare)
      let link = canaries && stream.chance(scenario.providerLinkShare)
      return AgentFault(span: span, kind: .provider(link: link, canaries: canaries))
    }
  }

  func collectorFaults() -> [Span] {
    var stream = stream(.collectorLink)
    return spans(
      &stream, perYear: scenario.collectorFaults,
      lasting: { $0.logNormal(median: scenario.collectorMedian, sigma: 1) })
  }

  /// Two agents' common way to some of the targets.
  struct Transit {
    var span: Span
    var agents: (Int, Int)
    var hits: [Bool]
  }

  func transits() -> [Transit] {
    let agents = Int(scenario.agents)
    guard agents >= 3 else { return [] }
    var stream = stream(.transit)
    return spans(
      &stream, perYear: scenario.transits,
      lasting: { $0.logNormal(median: scenario.transitMedian, sigma: 1) }
    ).map { span in
      let first = stream.index(agents)
      let second = (first + 1 + stream.index(agents - 1)) % agents
      let share = stream.uniform(scenario.transitLeastShare, scenario.transitMostShare)
      let hits = (0..<Int(scenario.targets)).map { _ in stream.chance(share) }
      return Transit(span: span, agents: (first, second), hits: hits)
    }
  }

  /// Outages shared by some of the targets.
  func contentNetworkOutages() -> [(TargetOutage, hits: [Bool])] {
    var stream = stream(.contentNetwork)
    return spans(
      &stream, perYear: scenario.contentNetworkOutages,
      lasting: { max(60, $0.logNormal(median: scenario.contentNetworkMedian, sigma: 0.8)) }
    ).map { span in
      let mode: Mode = stream.chance(scenario.blackHoleShare) ? .blackHole : .wrongStatus
      let hits = (0..<Int(scenario.targets)).map { _ in
        stream.chance(scenario.contentNetworkShare)
      }
      return (TargetOutage(span: span, mode: mode), hits)
    }
  }

  func outages(_ target: Int) -> [TargetOutage] {
    var stream = stream(.outage, target)
    let mediumShare = 1 - scenario.outageShortShare - scenario.outageLongShare
    return spans(
      &stream, perYear: scenario.outages,
      lasting: { stream in
        let share = stream.unit()
        if share < mediumShare {
          return max(60, stream.logNormal(median: scenario.outageMediumMedian, sigma: 0.8))
        }
        if share < mediumShare + scenario.outageLongShare {
          return max(60, stream.logNormal(median: scenario.outageLongMedian, sigma: 1))
        }
        return stream.uniform(scenario.outageShortLeast, scenario.outageShortMost)
      }
    ).map { span in
      let mode: Mode =
        stream.chance(scenario.blackHoleShare)
        ? .blackHole : stream.chance(0.5) ? .refused : .wrongStatus
      return TargetOutage(
        span: span, mode: mode, isBrownout: stream.chance(scenario.brownoutShare))
    }
  }

  /// Hours of failing and recovering every few tens of seconds.
  func flaps(_ target: Int) -> [TargetOutage] {
    var stream = stream(.outage, target, 1)
    var result: [TargetOutage] = []
    for hour in spans(&stream, perYear: scenario.flappingHours, lasting: { _ in 3_600 }) {
      var at = hour.start
      while at < hour.end {
        let end = at &+ Int64(stream.uniform(20_000, 60_000))
        result.append(
          TargetOutage(span: Span(start: at, end: end), mode: .wrongStatus, isFlap: true))
        at = end &+ Int64(stream.uniform(20_000, 60_000))
      }
    }
    return result
  }

  struct Partial {
    var span: Span
    var agent: Int
    var isAttributable: Bool
  }

  func partials(_ target: Int) -> [Partial] {
    var stream = stream(.partial, target)
    return spans(
      &stream, perYear: scenario.partials,
      lasting: { stream in
        let share = stream.unit()
        if share < scenario.partialShortShare { return stream.uniform(5, 60) }
        if share < scenario.partialShortShare + scenario.partialLongShare {
          return stream.logNormal(median: scenario.partialLongMedian, sigma: 0.8)
        }
        return stream.logNormal(median: scenario.partialMediumMedian, sigma: 0.8)
      }
    ).map { span in
      Partial(
        span: span, agent: stream.index(Int(scenario.agents)),
        isAttributable: stream.chance(scenario.partialAttributableShare))
    }
  }

  /// When the monitor of `target` is edited so that its votes become history.
  func edits(_ target: Int) -> [Int64] {
    var stream = stream(.edit, target)
    return spans(&stream, perYear: scenario.edits, lasting: { _ in 1 }).map(\.start)
  }
}
