/// All that the engine remembers of one monitor.
///
/// `step` is the only way on: the same state and the same event give the same state and the same
/// directives, on every platform. It reads no clock and draws no randomness.
public struct MonitorState: Hashable, Sendable, Codable {
  /// Raised when the meaning of a stored state changes.
  public var version: Int
  /// `nil` before the first `configured`.
  public var settings: Settings?
  /// `nil` while nothing was ever decided, and while the monitor is not active.
  public var verdict: StandingVerdict?
  public var stage: Stage
  /// Sorted by region.
  public var votes: [StandingVote]
  /// Sorted by region.
  public var seats: [HeldSeat]
  /// Regions that fail while others do not, sorted.
  public var listed: [ListedRegion]
  /// The severity of the open incident; `nil` if none is open.
  public var incident: Severity?
  /// When it was last stepped, collector time (ms); goes back only with a clock that was set back.
  public var steppedAt: Int64
  /// The number of the last question's episode.
  public var episodes: Int32
  /// When anybody was last asked for a probe, collector time (ms).
  public var askedAt: Int64?
  /// Since when too few votes are known, collector time (ms).
  public var blindSince: Int64?
  /// `nil` while the monitor is not degraded and no majority of voters is slow.
  public var slowness: Slowness?
  /// `nil` but during an outage.
  public var watch: Watch?
  /// `nil` where the monitor was not down of late.
  public var damping: Damping?
  /// `nil` outside a planned maintenance.
  public var maintenance: Upkeep?
  /// `nil` where there is nothing that people might be told about.
  public var attention: Attention?

  /// The version whose meaning this engine knows; a stored state of another begins anew.
  public static let currentVersion = 2

  public init() {
    version = Self.currentVersion
    stage = .settled
    votes = []
    seats = []
    listed = []
    episodes = 0
    steppedAt = 0
  }

  /// The verdict that stands and the regions it names.
  public struct StandingVerdict: Hashable, Sendable, Codable {
    public var verdict: Verdict
    /// Collector time, ms.
    public var startedAt: Int64
    public var regions: [String]
    /// The one provider whose regions fail.
    public var domain: String?
  }

  /// Who held a region's seat when last looked at.
  public struct HeldSeat: Hashable, Sendable, Codable {
    public var region: String
    public var agent: AgentKey
    /// When the agent was last asked for a vote in this seat, or first seen to have one: collector
    /// time (ms).
    public var introducedAt: Int64?
  }

  /// Takes `event` in and says what is to be done.
  public mutating func step(_ event: Event) -> Step {
    // The state moves in and out, so that its arrays are changed in place and not copied.
    var state = MonitorState()
    swap(&state, &self)
    var stepper = Stepper(state: consume state, event: event)
    let step = stepper.run()
    swap(&stepper.state, &self)
    return step
  }
}
