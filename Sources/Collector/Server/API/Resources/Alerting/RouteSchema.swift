import JSON
import Model
import Store

/// The forms of routes, as `RouteDocument` reads and writes them.
enum RouteSchema {
  static let most = 50
  static let mostMonitors = 200
  static let places: ClosedRange<Int32> = 0...1_000_000
  static let delays: ClosedRange<Int32> = 0...86_400
  static let reminders: ClosedRange<Int32> = 300...604_800

  private static let fields: KeyValuePairs<String, Schema> = [
    "name": ChannelSchema.name,
    "place": Schema.integer(Int64(places.lowerBound)...Int64(places.upperBound)).byDefault(0)
      .described("Routes are read in this order."),
    "tags": unique(.word, MonitorDraft.mostTags).described(
      "Of monitors that have one of these, or are named; without either: of all."),
    "monitors": unique(.id, mostMonitors).described("Monitors' ids."),
    "least_urgency": Schema.words(["notify", "page"]).byDefault("notify").described(
      "`page`: only what must wake somebody."),
    "verdicts": unique(.verdicts, 6).described("What it is about; empty: anything."),
    "channels": unique(.id, most).described("Channels' ids; with none, nobody is told."),
    "delay_s": Schema.integer(Int64(delays.lowerBound)...Int64(delays.upperBound)).byDefault(0)
      .described("What ended within so many seconds is not told."),
    "remind_s": Schema.integer(Int64(reminders.lowerBound)...Int64(reminders.upperBound)).nullable
      .described("After how many seconds people are told again, until somebody acknowledges."),
    "is_last": Schema.bool.byDefault(false).described(
      "Whether routes after it are not read for what fits it."),
  ]

  static let new: Schema = Schema.sent([:]).including(required: ["name", "channels"], fields)
    .named("NewRoute")
  static let change: Schema = Schema.sent([:]).including(required: [], fields).named("RouteChange")

  static let route: Schema = Schema.told([
    "id": .id, "name": .text, "place": .count, "tags": .array(of: .text),
    "monitors": .array(of: .id), "least_urgency": .words(["notify", "page"]),
    "verdicts": .array(of: .verdicts), "channels": .array(of: .id), "delay_s": .count,
    "remind_s": Schema.count.nullable, "is_last": .bool, "created_at": .time, "updated_at": .time,
  ]).named("Route")

  static let examples: [(name: String, body: JSONValue)] = [
    (
      "at night",
      [
        "name": "night shift", "channels": [], "tags": ["shop"], "least_urgency": "page",
        "delay_s": 120, "remind_s": 1800,
      ]
    )
  ]

  private static func unique(_ element: Schema, _ most: Int) -> Schema {
    Schema.array(of: element, count: 0...most).with("uniqueItems", true)
  }
}
