public import JSON
import Pages

/// The agents that probe for the organization.
public struct AgentListView: Sendable {
  public var frame: ConsoleFrame
  /// A page as `GET /api/v1/agents` answers.
  public var page: JSONValue

  public init(frame: ConsoleFrame, page: JSONValue) {
    self.frame = frame
    self.page = page
  }

  public func bytes() -> [UInt8] {
    frame.document(title: "Agents") { writer in
      writer.heading("Agents") { writer in
        guard frame.viewer?.may("agents:write") == true else { return }
        writer.raw("<a class=\"act main\" href=\"/agents/new\">Enrol an agent</a>")
      }
      writer.raw("<div id=\"live\" data-live=\"\">\n")
      let order = ["silent", "live", "new", "revoked"]
      let agents = order.flatMap { state in
        (page["items"]?.elements ?? []).filter { $0["state"]?.stringValue == state }
      }
      if agents.isEmpty {
        writer.raw("<p class=\"none\">There is no agent yet: nothing is probed.</p>\n")
      } else {
        writer.raw("<ul class=\"rows\">\n")
        for agent in agents { AgentRow(agent: agent, now: frame.now).write(into: &writer) }
        writer.raw("</ul>\n")
      }
      writer.more("/agents", query: [], next: page["next_cursor"]?.stringValue)
      writer.raw("</div>\n")
    }
  }
}
