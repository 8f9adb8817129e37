import Postgres
import Quorum

/// Steps of due monitors: claimed, decided and written in one transaction under their rows' locks.
///
/// A worker that dies at any statement leaves nothing behind: the rows are as due as they were.
public enum DecisionStep {
  /// The most monitors that are stepped in one transaction: enough to share its cost, few enough
  /// that the first needn't wait for the last.
  public static let mostAtOnce: Int32 = 32

  /// Of those that are stepped one by one, so many may wait for another's lock in vain before the rest
  /// is left for the next time, when whoever holds it may be gone.
  private static let mostMet = 3

  /// What a step did.
  public struct Report: Hashable, Sendable {
    public var monitorKey: Int64
    /// How many events were taken.
    public var events: Int
    /// Everything that was wanted, and is stored.
    public var directives: [Directive]
    /// Agents that came to be distrusted by what this step saw.
    public var trust: [TrustNews] = []
  }

  /// What became of the monitors that were claimed together.
  public struct Outcome: Hashable, Sendable {
    /// One a stepped monitor.
    public var reports: [Report] = []
    /// Those that can't be stepped; each waits for half a minute, so that others are not held up.
    public var putAside: [DecisionError] = []
  }

  /// Steps the monitors that have been due longest, `count` at most; `nil` where none is due that
  /// nobody else steps.
  ///
  /// What one of them does wrong is not the others' loss: where they can't be written together, each
  /// is stepped by itself. Throws where the store could not be asked: `PostgresError`.
  ///
  /// - Parameter pace: how often somebody may be asked during an outage.
  public static func run(
    _ connection: Connection, atMost count: Int32 = mostAtOnce, pace: WatchPace = WatchPace()
  ) throws -> Outcome? {
    var keys: [Int64] = []
    do {
      return try attempt(.longestDue(count), &keys, pace, connection)
    } catch let error as PostgresError where error.kind.isOfOneMonitor {
      connection.rollback()
      // Nothing was claimed yet.
      if keys.isEmpty && error.kind != .retry { throw error }
      return try stepEach(of: keys, pace, connection)
    }
  }

  /// Steps each of these that is still due, in a transaction of its own.
  private static func stepEach(
    of keys: [Int64], _ pace: WatchPace, _ connection: Connection
  ) throws -> Outcome {
    var outcome = Outcome()
    var met = 0
    for key in keys where met < mostMet {
      do {
        var own: [Int64] = []
        guard let one = try attempt(.only(key), &own, pace, connection) else { continue }
        outcome.reports += one.reports
        outcome.putAside += one.putAside
      } catch let error as PostgresError where error.kind == .retry {
        // It met another, and is as due as it was.
        connection.rollback()
        met += 1
      } catch let error as PostgresError where error.kind.isBad {
        connection.rollback()
        try connection.query(DecisionBatch.postponing, [key])
        outcome.putAside.append(DecisionError(monitorKey: key, error.description))
      }
    }
    return outcome
  }

  /// Claims, reads, decides and writes. `keys` tells what was claimed, should it throw; the
  /// transaction is then still open.
  private static func attempt(
    _ wanted: DecisionClaim.Wanted, _ keys: inout [Int64], _ pace: WatchPace,
    _ connection: Connection
  ) throws -> Outcome? {
    let claims = try DecisionClaim.take(wanted, connection)
    keys = claims.keys
    guard !keys.isEmpty else {
      connection.rollback()
      return nil
    }
    let read = try DecisionReader.read(claims.ready, connection)
    var batch = DecisionBatch(putAside: claims.unreadable + read.unreadable)
    for var input in read.inputs {
      input.paceMs = pace.paceMs(of: input.organizationID)
      batch.add(input, decide(input))
    }
    // The organizations' locks first: while one is waited for, no calendar that all share is held.
    try batch.correlate(connection)
    try batch.deal(connection)
    try batch.write(connection)
    var outcome = Outcome(putAside: batch.putAside)
    for (input, output) in batch.decisions {
      var report = Report(
        monitorKey: input.claim.monitorKey, events: input.waiting.count,
        directives: output.directives)
      // The step is stored. A contradiction that is lost with this process was one of several.
      for found in output.contradictions {
        let news = try AgentTrusts.contradicted(found.agent, on: found.monitor, connection)
        report.trust += news.map { [$0] } ?? []
      }
      outcome.reports.append(report)
    }
    return outcome
  }

  /// Steps the engine through all that waits and may be judged now. Reads nothing but `input`.
  static func decide(_ input: DecisionInput) -> DecisionOutput {
    var output = DecisionOutput(from: input.claim)
    var steps = 0
    func step(_ change: Event.Change, _ panel: Panel) {
      output.step(Event(at: input.at, panel: panel, paceMs: input.paceMs, change))
      steps += 1
    }
    if input.claim.state.settings != input.settings {
      step(.configured(input.settings), input.panel)
    }
    var findings: [Quorum.Observation] = []
    for event in input.waiting {
      guard let change = event.change else { continue }
      var panel = input.panel
      if case .observed(let finding) = change {
        findings.append(finding)
        if event.isUnconfirmed {
          panel = panel.distrusting(finding.region, AgentKnowledge.unconfirmed)
        }
      }
      step(change, panel)
    }
    for change in input.delayed + input.dropped { step(change, input.panel) }
    if steps == 0 { step(.tick, input.panel) }
    output.contradictions = Contradiction.find(findings, in: output.state, input)
    if input.isHolding {
      let soon = input.at &+ DecisionInput.holdMs
      output.wakeAt = min(output.wakeAt ?? soon, soon)
    }
    return output
  }
}

extension PostgresError.Kind {
  /// Whether the same would come of it again.
  fileprivate var isBad: Bool {
    switch self {
    case .bug, .rejectedData: true
    case .retry, .reconnect, .outcomeUnknown, .unavailable, .giveUp: false
    }
  }

  /// Whether it may be the doing of one of several monitors.
  fileprivate var isOfOneMonitor: Bool { isBad || self == .retry }
}
