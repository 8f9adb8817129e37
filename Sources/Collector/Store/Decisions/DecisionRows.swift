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

/// What a decision writes beside what its directives ask for: the state, the log, the events taken.
struct DecisionRows {
  /// The verdicts of each step.
  private(set) var verdicts: [[SealedVerdict]] = []
  private var log: LogHead
  private let state: JSONText
  private var numbers: [Int64] = []
  private var times: [Timestamp] = []
  private var previousTimes: [Int64] = []
  private var digests: [[UInt8]] = []
  private var events: [JSONText] = []
  private var directives: [JSONText?] = []
  private var states: [JSONText?] = []

  init(_ output: DecisionOutput, _ input: DecisionInput) throws {
    log = output.log
    state = JSONText(try Tree.of(output.state).text)
    for step in output.steps { try take(step, input) }
  }

  private mutating func take(_ step: TakenStep, _ input: DecisionInput) throws {
    let stored = try StoredStep(step, of: input.claim.monitorKey)
    numbers.append(step.number)
    times.append(Timestamp(milliseconds: step.event.at))
    previousTimes.append(step.previousAt)
    digests.append(try stored.digest(giving: step.directives, state: step.after))
    events.append(JSONText(stored.event.text))
    directives.append(try StoredStep.stored(step.directives).map { JSONText($0.text) })
    states.append(stored.before.map { JSONText($0.text) })
    var sealed: [SealedVerdict] = []
    for directive in step.directives {
      guard case .recordVerdict(let record) = directive else { continue }
      let verdict = try StoredVerdict(
        record, monitorKey: input.claim.monitorKey, agents: input.agents,
        engine: EngineVersion.current, logFirst: step.snapshot, logLast: step.number,
        previousDigest: log.verdictDigest)
      let digest = try verdict.digest()
      log.verdictDigest = digest
      sealed.append(SealedVerdict(verdict: verdict, digest: digest))
    }
    verdicts.append(sealed)
  }

  func add(_ input: DecisionInput, to pipeline: inout Pipeline) throws(PostgresError) {
    let key = input.claim.monitorKey
    try pipeline.add(
      """
      UPDATE quorum_state SET state = $2, log_number = $3, log_snapshot = $4, log_engine = $5,
        verdict_digest = $6, updated_at = now()
      WHERE monitor_key = $1
      """, key, state, log.number, log.snapshot, log.engine, log.verdictDigest)
    if !input.waiting.isEmpty {
      try pipeline.add(
        "UPDATE quorum_event SET stepped_at = now() WHERE id = ANY ($1)",
        input.waiting.map(\.id))
    }
    guard !numbers.isEmpty else { return }
    try pipeline.add(
      """
      INSERT INTO quorum_log (
        monitor_key, organization_id, engine, number, at, previous_at, digest, event, directives,
        before)
      SELECT $1, $2, $3, * FROM unnest(
        $4::int8[], $5::timestamptz[], $6::int8[], $7::bytea[], $8::jsonb[], $9::jsonb[],
        $10::jsonb[])
      """, key, input.organizationID, EngineVersion.current, numbers, times, previousTimes,
      digests, events, directives, states)
  }
}
