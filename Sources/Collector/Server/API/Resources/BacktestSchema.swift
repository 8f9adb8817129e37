import JSON

/// The forms of backtests, as `BacktestResource` reads and `BacktestDocument` writes them.
enum BacktestSchema {
  static let wish: Schema = Schema.sent(
    [
      "policy": Schema.policy,
      "since": Schema.time.nullable.described("30 days before `until` where it is left out."),
      "until": Schema.time.nullable.described("Now where it is left out."),
    ], required: ["policy"]
  ).named("NewBacktest")

  static let report: Schema = Schema.told([
    "monitor": .id, "policy": Schema.policy, "present_policy": Schema.policy, "since": .time,
    "until": .time, "covered_from": Schema.time.nullable, "covered_to": Schema.time.nullable,
    "summary": .text, "logged": figures, "tested": figures,
    "control": figures.including(["agrees": .bool]), "outages": .array(of: outage),
    "steps": .count, "steps_assumed": .count,
    "questions": .told(["asked": .count, "logged": .count, "assumed": .count]),
    "engine": .count, "logged_engines": .array(of: .count), "cut": Schema.text.nullable,
    "limits": .array(of: .text),
  ]).named("Backtest")

  private static let figures: Schema = .told([
    "pages": .count, "notifications": .count, "down": .count, "partial": .count,
    "regional": .count, "unknown": .count,
  ])

  private static let outage: Schema = .told([
    "logged": incident.nullable, "tested": incident.nullable,
    "later_ms": Schema.integer(-9_007_199_254_740_991...9_007_199_254_740_991).nullable,
  ])

  private static let incident: Schema = Schema.told([
    "severity": .severity, "started_at": Schema.time.nullable, "decided_at": Schema.time.nullable,
    "ended_at": Schema.time.nullable, "paged_at": Schema.time.nullable,
  ]).named("TestedIncident")
}
