import JSON

/// The forms that many resources share.
extension Schema {
  static let id = Schema.format("uuid").example("0b6c8f5e-6a3c-4a43-9a0e-4c6f2d1b7e55")
  /// RFC 3339; the API tells times in UTC.
  static let time = Schema.format("date-time").example("2026-01-31T12:00:00Z")
  /// A number of the store that callers take for a word.
  static let number64 = Schema.string(1...20, pattern: "^[0-9]+$").example("4711")
  /// Lower-case words such as the names of regions.
  static let word = Schema.string(1...64, pattern: "^[a-z0-9._-]+$")
  static let region = word.example("eu-west")
  /// A text of one line: no control characters.
  static func line(_ bytes: ClosedRange<Int>) -> Schema {
    .string(bytes, pattern: "^[^\\u0000-\\u001f\\u007f]*$")
  }
  static let microseconds = Schema.count.described("µs")

  /// A thing by its id and its name.
  static let reference: Schema = .told(["id": .id, "name": .text])
  /// An agent by its id and its name; `null` where it is another organization's.
  static let agentName: Schema = reference.named("AgentName").nullable
  static let monitorName: Schema = Schema.told([
    "id": .id, "name": .text, "target": .text.described("What is probed, in short."),
  ]).named("MonitorName")

  static let verdicts = Schema.words(["up", "degraded", "partial", "regional", "down", "unknown"])
  static let severity = Schema.words(["down", "partial", "regional", "unknown"])
  static let voteKind = Schema.words(["up", "degraded", "attributable", "ambiguous", "unknown"])
  static let failureClass = Schema.words([
    "dns", "timeout", "connect", "tls", "protocol", "status", "content", "agent", "unreachable",
    "other",
  ])

  /// One page of a list.
  static func page(of item: Schema) -> Schema {
    .told([
      "items": .array(of: item, count: 0...PageRequest.maxLimit),
      "next_cursor": Schema.text.nullable.described(
        "Hand it back as `cursor` for the next page; `null` on the last."),
    ])
  }
}
