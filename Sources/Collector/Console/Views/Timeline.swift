import JSON
import Pages

/// What happened in an incident, oldest first: its verdicts, what people said, and its end.
struct Timeline {
  let incident: JSONValue

  private struct Entry {
    var at: Int64
    var state: ComponentState
    var title: String
    var by: String?
    var text: String?
  }

  private var entries: [Entry] {
    var entries: [Entry] = []
    func add(_ name: String, _ state: ComponentState, _ title: String) {
      guard let at = incident[name]?.stringValue.flatMap(Instant.milliseconds) else { return }
      entries.append(Entry(at: at, state: state, title: title))
    }
    add("started_at", .degraded, "The first probe failed")
    for verdict in incident["verdicts"]?.elements ?? [] {
      guard let at = verdict["decided_at"]?.stringValue.flatMap(Instant.milliseconds) else {
        continue
      }
      let shown = StateWords.monitor(verdict["verdict"]?.stringValue ?? "")
      entries.append(
        Entry(at: at, state: shown.state, title: "Verdict: \(shown.words.lowercased())"))
    }
    add("ended_at", .up, "The target answered again")
    for note in incident["notes"]?.elements ?? [] {
      guard let at = note["at"]?.stringValue.flatMap(Instant.milliseconds) else { continue }
      entries.append(
        Entry(
          at: at, state: .maintenance, title: Self.title(of: note),
          by: note["by"]?["label"]?.stringValue, text: note["text"]?.stringValue))
    }
    // What came at one moment stays in the order in which it is told.
    return entries.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
      .map(\.element)
  }

  private static func title(of note: JSONValue) -> String {
    switch note["kind"]?.stringValue ?? "" {
    case "acknowledged", "acknowledge": return "Acknowledged"
    case "comment": return "Note"
    case "update": return "Public update: \(note["status"]?.stringValue ?? "")"
    case "resolved", "resolve", "resolution": return "Said to be over"
    case let kind: return kind
    }
  }

  func write(into writer: inout MarkupWriter) {
    writer.raw("<ol class=\"line\">\n")
    for entry in entries {
      writer.raw("<li class=\"")
      writer.raw(StateIcon.letter(entry.state))
      writer.raw("\">")
      writer.icon(entry.state)
      writer.raw("<h3>")
      writer.text(entry.title)
      writer.raw("</h3><p class=\"q\">")
      writer.time(entry.at)
      if let by = entry.by {
        writer.raw(" \u{b7} ")
        writer.isolated(by)
      }
      writer.raw("</p>")
      if let text = entry.text, !text.isEmpty {
        writer.raw("<p class=\"body\" dir=\"auto\">")
        writer.text(text)
        writer.raw("</p>")
      }
      writer.raw("</li>\n")
    }
    writer.raw("</ol>\n")
  }
}
