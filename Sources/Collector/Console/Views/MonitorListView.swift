public import JSON
import Pages

/// The organization's monitors, found by state and text.
public struct MonitorListView: Sendable {
  public var frame: ConsoleFrame
  /// A page as `GET /api/v1/monitors` answers.
  public var page: JSONValue
  public var state: String
  public var words: String
  /// What was done before the page was shown, in one sentence.
  public var notice: String?

  public init(
    frame: ConsoleFrame, page: JSONValue, state: String, words: String, notice: String? = nil
  ) {
    self.frame = frame
    self.page = page
    self.state = state
    self.words = words
    self.notice = notice
  }

  public func bytes() -> [UInt8] {
    frame.document(title: "Monitors") { writer in
      writer.heading("Monitors") { writer in
        guard frame.viewer?.may("monitors:write") == true else { return }
        writer.raw("<a class=\"act main\" href=\"/monitors/new\">New monitor</a>")
      }
      if let notice {
        writer.raw("<p class=\"card\" role=\"status\">")
        writer.text(notice)
        writer.raw("</p>\n")
      }
      find(&writer)
      let monitors = page["items"]?.elements ?? []
      writer.raw("<div id=\"live\" data-live=\"\">\n")
      if monitors.isEmpty {
        writer.raw("<p class=\"none\">")
        writer.raw(
          state.isEmpty && words.isEmpty ? "There is no monitor yet." : "No monitor is like that.")
        writer.raw("</p>\n")
      } else {
        writer.raw("<ul class=\"rows\">\n")
        for monitor in monitors {
          MonitorRow(monitor: monitor, now: frame.now).write(into: &writer)
        }
        writer.raw("</ul>\n")
      }
      writer.more(
        "/monitors", query: [("state", state), ("q", words)],
        next: page["next_cursor"]?.stringValue)
      writer.raw("</div>\n")
    }
  }

  private func find(_ writer: inout MarkupWriter) {
    writer.raw("<form method=\"get\" action=\"/monitors\" class=\"find\" role=\"search\">")
    Field(name: "q", label: "Name or target", value: words).write(into: &writer)
    Field(
      name: "state", label: "State",
      kind: .choice([("", "Any")] + StateWords.all.map { ($0, StateWords.monitor($0).words) }),
      value: state
    ).write(into: &writer)
    writer.raw("<button>Find</button></form>\n")
  }
}
