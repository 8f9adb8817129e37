import JSON

/// The form of notices, as `NoticeResource` writes them.
enum NoticeSchema {
  static let notice: Schema = Schema.told([
    "id": .id,
    "kind": .words(["began", "worsened", "changed", "ended", "flapping", "steady"]),
    "urgency": .words(NoticeResource.urgencies), "text": .text, "verdict": .verdicts,
    "domain": Schema.text.nullable, "at": .time, "created_at": .time,
    "incident": Schema.id.nullable, "monitor": .monitorName,
    "verdict_id": Schema.number64.nullable,
  ]).named("Notice")
}
