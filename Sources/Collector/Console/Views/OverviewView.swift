public import JSON
import Pages

/// How everything stands: what is wrong now, worst first, then the rest.
public struct OverviewView: Sendable {
  public var frame: ConsoleFrame
  /// As `GET /api/v1/status` answers.
  public var status: JSONValue
  /// Monitors in any order; the page sorts them.
  public var monitors: [JSONValue]
  /// Agents that are assigned something and not heard; empty of who may not see them.
  public var silentAgents: [JSONValue]
  /// The path of the public page; `nil` where there is none.
  public var page: String?

  public init(
    frame: ConsoleFrame, status: JSONValue, monitors: [JSONValue], silentAgents: [JSONValue]
  ) {
    self.frame = frame
    self.status = status
    self.monitors = monitors
    self.silentAgents = silentAgents
  }

  /// States that somebody should know of.
  private static let wrong = ["down", "partial", "regional", "unknown", "degraded"]

  public func bytes() -> [UInt8] {
    frame.document(title: "Overview") { writer in
      writer.raw("<div id=\"live\" data-live=\"\">\n")
      banner(&writer)
      counts(&writer)
      incidents(&writer)
      agents(&writer)
      list(&writer)
      writer.raw("</div>\n")
    }
  }

  private func count(_ state: String) -> Int64 { status["monitors"]?[state]?.integerValue ?? 0 }
  private var total: Int64 { count("total") }

  private func banner(_ writer: inout MarkupWriter) {
    let worst = Self.wrong.first { count($0) > 0 }
    let shown: StateWords.Shown
    if let worst {
      let state = StateWords.monitor(worst)
      let rest = Self.wrong.reduce(0) { $0 + count($1) } - count(worst)
      var words = "\(Words.count(count(worst), "monitor is", "monitors are")) "
      words += state.words.lowercased()
      if rest > 0 { words += ", \(rest) more \(rest == 1 ? "is" : "are") not well" }
      shown = .init(state: state.state, words: words)
    } else if total == 0 {
      shown = .init(state: .noData, words: "Nothing is watched yet")
    } else if count("up") == 0 {
      shown = .init(state: .noData, words: "Nothing is known yet")
    } else {
      shown = .init(
        state: .up,
        words: total == 1
          ? "The one monitor is up"
          : count("up") == total
            ? "All \(total) monitors are up"
            : "All that is watched is up: \(Words.count(count("up"), "monitor", "monitors"))")
    }
    writer.raw("<div class=\"banner n-")
    writer.raw(StateIcon.letter(shown.state))
    writer.raw("\"><span class=\"")
    writer.raw(StateIcon.letter(shown.state))
    writer.raw("\">")
    writer.icon(shown.state)
    writer.raw("</span><div><h1 data-say>")
    writer.text(shown.words)
    writer.raw("</h1><p>As of ")
    writer.time(frame.now)
    writer.raw("</p></div></div>\n")
  }

  private func counts(_ writer: inout MarkupWriter) {
    writer.raw("<ul class=\"counts\">")
    for state in StateWords.all where count(state) > 0 {
      writer.raw("<li><a href=\"/monitors?state=")
      writer.text(state)
      writer.raw("\"><b>")
      writer.number(count(state))
      writer.raw("</b> ")
      writer.text(StateWords.monitor(state).words.lowercased())
      writer.raw("</a></li>")
    }
    let agents = status["agents"]
    writer.raw("<li><a href=\"/agents\"><b>")
    writer.number(agents?["live"]?.integerValue ?? 0)
    writer.raw("</b> of <b>")
    writer.number(agents?["total"]?.integerValue ?? 0)
    writer.raw("</b> agents live</a></li>")
    if let page {
      writer.raw("<li><a href=\"")
      writer.text(page)
      writer.raw("\">What the public sees</a></li>")
    }
    writer.raw("</ul>\n")
  }

  private func incidents(_ writer: inout MarkupWriter) {
    let open = status["open_incidents"]?.elements ?? []
    guard !open.isEmpty else { return }
    writer.raw("<h2>Open incidents</h2>\n<ul class=\"rows\">\n")
    let order = StateWords.all
    let sorted = open.sorted { one, other in
      let ranks = [one, other].map { order.firstIndex(of: $0["severity"]?.stringValue ?? "") ?? 9 }
      return ranks[0] < ranks[1]
    }
    for incident in sorted { IncidentRow(incident: incident, now: frame.now).write(into: &writer) }
    writer.raw("</ul>\n")
  }

  private func agents(_ writer: inout MarkupWriter) {
    guard !silentAgents.isEmpty else { return }
    writer.raw("<h2>Agents that are not heard</h2>\n<ul class=\"rows\">\n")
    for agent in silentAgents { AgentRow(agent: agent, now: frame.now).write(into: &writer) }
    writer.raw("</ul>\n")
  }

  private func list(_ writer: inout MarkupWriter) {
    writer.raw("<h2>Monitors</h2>\n")
    guard total > 0 else {
      writer.raw("<p class=\"none\">There is no monitor yet. ")
      if frame.viewer?.may("monitors:write") == true {
        writer.raw("<a href=\"/monitors/new\">Make the first one</a>; ")
      }
      writer.raw("<a href=\"/agents\">agents</a> in your regions will probe it.</p>\n")
      return
    }
    let order = StateWords.all
    // Those of one state stay in the order in which they were made.
    let sorted = order.flatMap { state in monitors.filter { $0["state"]?.stringValue == state } }
    writer.raw("<ul class=\"rows\">\n")
    for monitor in sorted { MonitorRow(monitor: monitor, now: frame.now).write(into: &writer) }
    writer.raw("</ul>\n")
    guard Int64(sorted.count) < total else { return }
    writer.raw("<p class=\"pages\"><a href=\"/monitors\">All ")
    writer.number(total)
    writer.raw(" monitors</a></p>\n")
  }
}
