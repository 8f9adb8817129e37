/// Something that happened, with everything that deciding upon it may read.
public struct Event: Hashable, Sendable, Codable {
  /// Collector time, ms since 1970. A step back of up to a minute is waited for; a longer one moves
  /// the state's times with it.
  public var at: Int64
  public var panel: Panel
  /// During an outage somebody is asked no more often than this, ms; `nil` leaves the pace to the
  /// engine. For when so many monitors are down that asking would be a load.
  public var paceMs: Int64?
  public var change: Change

  public init(at: Int64, panel: Panel, paceMs: Int64? = nil, _ change: Change) {
    self.at = at
    self.panel = panel
    self.paceMs = paceMs
    self.change = change
  }

  /// What happened.
  public enum Change: Hashable, Sendable, Codable {
    /// The monitor was made or edited.
    case configured(Settings)
    /// A vote changed, or a question was answered.
    case observed(Observation)
    /// A probe in flight takes unusually long.
    case overdue(region: String, agent: AgentKey)
    /// An agent will not answer a question.
    case dropped(RoundID, region: String, agent: AgentKey)
    /// A question waits for its turn, since its target's host or its agent is asked as much as it may
    /// be: it is put so many milliseconds after its round was asked, or later.
    case delayed(RoundID, region: String, agent: AgentKey, byMs: Int64)
    /// A planned maintenance began or ended.
    case maintenance(Upkeep.Edge)
    /// Time passed, or the panel changed.
    case tick
  }
}

/// What the engine must know of a monitor.
public struct Settings: Hashable, Sendable, Codable {
  /// Raised by every edit after which earlier findings say nothing.
  public var epoch: Int32
  public var intervalMs: Int64
  public var timeoutMs: Int64
  public var policy: Policy
  /// False while paused or once deleted.
  public var active: Bool

  public init(
    epoch: Int32, intervalMs: Int64, timeoutMs: Int64, policy: Policy = .standard,
    active: Bool = true
  ) {
    self.epoch = epoch
    self.intervalMs = intervalMs
    self.timeoutMs = timeoutMs
    self.policy = policy
    self.active = active
  }
}
