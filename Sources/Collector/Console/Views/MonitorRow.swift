import JSON
import Pages

/// A monitor in a list, from the API's form of it.
struct MonitorRow {
  let monitor: JSONValue
  let now: Int64

  func write(into writer: inout MarkupWriter) {
    let state = StateWords.monitor(monitor["state"]?.stringValue ?? "")
    writer.raw("<li><span>")
    writer.shown(state)
    writer.raw("</span><div><p class=\"name\"><a href=\"/monitors/")
    writer.text(monitor["id"]?.stringValue ?? "")
    writer.raw("\">")
    writer.isolated(monitor["name"]?.stringValue ?? "")
    writer.raw("</a>")
    for tag in monitor["tags"]?.elements ?? [] {
      writer.raw(" <span class=\"tag\">")
      writer.isolated(tag.stringValue ?? "")
      writer.raw("</span>")
    }
    writer.raw("</p><p class=\"q\">")
    writer.isolated(Self.target(of: monitor["check"] ?? .null))
    if monitor["in_maintenance"]?.boolValue == true { writer.raw(" \u{b7} in maintenance") }
    writer.raw("</p></div><div class=\"end\">")
    writer.text((monitor["check"]?["kind"]?.stringValue ?? "").uppercased())
    writer.raw(" \u{b7} every ")
    writer.text(DurationWords.text(seconds: monitor["interval_s"]?.integerValue ?? 0))
    if let since = monitor["state_since"]?.stringValue.flatMap(Instant.milliseconds) {
      writer.raw("<br>for ")
      writer.age(of: since, at: now)
    }
    writer.raw("</div></li>\n")
  }

  /// What a check asks, in short.
  static func target(of check: JSONValue) -> String {
    if let url = check["url"]?.stringValue { return url }
    if let host = check["host"]?.stringValue {
      guard let port = check["port"]?.integerValue else { return host }
      return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
    guard let name = check["name"]?.stringValue else { return "" }
    return "\(check["type"]?.stringValue ?? "A") \(name)"
  }
}
