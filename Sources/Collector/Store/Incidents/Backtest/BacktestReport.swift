public import Postgres
public import Quorum

/// What a monitor's logged steps come to under another policy.
public struct BacktestReport: Hashable, Sendable {
  /// The span that was asked for.
  public var since: Timestamp
  public var until: Timestamp
  /// The first and the last logged step that were taken; `nil` where there was none.
  public var coveredFrom: Timestamp?
  public var coveredTo: Timestamp?
  /// What the log says, what the other policy gives, and what the logged policy gives by the same
  /// method: it should be what the log says.
  public var logged = Course()
  public var tested = Course()
  public var control = Course()
  /// How many logged steps were taken, and how many more under the other policy.
  public var steps = 0
  public var stepsAssumed = 0
  /// How the questions of the other policy were answered.
  public var questions = Backtest.Questions()
  /// The rules that took the logged steps, and those that took them again.
  public var loggedEngines: [Int32] = []
  public var engine: Int32
  /// How often steps were missing, and how many rows could not be read.
  public var gaps = 0
  public var unreadable = 0
  /// Why it ended before the span did; `nil` where it did not.
  public var cut: Cut?

  /// A bound that was reached.
  public enum Cut: String, Hashable, Sendable {
    case steps
    case time
  }

  /// The outages of the log and of the other policy, paired.
  public var outages: [ComparedOutage] { ComparedOutage.compare(logged, tested) }

  init(since: Timestamp, until: Timestamp) {
    self.since = since
    self.until = until
    engine = EngineVersion.current
  }
}
