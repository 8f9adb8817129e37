import JSON
import Postgres
import Quorum

/// A verdict with its place in the chain.
struct SealedVerdict {
  var verdict: StoredVerdict
  var digest: [UInt8]

  func add(_ input: DecisionInput, to pipeline: inout Pipeline) throws(PostgresError) {
    try pipeline.add(
      """
      INSERT INTO verdict (
        monitor_key, organization_id, epoch, started_at, decided_at, verdict, policy, tally, votes,
        engine, log_first, log_last, previous_digest, digest)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
      """, verdict.monitorKey, input.organizationID, verdict.epoch,
      Timestamp(milliseconds: verdict.startedAt), Timestamp(milliseconds: verdict.decidedAt),
      verdict.verdict, JSONText(verdict.policy.text), JSONText(verdict.tally.text),
      JSONText(verdict.votes.text), verdict.engine, verdict.logFirst, verdict.logLast,
      verdict.previousDigest, digest)
  }
}

/// What the decisions of one batch write beside what their directives ask for: the states, the log,
/// the events taken.
struct DecisionRows {
  private var keys: [Int64] = []
  private var states: [JSONText] = []
  private var heads: [LogHead] = []
  private var taken: [Int64] = []
  private var steps: [StepRow] = []

  /// Takes one decision in and returns the verdicts of each of its steps. Throws, and is as it was,
  /// where something of it has no JSON form.
  mutating func take(
    _ output: DecisionOutput, _ input: DecisionInput
  ) throws -> [[SealedVerdict]] {
    var head = output.log
    let state = try Tree.of(output.state)
    var steps: [StepRow] = []
    var verdicts: [[SealedVerdict]] = []
    for step in output.steps {
      let after = step.after == output.state ? state : try Tree.of(step.after)
      steps.append(try StepRow(step, giving: after, input))
      verdicts.append(try Self.seal(step, &head, input))
    }
    self.steps += steps
    keys.append(input.claim.monitorKey)
    states.append(JSONText(state.text))
    heads.append(head)
    taken += input.waiting.map(\.id)
    return verdicts
  }

  private static func seal(
    _ step: TakenStep, _ head: inout LogHead, _ input: DecisionInput
  ) throws -> [SealedVerdict] {
    var sealed: [SealedVerdict] = []
    for directive in step.directives {
      guard case .recordVerdict(let record) = directive else { continue }
      let verdict = try StoredVerdict(
        record, monitorKey: input.claim.monitorKey, agents: input.agents,
        engine: EngineVersion.current, logFirst: step.snapshot, logLast: step.number,
        previousDigest: head.verdictDigest)
      let digest = try verdict.digest()
      head.verdictDigest = digest
      sealed.append(SealedVerdict(verdict: verdict, digest: digest))
    }
    return sealed
  }

  func add(to pipeline: inout Pipeline) throws(PostgresError) {
    guard !keys.isEmpty else { return }
    try pipeline.add(
      """
      UPDATE quorum_state AS s SET state = n.state, log_number = n.log_number,
        log_snapshot = n.log_snapshot, log_engine = n.log_engine,
        verdict_digest = n.verdict_digest, updated_at = now()
      FROM unnest($1::int8[], $2::jsonb[], $3::int8[], $4::int8[], $5::int4[], $6::bytea[]) AS n (
        monitor_key, state, log_number, log_snapshot, log_engine, verdict_digest)
      WHERE s.monitor_key = n.monitor_key
      """, keys, states, heads.map(\.number), heads.map(\.snapshot), heads.map(\.engine),
      heads.map(\.verdictDigest))
    if !taken.isEmpty {
      try pipeline.add("UPDATE quorum_event SET stepped_at = now() WHERE id = ANY ($1)", taken)
    }
    try StepRow.add(steps, to: &pipeline)
  }
}

/// One row of `quorum_log`.
private struct StepRow {
  var monitorKey: Int64
  var organizationID: Int32
  var number: Int64
  var at: Timestamp
  var previousAt: Int64
  var digest: [UInt8]
  var event: JSONText
  var directives: JSONText?
  var before: JSONText?

  /// - Parameter after: the state that the step gave.
  init(_ step: TakenStep, giving after: JSONValue, _ input: DecisionInput) throws {
    let stored = try StoredStep(step, of: input.claim.monitorKey)
    monitorKey = input.claim.monitorKey
    organizationID = input.organizationID
    number = step.number
    at = Timestamp(milliseconds: step.event.at)
    previousAt = step.previousAt
    digest = try stored.digest(giving: step.directives, state: after)
    event = JSONText(stored.event.text)
    directives = try StoredStep.stored(step.directives).map { JSONText($0.text) }
    before = stored.before.map { JSONText($0.text) }
  }

  static func add(_ rows: [Self], to pipeline: inout Pipeline) throws(PostgresError) {
    guard !rows.isEmpty else { return }
    try pipeline.add(
      """
      INSERT INTO quorum_log (
        engine, monitor_key, organization_id, number, at, previous_at, digest, event, directives,
        before)
      SELECT $1, * FROM unnest(
        $2::int8[], $3::int4[], $4::int8[], $5::timestamptz[], $6::int8[], $7::bytea[],
        $8::jsonb[], $9::jsonb[], $10::jsonb[])
      """, EngineVersion.current, rows.map(\.monitorKey), rows.map(\.organizationID),
      rows.map(\.number), rows.map(\.at), rows.map(\.previousAt), rows.map(\.digest),
      rows.map(\.event), rows.map(\.directives), rows.map(\.before))
  }
}
