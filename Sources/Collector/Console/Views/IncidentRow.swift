import JSON
import Pages

/// An incident in a list, from the API's form of it.
struct IncidentRow {
  let incident: JSONValue
  let now: Int64

  var isOpen: Bool { incident["open"]?.boolValue == true }
  var startedAt: Int64 {
    incident["started_at"]?.stringValue.flatMap(Instant.milliseconds) ?? now
  }
  var endedAt: Int64? { incident["ended_at"]?.stringValue.flatMap(Instant.milliseconds) }

  func write(into writer: inout MarkupWriter) {
    writer.raw("<li><span>")
    Self.state(of: incident, &writer)
    writer.raw("</span><div><p class=\"name\"><a href=\"/incidents/")
    writer.text(incident["id"]?.stringValue ?? "")
    writer.raw("\">")
    writer.isolated(incident["monitor"]?["name"]?.stringValue ?? "")
    writer.raw("</a></p><p class=\"q\">")
    writer.isolated(incident["monitor"]?["target"]?.stringValue ?? "")
    if let lead = incident["cause"]?["lead"]?["name"]?.stringValue {
      writer.raw(" \u{b7} together with ")
      writer.isolated(lead)
    }
    writer.raw("</p></div><div class=\"end\">")
    writer.raw(isOpen ? "for " : "lasted ")
    writer.text(Words.duration(startedAt, endedAt ?? now))
    writer.raw("<br>")
    if isOpen {
      writer.raw(incident["acknowledged_at"]?.isNull == false ? "acknowledged" : "not acknowledged")
    } else {
      writer.time(startedAt)
    }
    writer.raw("</div></li>\n")
  }

  /// What an open one is, and of a closed one that it is over and what it was.
  static func state(of incident: JSONValue, _ writer: inout MarkupWriter) {
    let severity = StateWords.monitor(incident["severity"]?.stringValue ?? "")
    guard incident["open"]?.boolValue != true else { return writer.shown(severity) }
    writer.shown(.init(state: .up, words: "Was \(severity.words.lowercased())"))
  }
}
