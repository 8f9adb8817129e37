import JSON

/// The form of verdicts, as `VerdictResource` and `BallotDocument` write them.
enum VerdictSchema {
  static let verdict: Schema = Schema.told([
    "id": .number64, "monitor": .id, "epoch": .count, "verdict": .verdicts, "started_at": .time,
    "decided_at": .time, "policy": Schema.policy, "tally": tally, "votes": .array(of: vote),
    "engine": Schema.count.nullable, "log_first": Schema.count.nullable,
    "log_last": Schema.count.nullable, "previous_digest": Schema.text.nullable,
    "digest": Schema.text.nullable,
  ]).named("Verdict")

  /// The tally of a release may have members that another's has not.
  private static let tally = Schema.dictionary(of: .anything).described(
    "The count: `assigned`, `voting`, `down`, `up`, `required`, `allowed_up` and others."
  ).example(["assigned": 3, "voting": 3, "down": 3, "up": 0, "required": 2, "allowed_up": 0])
    .named("Tally")

  private static let vote: Schema = Schema.told([
    "region": Schema.text.nullable, "agent": .agentName, "domain": Schema.text.nullable,
    "vote": Schema.text.nullable, "counted": .bool, "why_not": Schema.text.nullable,
    "reason": Schema.text.nullable, "weight": Schema.count.nullable, "must_fail": .bool,
    "age_ms": Schema.integer(-9_007_199_254_740_991...9_007_199_254_740_991).nullable,
    "started_at": Schema.time.nullable, "failing_since": Schema.time.nullable,
    "round": Schema.count.nullable, "request": .anything, "trust": Schema.text.nullable,
    "evidence": brief.nullable,
  ]).named("Vote")

  /// What a vote rests on, in short.
  static let brief: Schema = Schema.told([
    "failure_class": Schema.failureClass.nullable, "reason": Schema.text.nullable,
    "reason_text": Schema.text.nullable, "address": Schema.text.nullable,
    "curl_code": Schema.count.nullable, "status": Schema.count.nullable,
    "dns_us": Schema.microseconds.nullable, "connect_us": Schema.microseconds.nullable,
    "tls_us": Schema.microseconds.nullable, "first_byte_us": Schema.microseconds.nullable,
    "total_us": Schema.microseconds.nullable, "detail": Schema.text.nullable,
  ]).named("EvidenceOfVote")
}
