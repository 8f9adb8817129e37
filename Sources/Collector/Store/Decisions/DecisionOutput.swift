import Model
import Postgres
import Quorum

/// What one step owes to the store.
struct DecisionOutput {
  var state: MonitorState
  /// The steps that moved something, in their order.
  var steps: [TakenStep] = []
  /// Where the log ends after them; its chain of verdicts is as it was before.
  var log: LogHead
  /// Collector time, ms.
  var wakeAt: Int64?
  /// What is to be told of agents once the rest is written.
  var contradictions: [Contradiction] = []

  init(from claim: DecisionClaim) {
    state = claim.state
    log = claim.log
  }

  /// Everything that is wanted, in order.
  var directives: [Directive] { steps.flatMap(\.directives) }

  /// Steps the engine; a step that moves nothing leaves no trace but its time.
  mutating func step(_ event: Event) {
    let before = state
    let step = state.step(event)
    wakeAt = step.wakeAt
    if step.directives.isEmpty, state.isStill(before) { return }
    let isSnapshot = log.advance(from: before, to: state)
    steps.append(
      TakenStep(
        number: log.number, snapshot: log.snapshot ?? log.number, previousAt: before.steppedAt,
        event: event, before: isSnapshot ? before : nil, after: state,
        directives: step.directives))
  }

  /// Adds what the directives of all steps ask for, in their order; `verdicts` are those of each
  /// step.
  func add(
    _ input: DecisionInput, _ verdicts: [[SealedVerdict]], to pipeline: inout Pipeline
  ) throws(PostgresError) {
    for (step, verdicts) in zip(steps, verdicts) {
      var verdicts = verdicts[...]
      for directive in step.directives {
        try add(directive, of: step, &verdicts, input, &pipeline)
      }
    }
  }

  /// One directive, one place; none is decided upon again here.
  private func add(
    _ directive: Directive, of step: TakenStep, _ verdicts: inout ArraySlice<SealedVerdict>,
    _ input: DecisionInput, _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    let key = input.claim.monitorKey
    let now = Timestamp(milliseconds: step.after.steppedAt)
    switch directive {
    // `QuestionRows` has those of all monitors together.
    case .askProbes: break
    case .recordVerdict:
      guard let verdict = verdicts.popFirst() else { return }
      try verdict.add(input, to: &pipeline)
    case .openIncident(let severity, let startedAt):
      try pipeline.add(
        """
        INSERT INTO incident (
          organization_id, monitor_key, opening_verdict, started_at, decided_at, severity,
          log_first)
        SELECT $2, $1, max(id), $3, $4, $5, $6 FROM verdict WHERE monitor_key = $1
        """, key, input.organizationID, Timestamp(milliseconds: startedAt), now,
        severity.rawValue, step.snapshot)
    case .changeSeverity(let severity):
      try pipeline.add(
        """
        UPDATE incident SET severity = $2, resolved_at = NULL
        WHERE monitor_key = $1 AND ended_at IS NULL
        """, key, severity.rawValue)
    case .closeIncident(let endedAt, let reason):
      try pipeline.add(
        """
        UPDATE incident SET ended_at = greatest(started_at, $2), recovered_at = $3, log_last = $5,
          closing_verdict = CASE WHEN $4 THEN NULL
            ELSE (SELECT max(id) FROM verdict WHERE monitor_key = $1) END
        WHERE monitor_key = $1 AND ended_at IS NULL
        """, key, Timestamp(milliseconds: endedAt), now, reason == .withdrawn, step.number)
    case .markIncident(let mark):
      try pipeline.add(
        """
        UPDATE incident SET marks = array_append(marks, $2)
        WHERE monitor_key = $1 AND ended_at IS NULL AND $2 <> ALL (marks)
        """, key, mark.rawValue)
    case .tell(let notice): try NoticeRow.add(notice, of: step, monitor: key, to: &pipeline)
    case .forgetVote(let region, let agent):
      try pipeline.add(
        "DELETE FROM vote WHERE monitor_key = $1 AND region = $2 AND agent_key = $3", key, region,
        agent)
    }
  }
}
