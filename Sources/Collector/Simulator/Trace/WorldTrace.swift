import Quorum

/// Everything that is true in one world: who fails when, whom it hits, and which probes are lost.
///
/// It is a pure function of scenario, seed and length; policies read it and never change it.
final class WorldTrace: Sendable {
  static let year = 31_557_600_000.0

  let scenario: Scenario
  let seed: UInt64
  /// How long it lasts, in ms.
  let length: Int64
  let agents: Int
  let targets: Int
  /// Each agent's provider, its faults in order, and when the collector does not hear it.
  let provider: [Int]
  let agentFaults: [[AgentFault]]
  let cuts: [[Span]]
  /// Faults of agents, of providers and of the collector's link, for judging who was paged for them.
  let surroundings: [Span]
  let target: [TargetTrace]

  init(scenario: Scenario, seed: UInt64, length: Int64) {
    self.scenario = scenario
    self.seed = seed
    self.length = length
    let agents = Int(scenario.agents)
    self.agents = agents
    targets = Int(scenario.targets)
    let providers = scenario.providerCount
    provider = (0..<agents).map { $0 % providers }

    let maker = FaultMaker(scenario: scenario, seed: seed, length: length)
    let ofProviders = (0..<providers).map { maker.providerFaults($0) }
    let ofCollector = maker.collectorFaults()
    var faults: [[AgentFault]] = []
    var cuts: [[Span]] = []
    for agent in 0..<agents {
      let own = maker.agentFaults(agent) + ofProviders[agent % providers]
      faults.append(own.sorted { $0.span.start < $1.span.start })
      cuts.append(Self.joined(own.filter(\.cutsLink).map(\.span) + ofCollector))
    }
    agentFaults = faults
    self.cuts = cuts
    surroundings = Self.joined(
      faults.joined().filter { $0.kind != .clockStep }.map(\.span) + ofCollector)

    let transits = maker.transits()
    let shared = maker.contentNetworkOutages()
    target = (0..<targets).map { index in
      TargetTrace(
        index: index, maker: maker, agentFaults: faults, transits: transits, shared: shared)
    }
  }

  /// Overlapping spans made one, in order.
  static func joined(_ spans: [Span]) -> [Span] {
    var result: [Span] = []
    for span in spans.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
      if let last = result.last, span.start <= last.end {
        result[result.count - 1].end = max(last.end, span.end)
      } else {
        result.append(span)
      }
    }
    return result
  }

  /// The cut of `agent`'s link that is at work at `moment`.
  func cut(_ agent: Int, at moment: Int64) -> Span? {
    guard let index = lastCut(agent, from: moment) else { return nil }
    let span = cuts[agent][index]
    return span.end > moment ? span : nil
  }

  /// The last cut of `agent`'s link that began at `moment` or before.
  func lastCut(_ agent: Int, from moment: Int64) -> Int? {
    let spans = cuts[agent]
    var low = 0
    var high = spans.count
    while low < high {
      let middle = (low + high) / 2
      if spans[middle].start <= moment { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : low - 1
  }

  /// Whether `agent`'s canaries cannot be reached at `moment`.
  func failsCanaries(_ agent: Int, at moment: Int64) -> Bool {
    agentFaults[agent].contains { $0.failsCanaries && $0.span.contains(moment) }
  }

  /// When `agent` is due at `target` for the first time, with probes spread evenly over `interval`.
  func phase(_ target: Int, _ agent: Int, interval: Int64) -> Int64 {
    Phase.milliseconds(
      monitor: Int64(bitPattern: Draw.key(seed, .phase, target)), intervalMs: interval,
      index: agent, of: agents)
  }
}
