import Model
import Quorum

/// What the collector has heard of the agents at any moment: a pure function of the trace.
struct Hearing {
  /// From an agent to the collector, and for the collector to store and step.
  static let linkMs: Int64 = 110
  /// From a cut's end to the first ALIVE, and to the last of what was held back.
  static let reconnectMs: Int64 = 200
  static let backlogMs: Int64 = 700
  private static let aliveEveryMs: Int64 = 5_000

  let trace: WorldTrace
  let regions: [String]
  let domains: [String]
  private let restarts: [[Int64]]

  init(_ trace: WorldTrace) {
    self.trace = trace
    regions = (0..<trace.agents).map { "region-\($0)" }
    domains = trace.provider.map { "provider-\($0)" }
    restarts = trace.agentFaults.map { faults in
      faults.filter { $0.kind == .restart }.map(\.span.end)
    }
  }

  /// The start of the agent's process at `moment`.
  func boot(_ agent: Int, at moment: Int64) -> BootID {
    let count = restarts[agent].isEmpty ? 0 : restarts[agent].count { $0 <= moment }
    return BootID(high: UInt64(agent + 1), low: UInt64(count + 1))
  }

  /// When the last ALIVE was sent that the collector has at `moment`, and what had been stored by
  /// then.
  func lastAlive(_ agent: Int, at moment: Int64) -> (sent: Int64, watermark: Int64) {
    let phase = Int64(agent) * 700
    let since = moment &- Self.linkMs &- phase
    var sent = phase &+ (since >= 0 ? since / Self.aliveEveryMs : -1) &* Self.aliveEveryMs
    var index = trace.lastCut(agent, from: moment &- Self.linkMs)
    while let current = index {
      let cut = trace.cuts[agent][current]
      if sent < cut.start { break }
      if sent >= cut.end &+ Self.reconnectMs { break }
      let again = cut.end &+ Self.reconnectMs
      if again <= moment &- Self.linkMs {
        // Nothing of the backlog is acked yet.
        return (again, cut.start &- trace.scenario.timeoutMs)
      }
      let before = cut.start &- 1 &- phase
      sent = phase &+ (before >= 0 ? before / Self.aliveEveryMs : -1) &* Self.aliveEveryMs
      index = current == 0 ? nil : current - 1
    }
    // Some probe of some target is always in flight for as long as it may be.
    return (sent, sent &- trace.scenario.timeoutMs)
  }

  func presence(_ agent: Int, at moment: Int64) -> Presence {
    let alive = lastAlive(agent, at: moment)
    let ago = moment &- alive.sent &- Self.linkMs
    return Presence(
      boot: boot(agent, at: alive.sent), heardAgoMs: ago &+ Self.linkMs, agentNowMs: alive.sent,
      watermarkMs: alive.watermark,
      silent: Silence.isSilent(heardAgoMs: ago, listeningForMs: .max),
      longestTimeoutMs: trace.scenario.timeoutMs)
  }

  /// The stretch around `moment` in which no cut bears on what was last heard; `nil` if one does.
  func undisturbed(_ agent: Int, at moment: Int64) -> Span? {
    let last = trace.lastCut(agent, from: moment &- Self.linkMs)
    let cuts = trace.cuts[agent]
    let next = last.map { $0 + 1 } ?? 0
    let start = last.map {
      cuts[$0].end &+ Self.reconnectMs &+ Self.linkMs &+ Self.aliveEveryMs
    }
    let end = next < cuts.count ? cuts[next].start &+ Self.linkMs : Int64.max
    // Before its first ALIVE an agent's last is reckoned apart.
    let first = Self.linkMs &+ Int64(agent) * 700
    let span = Span(start: max(first, start ?? first), end: end)
    return span.contains(moment) ? span : nil
  }

  /// `presence` within an undisturbed stretch.
  func undisturbedPresence(_ agent: Int, at moment: Int64) -> Presence {
    let ago = (moment &- Self.linkMs &- Int64(agent) * 700) % Self.aliveEveryMs
    let sent = moment &- Self.linkMs &- ago
    return Presence(
      boot: boot(agent, at: sent), heardAgoMs: ago &+ Self.linkMs, agentNowMs: sent,
      watermarkMs: sent &- trace.scenario.timeoutMs, silent: false,
      longestTimeoutMs: trace.scenario.timeoutMs)
  }

  /// When the agent is found to be silent, or to be heard again.
  func edges(_ agent: Int) -> [Int64] {
    trace.cuts[agent].flatMap { cut -> [Int64] in
      let silent = lastAlive(agent, at: cut.start &+ Self.linkMs).sent &+ Self.linkMs &+ 15_001
      let again = cut.end &+ Self.reconnectMs &+ Self.linkMs &+ 100
      return silent < again ? [silent &+ 100, again] : []
    }
  }
}
