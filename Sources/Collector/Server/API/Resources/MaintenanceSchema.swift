import JSON
import Store

/// The forms of maintenances, as `MaintenanceDocument` reads and `MaintenanceResource` writes them.
enum MaintenanceSchema {
  private static let times: KeyValuePairs<String, Schema> = [
    "starts_at": Schema.time.described("Now where it is left out."),
    "ends_at": Schema.time.described("This or `duration_s`."),
    "duration_s": Schema.integer(MaintenanceWish.seconds).described("This or `ends_at`."),
    "monitors": Schema.array(of: .id, count: 1...MaintenanceWish.mostMonitors).with(
      "uniqueItems", true
    ).described("Their ids; this or `all_monitors`."),
    "all_monitors": Schema.bool.described("All, those that come later too."),
  ]

  static let change: Schema = Schema.sent(["title": .line(1...200)])
    .including(required: [], times).forbidding("ends_at", beside: "duration_s").named(
      "MaintenanceChange")

  static let new: Schema = Schema.sent(["title": .line(1...200)], required: ["title"])
    .including(required: [], times).forbidding("ends_at", beside: "duration_s").named(
      "NewMaintenance")

  static let maintenance: Schema = Schema.told([
    "id": .id, "title": .text,
    "state": .words(MaintenanceRecord.State.allCases.map(\.rawValue)), "starts_at": .time,
    "ends_at": .time, "all_monitors": .bool, "monitors": .array(of: .reference),
    "created_at": .time, "updated_at": .time,
  ]).named("Maintenance")

  static let examples: [(name: String, body: JSONValue)] = [
    ("for an hour", ["title": "a new database", "duration_s": 3600, "all_monitors": true])
  ]
}
