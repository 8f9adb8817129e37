import Postgres
import Quorum

/// One step of one monitor: claimed, decided and written in one transaction under its row's lock.
///
/// A worker that dies at any statement leaves nothing behind: the row is as due as it was.
public enum DecisionStep {
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

  /// Steps the monitor that has been due longest; `nil` where none is due that nobody else steps.
  ///
  /// Throws `PostgresError` where the store could not be asked, and `DecisionError` for a monitor
  /// that must be put aside (`postpone`).
  public static func run(_ connection: Connection) throws -> Report? {
    guard let claim = try DecisionInput.claim(connection) else {
      connection.rollback()
      return nil
    }
    do {
      let input = try DecisionInput.load(claim, connection)
      let output = decide(input)
      try output.write(input, connection)
      var report = Report(
        monitorKey: claim.monitorKey, events: input.waiting.count, directives: output.directives)
      // The step is stored. A contradiction that is lost with this process was one of several.
      for found in output.contradictions {
        let news = try AgentTrusts.contradicted(found.agent, on: found.monitor, connection)
        report.trust += news.map { [$0] } ?? []
      }
      return report
    } catch let error as PostgresError where error.kind == .bug || error.kind == .rejectedData {
      throw DecisionError(monitorKey: claim.monitorKey, error.description)
    }
  }

  /// Lets a monitor that can't be stepped wait for half a minute, so that others are not held up.
  public static func postpone(
    _ error: DecisionError, _ connection: Connection
  ) throws(PostgresError) {
    connection.rollback()
    try connection.query(
      "UPDATE monitor_due SET due_at = now() + interval '30 seconds' WHERE monitor_key = $1",
      error.monitorKey)
  }

  /// Steps the engine through all that waits and may be judged now. Reads nothing but `input`.
  static func decide(_ input: DecisionInput) -> DecisionOutput {
    var output = DecisionOutput(from: input.claim)
    var steps = 0
    func step(_ change: Event.Change, _ panel: Panel) {
      output.step(Event(at: input.at, panel: panel, change))
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
    for change in input.dropped { step(change, input.panel) }
    if steps == 0 { step(.tick, input.panel) }
    output.contradictions = Contradiction.find(findings, in: output.state, input)
    if input.isHolding {
      let soon = input.at &+ DecisionInput.holdMs
      output.wakeAt = min(output.wakeAt ?? soon, soon)
    }
    return output
  }
}
