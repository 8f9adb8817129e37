import JSON
import Pages

/// A delivery in a list, from the API's form of it: what was to be told, and what became of that.
struct DeliveryRow {
  let delivery: JSONValue
  let frame: ConsoleFrame
  /// Whether the list is of one channel, whose name it need not say.
  var isOfOneChannel = false

  private var state: String { delivery["state"]?.stringValue ?? "" }

  private func time(_ name: String) -> Int64? {
    delivery[name]?.stringValue.flatMap(Instant.milliseconds)
  }

  func write(into writer: inout MarkupWriter) {
    writer.raw("<li><span>")
    writer.shown(StateWords.delivery(state))
    writer.raw("</span><div><p class=\"name\"><a href=\"")
    if let incident = delivery["incident"]?.stringValue {
      writer.raw("/incidents/")
      writer.text(incident)
    } else {
      writer.raw("/monitors/")
      writer.text(delivery["monitor"]?["id"]?.stringValue ?? "")
    }
    writer.raw("\">")
    writer.isolated(delivery["text"]?.stringValue ?? "")
    writer.raw("</a>")
    if let event = Self.words(delivery["event"]?.stringValue ?? "") {
      writer.raw(" <span class=\"tag\">")
      writer.raw(event)
      writer.raw("</span>")
    }
    writer.raw("</p><p class=\"q\">")
    why(&writer)
    writer.raw("</p></div><div class=\"end\">")
    when(&writer)
    writer.raw("</div></li>\n")
  }

  /// What is more than the news itself.
  private static func words(_ event: String) -> StaticString? {
    switch event {
    case "reminder": "reminder"
    case "acknowledged": "acknowledged"
    case "handover": "goes on"
    case "repeat": "repeated"
    default: nil
    }
  }

  private func why(_ writer: inout MarkupWriter) {
    var isFirst = true
    func dot(_ writer: inout MarkupWriter) {
      if !isFirst { writer.raw(" \u{b7} ") }
      isFirst = false
    }
    if !isOfOneChannel {
      dot(&writer)
      writer.raw("<a href=\"/channels/")
      writer.text(delivery["channel"]?["id"]?.stringValue ?? "")
      writer.raw("\">")
      writer.isolated(delivery["channel"]?["name"]?.stringValue ?? "")
      writer.raw("</a>")
    }
    if let reason = delivery["reason"]?.stringValue, !reason.isEmpty {
      dot(&writer)
      writer.isolated(reason)
    }
    if let attempts = delivery["attempts"]?.integerValue, attempts > 1 {
      dot(&writer)
      writer.text("\(attempts) attempts")
    }
    if state == "pending", let next = time("next_at"), next > frame.now {
      dot(&writer)
      let isFirst = delivery["attempts"]?.integerValue == 0
      writer.text("\(isFirst ? "in" : "again in") \(Words.duration(frame.now, next))")
    }
  }

  private func when(_ writer: inout MarkupWriter) {
    if let at = time("sent_at") ?? time("due_at") ?? time("created_at") { writer.time(at) }
    guard state == "failed", frame.viewer?.may("channels:write") == true else { return }
    writer.raw("<br>")
    writer.form(
      "/channels/deliveries/\(delivery["id"]?.stringValue ?? "")/replay", frame,
      marks: " class=\"one\"")
    writer.hidden("channel", delivery["channel"]?["id"]?.stringValue ?? "")
    writer.raw("<button>Send again</button></form>")
  }
}

/// Deliveries as a list.
struct DeliveryList {
  let deliveries: [JSONValue]
  let frame: ConsoleFrame
  var isOfOneChannel = false

  func write(into writer: inout MarkupWriter) {
    guard !deliveries.isEmpty else {
      writer.raw("<p class=\"none\">Nothing was to be told yet.</p>\n")
      return
    }
    writer.raw("<ul class=\"rows told\">\n")
    for delivery in deliveries {
      DeliveryRow(delivery: delivery, frame: frame, isOfOneChannel: isOfOneChannel)
        .write(into: &writer)
    }
    writer.raw("</ul>\n")
  }
}
