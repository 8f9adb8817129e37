public import Postgres
public import Quorum

/// Takes a monitor's logged steps again under another policy.
public struct PolicyBacktest {
  /// How much work one backtest may be.
  public struct Bounds: Hashable, Sendable {
    /// Logged steps.
    public var steps = 20_000
    /// Steps that are not in the log.
    public var stepsAssumed = 50_000
    public var seconds: Int64 = 10

    public init() {}
  }

  private let policy: Policy
  private let since: Timestamp
  private let until: Timestamp
  private let bounds: Bounds
  private var report: BacktestReport
  private var logged = Course()
  private var runs: (tested: Backtest, control: Backtest)?
  private var expected: Int64?

  /// Runs over the steps from `since` to `until` (not in it); the log before `since` is used to begin
  /// with, where it reaches back. Throws `PostgresError`.
  public static func run(
    monitor: Int64, policy: Policy, since: Timestamp, until: Timestamp, bounds: Bounds = Bounds(),
    organization: OrganizationID, on connection: Connection
  ) throws -> BacktestReport {
    var backtest = Self(policy: policy, since: since, until: until, bounds: bounds)
    if let first = try begin(monitor, since, until, organization, connection) {
      try backtest.run(StepSource(monitor: monitor, from: first, until: until, connection))
    }
    return backtest.report
  }

  private init(policy: Policy, since: Timestamp, until: Timestamp, bounds: Bounds) {
    self.policy = policy
    self.since = since
    self.until = until
    self.bounds = bounds
    report = BacktestReport(since: since, until: until)
  }

  /// The step to begin at: the last before `since`, or else the first after it, at which nothing was
  /// in doubt and the state is stored.
  private static func begin(
    _ monitor: Int64, _ since: Timestamp, _ until: Timestamp, _ organization: OrganizationID,
    _ connection: Connection
  ) throws(PostgresError) -> Int64? {
    let rows = try connection.query(
      """
      SELECT coalesce(max(number) FILTER (WHERE at <= $3), min(number)) FROM quorum_log
      WHERE monitor_key = $1 AND organization_id = $2 AND at < $4 AND before IS NOT NULL
        AND before->'stage' ? 'settled' AND (before->>'version')::int = $5
      """, monitor, organization.rawValue, since, until, Int32(MonitorState.currentVersion))
    return try rows.first?.get(0, as: Int64?.self)
  }

  private mutating func run(_ source: StepSource) throws {
    var source = source
    let deadline = ContinuousClock.now + .seconds(bounds.seconds)
    while let item = try source.next() {
      if report.steps == bounds.steps {
        report.cut = .steps
      } else if ContinuousClock.now >= deadline {
        report.cut = .time
      } else if !take(item, followedBy: source.following) {
        report.cut = .steps
      }
      if report.cut != nil { break }
    }
    report.unreadable = source.unreadable
    finish()
  }

  /// Takes one step; false where a run took more steps than it may.
  private mutating func take(_ item: StepSource.Item, followedBy next: [LoggedStep]) -> Bool {
    let step = item.step
    if step.number != expected, expected != nil {
      // Steps were deleted: it goes on where a state is stored.
      guard let before = item.before else { return true }
      report.gaps += 1
      logged.breakOff(at: report.coveredTo?.milliseconds ?? step.event.at)
      runs?.tested.resume(from: before)
      runs?.control.resume(from: before)
    }
    if runs == nil {
      guard let before = item.before else { return true }
      let limit = bounds.steps + bounds.stepsAssumed
      runs = (
        Backtest(from: before, policy: policy, stepLimit: limit),
        Backtest(from: before, policy: nil, stepLimit: limit)
      )
    }
    expected = step.number + 1
    let at = Timestamp(milliseconds: step.event.at)
    report.coveredFrom = report.coveredFrom ?? max(at, since)
    report.coveredTo = at
    report.steps += 1
    if !report.loggedEngines.contains(item.engine) { report.loggedEngines.append(item.engine) }
    logged.take(step.directives, at: step.event.at)
    runs?.tested.take(step, followedBy: next)
    runs?.control.take(step, followedBy: next)
    return !(runs?.tested.isCut ?? false) && !(runs?.control.isCut ?? false)
  }

  private mutating func finish() {
    guard var runs else { return }
    if report.cut == nil {
      let end = min(until, Timestamp.now()).milliseconds
      runs.tested.finish(at: end)
      runs.control.finish(at: end)
      if runs.tested.isCut || runs.control.isCut { report.cut = .steps }
      report.coveredTo = Timestamp(milliseconds: end)
    }
    let start = since.milliseconds
    report.logged = logged.since(start)
    report.tested = runs.tested.course.since(start)
    report.control = runs.control.course.since(start)
    report.stepsAssumed = runs.tested.stepsAssumed
    report.questions = runs.tested.questions
  }
}
