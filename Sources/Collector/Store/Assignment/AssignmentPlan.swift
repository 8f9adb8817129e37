import Quorum

/// Who should probe what, as a pure function of monitors, agents and who does now.
struct AssignmentPlan {
  /// An agent that may be given seats.
  struct Agent: Hashable, Sendable {
    var key: AgentKey
    /// `nil` for one that all organizations share.
    var organizationID: Int32?
    var region: String
    var provider: String
    var live: Bool
    /// Live for long enough to be given seats that others hold.
    var stable: Bool
  }

  /// A monitor that is to be probed.
  struct Monitor: Hashable, Sendable {
    var key: Int64
    var slot: Int64
    var organizationID: Int32
    var intervalMs: Int64
    var timeoutMs: Int32
    /// `nil`: all regions that have agents for it.
    var regions: [String]?
  }

  /// A row of `assignment`.
  struct Row: Hashable, Sendable {
    var agent: AgentKey
    var slot: Int64
    var monitor: Int64
    var organizationID: Int32
    var phaseMs: Int32
  }

  /// What must be changed to come from one set of rows to another.
  struct Difference: Hashable, Sendable {
    /// Rows that go.
    var gone: [Row] = []
    /// Rows that come, or whose phase changed.
    var written: [Row] = []
    /// Monitors whose voters changed.
    var monitors: Set<Int64> = []

    var isEmpty: Bool { gone.isEmpty && written.isEmpty }
    /// The agents whose assignment changes.
    var agents: Set<AgentKey> { Set(gone.map(\.agent)).union(written.map(\.agent)) }
  }

  private let agents: [String: [Agent]]
  private let regionOf: [AgentKey: String]

  init(agents: [Agent]) {
    self.agents = Dictionary(grouping: agents, by: \.region)
    regionOf = Dictionary(
      agents.map { ($0.key, $0.region) }, uniquingKeysWith: { first, _ in first })
  }

  /// The rows that should be, given those that are.
  ///
  /// - Parameter unsettled: the organizations whose own agents came or went of late; `nil` for those
  ///   that all share. Until the agents that may probe a monitor have been the same for a while,
  ///   whoever holds a seat keeps its phase, so that agents which come one after the other move the
  ///   others' probes once.
  func rows(for monitors: [Monitor], present: [Row], unsettled: Set<Int32?> = []) -> [Row] {
    var holders: [Int64: [String: Row]] = [:]
    for row in present {
      guard let region = regionOf[row.agent] else { continue }
      holders[row.monitor, default: [:]][region] = row
    }
    var rows: [Row] = []
    for monitor in monitors {
      let holders = holders[monitor.key] ?? [:]
      let regions = regions(of: monitor, holders)
      let isSettled = !unsettled.contains(nil) && !unsettled.contains(monitor.organizationID)
      for (index, region) in regions.enumerated() {
        let candidates = candidates(in: region, for: monitor).map {
          Seating.Candidate(agent: $0.key, live: $0.live, stable: $0.stable)
        }
        guard
          let agent = Seating.choose(
            monitor: monitor.key, holder: holders[region]?.agent, among: candidates)
        else { continue }
        let phase = Phase.milliseconds(
          monitor: monitor.key, intervalMs: monitor.intervalMs, index: index, of: regions.count)
        var row = Row(
          agent: agent, slot: monitor.slot, monitor: monitor.key,
          organizationID: monitor.organizationID, phaseMs: Int32(clamping: phase))
        if !isSettled, let old = holders[region], old.slot == row.slot {
          row.phaseMs = old.phaseMs
        }
        rows.append(row)
      }
    }
    return rows
  }

  /// What leads from `present` to `wanted`.
  static func difference(from present: [Row], to wanted: [Row]) -> Difference {
    struct Name: Hashable {
      var agent: AgentKey
      var slot: Int64
    }
    var difference = Difference()
    var known: [Name: Row] = [:]
    for row in present { known[Name(agent: row.agent, slot: row.slot)] = row }
    for row in wanted {
      let old = known.removeValue(forKey: Name(agent: row.agent, slot: row.slot))
      if old == row { continue }
      difference.written.append(row)
      if old == nil { difference.monitors.insert(row.monitor) }
    }
    for row in known.values {
      difference.gone.append(row)
      difference.monitors.insert(row.monitor)
    }
    difference.gone.sort { ($0.agent, $0.slot) < ($1.agent, $1.slot) }
    return difference
  }

  private func candidates(in region: String, for monitor: Monitor) -> [Agent] {
    (agents[region] ?? []).filter {
      $0.organizationID == nil || $0.organizationID == monitor.organizationID
    }
  }

  /// The regions that vote for a monitor, sorted, at most ten.
  private func regions(of monitor: Monitor, _ holders: [String: Row]) -> [String] {
    let all =
      monitor.regions.map { Array(Set($0)) }
      ?? agents.keys.filter { !candidates(in: $0, for: monitor).isEmpty }
    return RegionChoice.choose(
      monitor: monitor.key,
      among: all.map { region in
        let voters = candidates(in: region, for: monitor)
        let voter = voters.first { $0.key == holders[region]?.agent } ?? voters.first
        return RegionChoice.Candidate(
          region: region, provider: voter?.provider ?? "", isHeld: holders[region] != nil)
      })
  }
}
