public import JSON
import Pages

/// The organization's incidents, newest first.
public struct IncidentListView: Sendable {
  public var frame: ConsoleFrame
  /// A page as `GET /api/v1/incidents` answers.
  public var page: JSONValue
  public var state: String
  public var words: String

  public init(frame: ConsoleFrame, page: JSONValue, state: String, words: String) {
    self.frame = frame
    self.page = page
    self.state = state
    self.words = words
  }

  public func bytes() -> [UInt8] {
    frame.document(title: "Incidents") { writer in
      writer.heading("Incidents")
      writer.raw("<form method=\"get\" action=\"/incidents\" class=\"find\" role=\"search\">")
      Field(name: "q", label: "Monitor or target", value: words).write(into: &writer)
      Field(
        name: "state", label: "State",
        kind: .choice([("", "Any"), ("open", "Open"), ("closed", "Closed")]), value: state
      ).write(into: &writer)
      writer.raw("<button>Find</button></form>\n<div id=\"live\" data-live=\"\">\n")
      let incidents = page["items"]?.elements ?? []
      if incidents.isEmpty {
        writer.raw("<p class=\"none\">")
        writer.raw(
          state.isEmpty && words.isEmpty ? "Nothing has happened." : "No incident is like that.")
        writer.raw("</p>\n")
      } else {
        writer.raw("<ul class=\"rows\">\n")
        for incident in incidents {
          IncidentRow(incident: incident, now: frame.now).write(into: &writer)
        }
        writer.raw("</ul>\n")
      }
      writer.more(
        "/incidents", query: [("state", state), ("q", words)],
        next: page["next_cursor"]?.stringValue)
      writer.raw("</div>\n")
    }
  }
}
