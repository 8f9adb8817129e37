import JSON
import Store

/// The forms of incidents and of all that hangs on them.
enum IncidentSchema {
  static let incident: Schema = plain.named("Incident")

  /// One incident with everything that explains it.
  static let whole: Schema = plain.including([
    "members": Schema.array(of: member).described("Other incidents of the same cause."),
    "verdicts": .array(of: VerdictSchema.verdict), "evidence": .array(of: evidence),
    "notices": .array(of: NoticeSchema.notice),
    "notes": Schema.array(of: note).described("What people said of it, oldest first."),
  ]).named("IncidentWithEvidence")

  private static let plain: Schema = .told([
    "id": .id, "monitor": .monitorName, "severity": .severity, "open": .bool, "started_at": .time,
    "decided_at": .time, "ended_at": Schema.time.nullable, "recovered_at": Schema.time.nullable,
    "opening_verdict": .number64, "closing_verdict": Schema.number64.nullable,
    "ended_by": Schema.words(["recovered", "seeing_again", "withdrawn"]).nullable,
    "cause": cause.nullable, "marks": .array(of: .text),
    "acknowledged_at": Schema.time.nullable.described("When somebody said that they know."),
    "resolved_at": Schema.time.nullable.described(
      "When somebody said that it is over, while no verdict can."),
  ])

  static let note: Schema = Schema.told([
    "id": .number64, "at": .time, "kind": .words(IncidentNotes.Kind.allCases.map(\.rawValue)),
    "status": Schema.words(IncidentNotes.Status.allCases.map(\.rawValue)).nullable.described(
      "Of an update, which is for the public."),
    "text": Schema.text.nullable, "by": by,
  ]).named("IncidentNote")

  /// Who did something, as the audit log names them.
  private static let by: Schema = Schema.told([
    "kind": .words(AuditActor.Kind.allCases.map(\.rawValue)), "id": Schema.id.nullable,
    "label": .text,
  ]).named("Actor")

  private static let cause: Schema = Schema.told([
    "id": .id,
    "kind": Schema.words(["many", "parent", "blind"]).described(
      "`many` at once, behind a `parent` that is down, or the agents are `blind`."),
    "lead": .reference, "started_at": .time, "ended_at": Schema.time.nullable, "members": .count,
  ]).named("Cause")

  private static let member: Schema = Schema.told([
    "id": .id, "monitor": .monitorName, "severity": .severity, "open": .bool, "started_at": .time,
    "ended_at": Schema.time.nullable,
  ]).named("IncidentOfCause")

  private static let evidence: Schema = {
    let text = Schema.text.nullable
    return Schema.told([
      "verdict": Schema.number64.nullable, "monitor": .id, "agent": .agentName, "region": .text,
      "started_at": .time, "outcome": Schema.voteKind.nullable, "reason": text,
      "reason_text": text, "status": Schema.count.nullable, "address": text, "presence": text,
      "headers": text, "body_excerpt": text,
      "body_excerpt_base64": text.with("contentEncoding", "base64"), "resolver": text,
      "attempts": text, "traceroute": text,
    ]).described(
      "What an agent saw. A target chose most of these texts: whoever shows them must escape them."
    ).named("Evidence")
  }()

  static let step: Schema = Schema.told([
    "number": .count, "at": .time, "kind": .text, "region": Schema.text.nullable,
    "agent": .agentName, "edge": Schema.text.nullable, "vote": Schema.text.nullable,
    "started_at": Schema.time.nullable, "evidence": VerdictSchema.brief.nullable,
    "request": .anything, "round": round.nullable, "distrusted": Schema.text.nullable,
    "asked": .array(
      of: .told(["round": round, "purpose": .text, "regions": .array(of: .text)])),
  ]).named("Step")

  private static let round: Schema = Schema.told([
    "episode": .count, "round": .count,
  ]).named("Round")

  static let replay: Schema = Schema.told([
    "identical": .bool, "steps": .count, "verdicts": .count, "first_step": Schema.count.nullable,
    "last_step": Schema.count.nullable, "engine": .count,
    "stored_engines": .array(of: .count), "cut": .bool, "digest": Schema.text.nullable,
    "verdict_digest": Schema.text.nullable,
    "differences": .array(
      of: .told([
        "place": .told([
          "kind": .words(["step", "verdict", "incident"]), "id": Schema.number64.nullable,
        ]), "at": Schema.time.nullable, "what": .text, "stored": .anything, "replayed": .anything,
      ])),
  ]).named("Replay")
}
