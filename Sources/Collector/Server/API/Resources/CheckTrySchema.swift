import JSON
import Quorum
import Store

/// The forms of checks that are tried, as `TryDraft` reads and `CheckResource` writes them.
enum CheckTrySchema {
  static let new: Schema = Schema.sent(
    [
      "check": CheckSchema.check,
      "timeout_ms": Schema.integer(
        Int64(TryDraft.timeoutRange.lowerBound)...Int64(TryDraft.timeoutRange.upperBound)
      ).byDefault(10_000),
      "regions": Schema.array(of: .region, count: 1...Policy.mostRegions).nullable.with(
        "uniqueItems", true
      ).described("From where; `null` is all there are."),
    ], required: ["check"]
  ).named("NewCheckTry")

  static let examples: [(name: String, body: JSONValue)] = [
    ("everywhere", ["check": ["kind": "http", "url": "https://example.org/"]]),
    (
      "two regions",
      [
        "check": ["kind": "tcp", "host": "mail.example.org", "port": 25, "start_tls": "smtp"],
        "timeout_ms": 5_000, "regions": ["eu-west", "us-east"],
      ]
    ),
  ]

  static let checkTry: Schema = Schema.told([
    "id": .id,
    "state": Schema.words(["running", "done"]).described(
      "`done` once every region has an answer, at the latest at `expires_at`."),
    "check": CheckSchema.check, "timeout_ms": .count, "asked_at": .time, "expires_at": .time,
    "regions": .array(of: region),
  ]).named("CheckTry")

  /// What a region's answer has, in this order; see `TryAnswer`.
  static let answerMembers = [
    "outcome", "reason", "reason_text", "detail", "status", "address", "certificate_days",
    "phases_ms", "attempts",
  ]

  private static let region: Schema = Schema.told([
    "region": .text,
    "agent": Schema.id.nullable.described("Who is asked; `null` where no agent is live."),
    "outcome": Schema.words(["up", "degraded", "down", "unknown"]).nullable.described(
      "`null` while it is awaited, as all that follows; `unknown` where nothing was learned about the "
        + "target."),
    "reason": Schema.text.nullable.example("tcp.refused"), "reason_text": Schema.text.nullable,
    "detail": Schema.text.nullable,
    "status": Schema.count.nullable.described("The status of HTTP and of gRPC, the code of DNS."),
    "address": Schema.text.nullable.example("192.0.2.1"),
    "certificate_days": Schema.integer(-2_147_483_648...2_147_483_647).nullable,
    "phases_ms": phases.nullable,
    "attempts": Schema.array(of: .text).nullable.described(
      "Addresses that were tried and redirects that were followed, a line each."),
  ]).named("CheckTryRegion")

  private static let phases: Schema = Schema.told([
    "dns": Schema.number.nullable, "connect": Schema.number.nullable,
    "tls": Schema.number.nullable, "first_byte": Schema.number.nullable,
    "total": Schema.number,
  ]).described("When each ended, counted from the probe's start.").named("PhasesInMs")
}
