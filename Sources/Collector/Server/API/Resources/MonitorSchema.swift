import JSON
import Model
import Quorum
import Store

/// The forms of monitors, as `MonitorDraft` reads and `MonitorResource` writes them.
enum MonitorSchema {
  private static let members: KeyValuePairs<String, Schema> = [
    "interval_s": Schema.integer(5...86_400).byDefault(60).described("Seconds between two probes."),
    "timeout_ms": Schema.integer(100...86_400_000).byDefault(10_000).described(
      "Never above the interval; of an interval below 10 s the default is the interval."),
    "regions": Schema.array(of: .region, count: 1...Policy.mostRegions).nullable.with(
      "uniqueItems", true
    ).described("The regions that vote; `null` is all there are."),
    "policy": Schema.policy.nullable.described("`null` takes the organization's."),
    "parent": Schema.id.nullable.described(
      "The monitor without which this one can't be up, such as the gateway before it."),
    "paused": Schema.bool.byDefault(false).described("Whether it is not probed."),
    "tags": Schema.array(of: .word, count: 0...MonitorDraft.mostTags).with("uniqueItems", true)
      .byDefault([]).described("Words of your own to find it by."),
  ]

  /// What a list of monitors may be narrowed to.
  static let filters: [Parameter] = [
    .query("state", Schema.words(StatusResource.states), "Only those that stand so."),
    .query("kind", Schema.words(CheckKind.allCases.map(\.word)), "Only checks of this kind."),
    .query("tag", .word, "Only those that bear it."), .search,
    .query("paused", .bool, "Only paused ones, or only the others."),
  ]

  static let change: Schema = Schema.sent([
    "name": Schema.line(1...200), "check": CheckSchema.check,
  ]).including(required: [], members).named("MonitorChange")

  static let new: Schema = Schema.sent(
    ["name": Schema.line(1...200), "check": CheckSchema.check], required: ["name", "check"]
  ).including(required: [], members).named("NewMonitor")

  static let monitor: Schema = Schema.told([
    "id": .id, "name": .text,
    "state": Schema.words(StatusResource.states).described(
      "The verdict, `pending` before there is one."),
    "state_since": Schema.time.nullable, "in_maintenance": .bool, "check": CheckSchema.told,
    "interval_s": .count, "timeout_ms": .count,
    "regions": Schema.array(of: .text).nullable, "policy": Schema.policy.nullable,
    "effective_policy": Schema.policy, "warnings": .array(of: warning),
    "parent": Schema.id.nullable, "paused": .bool, "tags": .array(of: .text),
    "epoch": Schema.count.described("Counts up whenever its question changes."),
    "created_at": .time, "updated_at": .time,
  ]).named("Monitor")

  /// Who was asked to probe it at once.
  static let run: Schema = Schema.told([
    "asked_at": .time,
    "probes": .array(of: .told(["id": .id, "agent": .id, "region": .text])),
  ]).named("MonitorRun")

  private static let warning: Schema = Schema.told([
    "pointer": Schema.text.described("Which member it is about (RFC 6901)."), "detail": .text,
    "unknown": Schema.bool.described("Whether the verdict is unknown for that."),
  ]).named("MonitorWarning")

  static let examples: [(name: String, body: JSONValue)] = [
    (
      "web", ["name": "web", "check": ["kind": "http", "url": "https://example.org/"]]
    ),
    (
      "mail",
      [
        "name": "mail", "interval_s": 120, "regions": ["eu-west", "us-east", "ap-south"],
        "check": ["kind": "tcp", "host": "mail.example.org", "port": 25, "start_tls": "smtp"],
        "policy": ["kind": "n_of_m", "n": 2],
      ]
    ),
  ]
}
