public import JSON
import Pages

/// Who hears of what: channels, routes, and what was told last.
public struct ChannelListView: Sendable {
  public var frame: ConsoleFrame
  /// A page as `GET /api/v1/channels` answers.
  public var page: JSONValue
  /// As `GET /api/v1/channel-kinds` answers.
  public var kinds: JSONValue
  public var routes: [JSONValue]
  /// The newest deliveries; `nil` for who may not see them.
  public var deliveries: [JSONValue]?
  /// What was done before the page was shown, in one sentence.
  public var notice: String?

  public init(
    frame: ConsoleFrame, page: JSONValue, kinds: JSONValue, routes: [JSONValue],
    deliveries: [JSONValue]?, notice: String? = nil
  ) {
    self.frame = frame
    self.page = page
    self.kinds = kinds
    self.routes = routes
    self.deliveries = deliveries
    self.notice = notice
  }

  private var channels: [JSONValue] { page["items"]?.elements ?? [] }

  public func bytes() -> [UInt8] {
    frame.document(title: "Channels") { writer in
      writer.heading("Channels") { writer in
        guard frame.viewer?.may("channels:write") == true else { return }
        writer.raw("<a class=\"act main\" href=\"/channels/new\">New channel</a>")
      }
      if let notice {
        writer.raw("<p class=\"card\" role=\"status\">")
        writer.text(notice)
        writer.raw("</p>\n")
      }
      writer.raw("<div id=\"live\" data-live=\"/channels\">\n")
      list(&writer)
      if !channels.isEmpty { routing(&writer) }
      if let deliveries, !channels.isEmpty || !deliveries.isEmpty {
        writer.raw("<h2>Told last</h2>\n")
        DeliveryList(deliveries: deliveries, frame: frame).write(into: &writer)
        if !deliveries.isEmpty {
          writer.raw("<p class=\"pages\"><a href=\"/channels/deliveries\">All deliveries</a></p>\n")
        }
      }
      writer.raw("</div>\n")
    }
  }

  private func list(_ writer: inout MarkupWriter) {
    guard !channels.isEmpty else {
      writer.raw("<p class=\"none\">Nobody is told of anything yet. ")
      if frame.viewer?.may("channels:write") == true {
        writer.raw("<a href=\"/channels/new\">Make the first channel</a>: ")
      }
      writer.raw("mail, a chat, a pager or a program of yours.</p>\n")
      return
    }
    let titles = Self.titles(kinds)
    writer.raw("<ul class=\"rows\">\n")
    for channel in channels { ChannelRow(channel: channel, titles: titles).write(into: &writer) }
    writer.raw("</ul>\n")
    writer.more("/channels", query: [], next: page["next_cursor"]?.stringValue)
  }

  static func titles(_ kinds: JSONValue) -> [String: String] {
    var titles: [String: String] = [:]
    for kind in kinds["items"]?.elements ?? [] {
      titles[kind["name"]?.stringValue ?? ""] = kind["title"]?.stringValue
    }
    return titles
  }

  private func routing(_ writer: inout MarkupWriter) {
    writer.raw("<h2>Routes</h2>\n")
    guard !routes.isEmpty else {
      writer.raw("<p class=\"none\">There are none: every channel is told of everything. ")
      writer.raw("<code>upblit route create --help</code> says how to tell fewer.</p>\n")
      return
    }
    var names: [String: String] = [:]
    for channel in channels {
      names[channel["id"]?.stringValue ?? ""] = channel["name"]?.stringValue
    }
    writer.raw("<div class=\"wrap\"><table class=\"stack\"><thead><tr><th scope=\"col\">Route</th>")
    writer.raw("<th scope=\"col\">Of what</th><th scope=\"col\">To whom</th>")
    writer.raw("<th scope=\"col\">When</th></tr></thead><tbody>\n")
    for route in routes { RouteRow(route: route, channels: names).write(into: &writer) }
    writer.raw("</tbody></table></div>\n")
  }
}

/// A route in a table, from the API's form of it.
struct RouteRow {
  let route: JSONValue
  /// The channels' names by their identifiers.
  let channels: [String: String]

  func write(into writer: inout MarkupWriter) {
    writer.raw("<tr><th scope=\"row\">")
    writer.isolated(route["name"]?.stringValue ?? "")
    writer.raw("</th><td>")
    list(matters, otherwise: "everything", &writer)
    writer.raw("</td><td>")
    list(
      texts("channels").map { channels[$0] ?? "a channel further on" }, otherwise: "nobody", &writer
    )
    writer.raw("</td><td>")
    list(moments, otherwise: "at once", &writer)
    writer.raw("</td></tr>\n")
  }

  private func texts(_ name: String) -> [String] {
    (route[name]?.elements ?? []).compactMap(\.stringValue)
  }

  private var matters: [String] {
    var matters: [String] = []
    let (tags, verdicts) = (texts("tags"), texts("verdicts"))
    let monitors = Int64(texts("monitors").count)
    if !tags.isEmpty { matters.append("tagged \(tags.joined(separator: " or "))") }
    if monitors > 0 { matters.append(Words.count(monitors, "monitor", "monitors")) }
    if !verdicts.isEmpty {
      matters.append(
        verdicts.map { StateWords.monitor($0).words.lowercased() }.joined(separator: " or "))
    }
    if route["least_urgency"]?.stringValue == "page" { matters.append("what pages") }
    return matters
  }

  private var moments: [String] {
    var moments: [String] = []
    if let delay = route["delay_s"]?.integerValue, delay > 0 {
      moments.append("after \(DurationWords.text(seconds: delay))")
    }
    if let every = route["remind_s"]?.integerValue {
      moments.append("again every \(DurationWords.text(seconds: every))")
    }
    if route["is_last"]?.boolValue == true { moments.append("and no route behind it") }
    return moments
  }

  private func list(_ texts: [String], otherwise: StaticString, _ writer: inout MarkupWriter) {
    if texts.isEmpty { writer.raw(otherwise) }
    for (index, text) in texts.enumerated() {
      if index > 0 { writer.raw(", ") }
      writer.isolated(text)
    }
  }
}
