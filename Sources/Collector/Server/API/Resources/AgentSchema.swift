import JSON

/// The forms of agents and of the tokens by which they enrol.
enum AgentSchema {
  static let agent: Schema = Schema.told([
    "id": .id, "name": .text, "region": .text, "provider": .text,
    "hostname": Schema.text.nullable.described("`null` of a shared agent, but for operators."),
    "software": .text, "shared": .bool, "state": .words(["live", "silent", "new", "revoked"]),
    "assigned": Schema.count.described("How many monitors it probes."), "trusted": .bool,
    "distrust": Schema.told(["reason": .text, "since": .time]).nullable, "live": live.nullable,
    "created_at": .time, "revoked_at": Schema.time.nullable,
  ]).named("Agent")

  private static let live: Schema = Schema.told([
    "seen_at": .time, "connected_since": .time, "failing": .count, "spool_bytes": .count,
    "dropped": .count, "loop_lag_ms": .count, "clock_steps": .count,
  ]).named("AgentLive")

  static let event: Schema = Schema.told([
    "id": .number64, "at": .time, "kind": .words(["distrusted", "trusted"]), "reason": .text,
    "text": .text,
  ]).named("AgentEvent")

  static let newToken: Schema = Schema.sent([
    "name": Schema.line(1...64).nullable.described("The name the agent is to have."),
    "region": Schema.region.nullable, "provider": Schema.word.nullable,
    "shared": Schema.bool.nullable.described(
      "Whether the agent is the installation's; only operators may. Their default is `true`."),
    "lifetime_s": Schema.integer(60...7 * 86_400).nullable.described("How long it may be used."),
  ]).named("NewEnrolmentToken")

  private static let plainToken: Schema = .told([
    "id": .id, "state": .words(["open", "used", "revoked", "expired"]), "shared": .bool,
    "name": Schema.text.nullable, "region": Schema.text.nullable, "provider": Schema.text.nullable,
    "created_at": .time, "expires_at": .time, "used_at": Schema.time.nullable,
    "revoked_at": Schema.time.nullable, "agent": Schema.id.nullable,
  ])

  static let token: Schema = plainToken.named("EnrolmentToken")

  /// The only form that holds the secret.
  static let madeToken: Schema = plainToken.including([
    "token": Schema.text.described("The secret; it is told here and never again."),
    "collector": Schema.text.described("Where the agent connects."),
    "pins": .array(of: .text), "command": Schema.text.described("What to run on its machine."),
  ]).named("MadeEnrolmentToken")
}
