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

  init(from claim: DecisionInput.Claim) {
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

  /// Writes everything in one exchange that ends in COMMIT.
  func write(_ input: DecisionInput, _ connection: Connection) throws {
    let rows = try DecisionRows(self, input)
    try connection.pipeline(commits: true) { pipeline throws(PostgresError) in
      try rows.add(input, to: &pipeline)
      for (step, verdicts) in zip(steps, rows.verdicts) {
        var verdicts = verdicts[...]
        for directive in step.directives {
          try add(directive, of: step, &verdicts, input, &pipeline)
        }
      }
      try addDue(input, &pipeline)
      try pipeline.add("COMMIT")
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
    case .askProbes(let ask): try add(ask, input, &pipeline)
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
        "UPDATE incident SET severity = $2 WHERE monitor_key = $1 AND ended_at IS NULL", key,
        severity.rawValue)
    case .closeIncident(let endedAt, let reason):
      try pipeline.add(
        """
        UPDATE incident SET ended_at = greatest(started_at, $2), recovered_at = $3, log_last = $5,
          closing_verdict = CASE WHEN $4 THEN NULL
            ELSE (SELECT max(id) FROM verdict WHERE monitor_key = $1) END
        WHERE monitor_key = $1 AND ended_at IS NULL
        """, key, Timestamp(milliseconds: endedAt), now, reason == .withdrawn, step.number)
    // Marks and notices have no place in the store yet.
    case .markIncident, .tell: break
    case .forgetVote(let region, let agent):
      try pipeline.add(
        "DELETE FROM vote WHERE monitor_key = $1 AND region = $2 AND agent_key = $3", key, region,
        agent)
    }
  }

  private func add(
    _ ask: Ask, _ input: DecisionInput, _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    guard !ask.voters.isEmpty else { return }
    let agents = ask.voters.map(\.agent)
    try pipeline.add(
      """
      INSERT INTO probe_request (
        id, organization_id, monitor_key, agent_key, slot, episode, round, asked_at, deadline_ms)
      SELECT id, $3, $4, agent_key, $5, $6, $7, $8, $9
      FROM unnest($1::uuid[], $2::int4[]) AS asked (id, agent_key)
      """, agents.map { _ in ProbeRequestID.random() }, agents, input.organizationID,
      input.claim.monitorKey, input.slot, Int64(ask.id.episode), ask.id.round,
      Timestamp(milliseconds: state.steppedAt), Int32(clamping: ask.deadlineMs))
    try pipeline.add(
      "SELECT pg_notify($1, agent::text) FROM unnest($2::int4[]) AS agent",
      StoreChannel.probe.rawValue, agents)
  }

  /// Sets the next look, unless somebody wished for an earlier one meanwhile.
  private func addDue(
    _ input: DecisionInput, _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    let next = input.hasMore ? state.steppedAt : wakeAt
    try pipeline.add(
      """
      UPDATE monitor_due SET due_at = CASE WHEN due_at = $2 THEN coalesce($3, 'infinity')
        ELSE least(due_at, coalesce($3, 'infinity')) END
      WHERE monitor_key = $1
      """, input.claim.monitorKey, input.claim.dueAt,
      next.map { Timestamp(milliseconds: $0) })
  }
}
