import JSON
import Model
import Postgres
import Quorum
import Store

/// What people send of a route, and what they are told of one.
enum RouteDocument {
  static func readNew(_ reader: inout ObjectReader) -> RouteDraft? {
    for name in ["name", "channels"] { reader.require(name) }
    var draft = RouteDraft(name: "", channels: [])
    readChange(&reader, into: &draft)
    return draft
  }

  /// Takes over what is sent; mistakes are noted in `reader`.
  static func readChange(_ reader: inout ObjectReader, into draft: inout RouteDraft) {
    for name in [
      "name", "place", "tags", "monitors", "least_urgency", "verdicts", "channels", "delay_s",
      "is_last",
    ] where reader.isNull(name) {
      reader.note(reader.child(name), "must not be null")
    }
    if let name = ChannelDocument.name(&reader) { draft.name = name }
    if let place = reader.integer("place", in: RouteSchema.places) { draft.place = place }
    if let tags = tags(&reader) { draft.tags = tags }
    if let ids: [MonitorID] = ids("monitors", "a monitor's id", RouteSchema.mostMonitors, &reader) {
      draft.monitors = ids
    }
    if let word = reader.word("least_urgency", of: ["notify", "page"]) {
      draft.leastUrgency = word == "page" ? .page : .notify
    }
    if let verdicts = verdicts(&reader) { draft.verdicts = verdicts }
    if let ids: [ChannelID] = ids("channels", "a channel's id", RouteSchema.most, &reader) {
      draft.channels = ids
    }
    if let seconds = reader.integer("delay_s", in: RouteSchema.delays) {
      draft.delaySeconds = seconds
    }
    if reader.isNull("remind_s") { draft.reminderSeconds = nil }
    if let seconds = reader.integer("remind_s", in: RouteSchema.reminders) {
      draft.reminderSeconds = seconds
    }
    if let isLast = reader.bool("is_last") { draft.isLast = isLast }
  }

  private static func tags(_ reader: inout ObjectReader) -> [String]? {
    list("tags", MonitorDraft.mostTags, &reader) { word in
      MonitorDraft.isWord(word) ? word : nil
    } wanted: {
      "must be a word: lower-case letters, digits, hyphens, dots and underscores"
    }
  }

  private static func verdicts(_ reader: inout ObjectReader) -> [Verdict]? {
    list("verdicts", 6, &reader) {
      Verdict(rawValue: $0)
    } wanted: {
      "must be one of \(Schema.verdicts.json["enum"]?.elements.compactMap(\.stringValue).joined(separator: ", ") ?? "")"
    }
  }

  private static func ids<Kind>(
    _ name: String, _ wanted: String, _ most: Int, _ reader: inout ObjectReader
  ) -> [Identifier<Kind>]? {
    list(name, most, &reader) {
      Identifier<Kind>($0)
    } wanted: {
      "must be \(wanted)"
    }
  }

  /// Texts that each become a value, none twice.
  private static func list<Value: Hashable>(
    _ name: String, _ most: Int, _ reader: inout ObjectReader, _ parse: (String) -> Value?,
    wanted: () -> String
  ) -> [Value]? {
    guard let texts = reader.strings(name, count: most, bytes: 1...64) else { return nil }
    var values: [Value] = []
    for (index, text) in texts.enumerated() {
      let place = JSONPointer.child(String(index), of: reader.child(name))
      guard let value = parse(text) else {
        reader.note(place, wanted())
        continue
      }
      if values.contains(value) { reader.note(place, "is there twice") }
      values.append(value)
    }
    return values
  }

  static func json(_ record: RouteRecord) -> JSONValue {
    let draft = record.draft
    return [
      "id": .string(record.id.description), "name": .string(draft.name),
      "place": .integer(Int64(draft.place)), "tags": .strings(draft.tags),
      "monitors": .strings(draft.monitors.map(\.description)),
      "least_urgency": .string(draft.leastUrgency.rawValue),
      "verdicts": .strings(draft.verdicts.map(\.rawValue)),
      "channels": .strings(draft.channels.map(\.description)),
      "delay_s": .integer(Int64(draft.delaySeconds)),
      "remind_s": .optional(draft.reminderSeconds.map(Int64.init)),
      "is_last": .bool(draft.isLast), "created_at": .string(record.createdAt.description),
      "updated_at": .string(record.updatedAt.description),
    ]
  }
}
