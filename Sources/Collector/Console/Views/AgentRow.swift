import JSON
import Pages

/// An agent in a list, from the API's form of it.
struct AgentRow {
  let agent: JSONValue
  let now: Int64

  func write(into writer: inout MarkupWriter) {
    writer.raw("<li><span>")
    writer.shown(StateWords.agent(agent["state"]?.stringValue ?? ""))
    writer.raw("</span><div><p class=\"name\">")
    writer.isolated(agent["name"]?.stringValue ?? "")
    if agent["shared"]?.boolValue == true { writer.raw(" <span class=\"tag\">shared</span>") }
    writer.raw("</p><p class=\"q\">")
    writer.isolated(agent["region"]?.stringValue ?? "")
    for name in ["provider", "hostname", "software"] {
      guard let text = agent[name]?.stringValue, !text.isEmpty else { continue }
      writer.raw(" \u{b7} ")
      writer.isolated(text)
    }
    if agent["trusted"]?.boolValue == false {
      writer.raw(" \u{b7} <strong>not trusted</strong>: ")
      writer.isolated(agent["distrust"]?["reason"]?.stringValue ?? "")
    }
    writer.raw("</p></div><div class=\"end\">")
    writer.text(Words.count(agent["assigned"]?.integerValue ?? 0, "monitor", "monitors"))
    writer.raw("<br>")
    if let seen = agent["live"]?["seen_at"]?.stringValue.flatMap(Instant.milliseconds) {
      writer.raw("heard ")
      writer.age(of: seen, at: now)
      writer.raw(" ago")
    } else {
      writer.raw("never heard")
    }
    writer.raw("</div></li>\n")
  }
}
