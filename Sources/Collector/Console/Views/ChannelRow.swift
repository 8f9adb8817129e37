import JSON
import Pages

/// A channel in a list, from the API's form of it.
struct ChannelRow {
  let channel: JSONValue
  /// The kinds' names for people, by those of the API.
  let titles: [String: String]

  func write(into writer: inout MarkupWriter) {
    writer.raw("<li><span>")
    writer.shown(Self.state(of: channel))
    writer.raw("</span><div><p class=\"name\"><a href=\"/channels/")
    writer.text(channel["id"]?.stringValue ?? "")
    writer.raw("\">")
    writer.isolated(channel["name"]?.stringValue ?? "")
    writer.raw("</a></p><p class=\"q\">")
    writer.isolated(Self.place(of: channel))
    if let reason = channel["disabled_reason"]?.stringValue, Self.isOff(channel) {
      if !Self.place(of: channel).isEmpty { writer.raw(" \u{b7} ") }
      writer.isolated(reason)
    }
    writer.raw("</p></div><div class=\"end\">")
    let kind = channel["kind"]?.stringValue ?? ""
    writer.text(titles[kind] ?? kind)
    writer.raw("</div></li>\n")
  }

  static func isOff(_ channel: JSONValue) -> Bool { channel["enabled"]?.boolValue == false }

  /// One that the collector itself switched off is somebody's matter.
  static func state(of channel: JSONValue) -> StateWords.Shown {
    guard isOff(channel) else { return .init(state: .up, words: "On") }
    return channel["disabled_reason"]?.stringValue == nil
      ? .init(state: .noData, words: "Off") : .init(state: .down, words: "Switched off")
  }

  /// Where it leads, as far as that is no secret.
  static func place(of channel: JSONValue) -> String {
    let settings = channel["settings"]
    for name in ["to", "url", "chat_id", "topic", "server", "host"] {
      let text = ChannelForm.text(settings?[name] ?? .null).replacing("\n", with: ", ")
      if !text.isEmpty { return text }
    }
    return ""
  }
}
