import Model
import Postgres
import Quorum

/// What one step owes to the store.
struct DecisionOutput {
  var state: MonitorState
  var directives: [Directive]
  /// Collector time, ms.
  var wakeAt: Int64?
  /// What is to be told of agents once the rest is written.
  var contradictions: [Contradiction] = []

  /// Writes everything in one exchange that ends in COMMIT.
  func write(_ input: DecisionInput, _ connection: Connection) throws {
    let key = input.claim.monitorKey
    let stateText = try StoredVerdict.json(state)
    let verdicts = try directives.map { directive -> StoredVerdict? in
      if case .recordVerdict(let record) = directive {
        return try StoredVerdict(record, agents: input.agents)
      }
      return nil
    }
    try connection.pipeline(commits: true) { pipeline throws(PostgresError) in
      try pipeline.add(
        "UPDATE quorum_state SET state = $2, updated_at = now() WHERE monitor_key = $1", key,
        stateText)
      if !input.waiting.isEmpty {
        try pipeline.add(
          "UPDATE quorum_event SET stepped_at = now() WHERE id = ANY ($1)",
          input.waiting.map(\.id))
      }
      for (directive, verdict) in zip(directives, verdicts) {
        try add(directive, verdict, input, &pipeline)
      }
      try addDue(input, &pipeline)
      try pipeline.add("COMMIT")
    }
  }

  /// One directive, one place; none is decided upon again here.
  private func add(
    _ directive: Directive, _ verdict: StoredVerdict?, _ input: DecisionInput,
    _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    let key = input.claim.monitorKey
    let now = Timestamp(milliseconds: state.steppedAt)
    switch directive {
    case .askProbes(let ask): try add(ask, input, &pipeline)
    case .recordVerdict(let record):
      guard let verdict else { return }
      try pipeline.add(
        """
        INSERT INTO verdict (
          monitor_key, organization_id, epoch, started_at, decided_at, verdict, policy, tally, votes)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """, key, input.organizationID, record.epoch, Timestamp(milliseconds: record.startedAt),
        Timestamp(milliseconds: record.decidedAt), record.verdict.rawValue, verdict.policy,
        verdict.tally, verdict.votes)
    case .openIncident(let severity, let startedAt):
      try pipeline.add(
        """
        INSERT INTO incident (
          organization_id, monitor_key, opening_verdict, started_at, decided_at, severity)
        SELECT $2, $1, max(id), $3, $4, $5 FROM verdict WHERE monitor_key = $1
        """, key, input.organizationID, Timestamp(milliseconds: startedAt), now, severity.rawValue)
    case .changeSeverity(let severity):
      try pipeline.add(
        "UPDATE incident SET severity = $2 WHERE monitor_key = $1 AND ended_at IS NULL", key,
        severity.rawValue)
    case .closeIncident(let endedAt, let reason):
      try pipeline.add(
        """
        UPDATE incident SET ended_at = greatest(started_at, $2), recovered_at = $3,
          closing_verdict = CASE WHEN $4 THEN NULL
            ELSE (SELECT max(id) FROM verdict WHERE monitor_key = $1) END
        WHERE monitor_key = $1 AND ended_at IS NULL
        """, key, Timestamp(milliseconds: endedAt), now, reason == .withdrawn)
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
