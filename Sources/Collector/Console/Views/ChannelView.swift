public import JSON
import Pages

/// One channel: where it leads, whether a test arrives, and what it was told.
public struct ChannelView: Sendable {
  public var frame: ConsoleFrame
  /// As `GET /api/v1/channels/{id}` answers.
  public var channel: JSONValue
  public var form: ChannelForm
  /// The newest deliveries; `nil` for who may not see them.
  public var deliveries: [JSONValue]?
  /// As `POST /api/v1/channels/{id}/test` answers.
  public var test: JSONValue?
  /// Why it could not be tried or changed, in one sentence.
  public var refusal: String?

  public init(
    frame: ConsoleFrame, channel: JSONValue, form: ChannelForm, deliveries: [JSONValue]?,
    test: JSONValue? = nil, refusal: String? = nil
  ) {
    self.frame = frame
    self.channel = channel
    self.form = form
    self.deliveries = deliveries
    self.test = test
    self.refusal = refusal
  }

  private var path: String { "/channels/\(channel["id"]?.stringValue ?? "")" }
  private var name: String { channel["name"]?.stringValue ?? "" }

  public func bytes() -> [UInt8] {
    frame.document(title: name) { writer in
      writer.raw("<div class=\"head\"><h1>")
      writer.isolated(name)
      writer.raw("</h1><div class=\"acts\">")
      actions(&writer)
      writer.raw("</div></div>\n")
      if let refusal {
        var errors = FormErrors()
        errors.add(refusal)
        writer.summary(errors, labels: [])
      }
      if let test { ChannelTestBlock(test: test).write(into: &writer) }
      facts(&writer)
      guard let deliveries else { return }
      writer.raw("<h2>Told last</h2>\n<div id=\"live\" data-live=\"")
      writer.text(path)
      writer.raw("\">\n")
      DeliveryList(deliveries: deliveries, frame: frame, isOfOneChannel: true).write(into: &writer)
      if !deliveries.isEmpty {
        writer.raw("<p class=\"pages\"><a href=\"/channels/deliveries?channel=")
        writer.text(channel["id"]?.stringValue ?? "")
        writer.raw("\">All its deliveries</a></p>\n")
      }
      writer.raw("</div>\n")
    }
  }

  private func actions(_ writer: inout MarkupWriter) {
    guard frame.viewer?.may("channels:write") == true else { return }
    writer.button("Send a test", path + "/test", frame, marks: " class=\"main\"")
    writer.raw("<a class=\"act\" href=\"")
    writer.text(path)
    writer.raw("/edit\">Change</a>")
    if ChannelRow.isOff(channel) {
      writer.button("Switch on", path + "/on", frame)
    } else {
      writer.button("Switch off", path + "/off", frame)
    }
    writer.raw("<a class=\"act bad\" href=\"")
    writer.text(path)
    writer.raw("/delete\">Delete</a>")
  }

  private func facts(_ writer: inout MarkupWriter) {
    writer.raw("<div class=\"card\"><dl class=\"facts\"><dt>State</dt><dd>")
    writer.shown(ChannelRow.state(of: channel))
    if ChannelRow.isOff(channel), let reason = channel["disabled_reason"]?.stringValue {
      writer.raw(" <span class=\"q\">")
      writer.isolated(reason)
      writer.raw("</span>")
    }
    writer.raw("</dd><dt>Kind</dt><dd>")
    writer.text(form.title)
    writer.raw("</dd>\n")
    let secrets = Set((channel["secrets"]?.elements ?? []).compactMap(\.stringValue))
    for setting in form.settings {
      let text = ChannelForm.text(channel["settings"]?[setting.name] ?? .null)
      guard !text.isEmpty || secrets.contains(setting.name) else { continue }
      writer.raw("<dt>")
      writer.text(ChannelForm.label(setting))
      writer.raw("</dt><dd>")
      if setting.isSecret {
        writer.raw("<span class=\"q\">kept secret</span>")
      } else {
        writer.isolated(text.replacing("\n", with: ", "))
      }
      writer.raw("</dd>\n")
    }
    writer.raw("</dl></div>\n")
  }
}

/// What came of trying a channel.
struct ChannelTestBlock {
  let test: JSONValue

  func write(into writer: inout MarkupWriter) {
    let isDelivered = test["delivered"]?.boolValue == true
    let isHalf = !isDelivered && test["down"]?["outcome"] == "delivered"
    let state: ComponentState = isDelivered ? .up : isHalf ? .degraded : .down
    writer.raw("<div class=\"banner n-")
    writer.raw(StateIcon.letter(state))
    writer.raw("\" role=\"status\"><span class=\"")
    writer.raw(StateIcon.letter(state))
    writer.raw("\">")
    writer.icon(state)
    writer.raw("</span><div><h2>")
    writer.raw(
      isDelivered
        ? "The test was taken"
        : isHalf ? "The outage was taken, its end was not" : "The test was not taken")
    writer.raw("</h2>")
    step("A fake outage", test["down"], &writer)
    step("Its end", test["recovery"], &writer)
    writer.raw("</div></div>\n")
  }

  private func step(_ words: StaticString, _ step: JSONValue?, _ writer: inout MarkupWriter) {
    guard let step, !step.isNull else { return }
    writer.raw("<p>")
    writer.raw(words)
    writer.raw(": ")
    switch step["outcome"]?.stringValue ?? "" {
    case "delivered": writer.raw("taken")
    case "retry": writer.raw("not taken now, may be later")
    default: writer.raw("refused")
    }
    writer.text(", after \(step["took_ms"]?.integerValue ?? 0) ms")
    if let answer = step["answer"]?.stringValue, !answer.isEmpty {
      writer.raw(" \u{b7} ")
      writer.isolated(answer)
    }
    writer.raw("</p>")
  }
}
