import Model
import Postgres
import Quorum

/// All that one step of one monitor reads.
struct DecisionInput {
  /// An event that waits, with its number.
  struct Waiting {
    var id: Int64
    /// `nil` for one that no engine of this version understands.
    var change: Event.Change?
    /// Whether it is a failure that the agent's canaries never confirmed.
    var isUnconfirmed = false
  }

  var claim: DecisionClaim
  var organizationID: Int32
  var slot: Int64
  /// Of the monitor's target.
  var host: String
  /// The monitor that was declared its parent.
  var parent: Int64?
  /// Collector time by the database's clock, ms.
  var at: Int64
  var settings: Settings
  var panel: Panel
  /// The agents of the panel, by which documents name them.
  var agents: [AgentKey: AgentID]
  /// What is known of them beside.
  var known: [AgentKey: AgentKnowledge]
  var waiting: [Waiting] = []
  /// Questions of the present episode that will not be answered.
  var dropped: [Event.Change] = []
  /// Questions of the present episode that wait for their turn longer than is known.
  var delayed: [Event.Change] = []
  /// Whether more events wait than were taken.
  var hasMore = false
  /// Whether findings wait for what will tell their worth (`AgentKnowledge`).
  var isHolding = false
  /// Of the events that are stepped: see `WatchPace`.
  var paceMs: Int64?

  /// The most events that one step takes; fewer where many monitors are stepped at once, but more
  /// than may be held back.
  static let mostEvents = 500
  static let mostEventsOfMany = 150
  /// The most findings that are held back.
  static let mostHeld = 100
  /// How soon a monitor for which findings are held back is looked at again, ms. What they wait for
  /// wishes for a look as well; this is for a wish that was missed.
  static let holdMs: Int64 = 1_000
}

extension Settings {
  /// For how long a finding may vote, ms.
  var freshMs: Int64 {
    Freshness.limitMs(intervalMs: intervalMs, timeoutMs: timeoutMs)
  }
}

extension MonitorState {
  /// The rounds that are open, or belong to one that is.
  var presentRounds: [Round] {
    switch stage {
    case .settled, .down: []
    case .suspect(let episode): episode.rounds
    case .recovering(let episode): episode.rounds
    }
  }

  /// The number of the episode whose rounds are open.
  var presentEpisode: Int32? {
    switch stage {
    case .settled, .down: nil
    case .suspect(let episode): episode.number
    case .recovering(let episode): episode.number
    }
  }
}
