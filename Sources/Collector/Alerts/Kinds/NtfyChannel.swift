public import JSON
public import OpenSSL
import Quorum

/// ntfy, ntfy.sh's or anybody's (docs.ntfy.sh/publish: "Publish as JSON").
public struct NtfyChannel: ChannelKind {
  public let name = "ntfy"
  public let title = "ntfy"
  public let summary = "Pushes to phones and desktops through ntfy."
  public let limits = ChannelLimits(
    title: TextLimit(250, .bytes), body: TextLimit(3500, .bytes), field: TextLimit(500, .bytes),
    burst: 60, messagesPerSecond: 0.2, joins: true)
  public let settings: [ChannelSetting] = [
    ChannelSetting(
      "url", .url(["https", "http"]), standard: "https://ntfy.sh", example: "https://ntfy.sh",
      "The ntfy server."),
    ChannelSetting(
      "topic", .token(1...64), required: true, secret: true, example: "upblit-7Qh2",
      "The topic: whoever knows it can read it."),
    ChannelSetting(
      "token", .token(1...256), secret: true, example: "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2",
      "An access token, if the server wants one."),
  ]

  public init() {}

  public func judge(_ settings: ChannelSettings, in reader: inout ObjectReader) {
    let others = Set("-_".utf8)
    let isTopic = settings.text("topic").utf8.allSatisfy {
      let letter = Character(Unicode.Scalar($0))
      return letter.isLetter || letter.isNumber || others.contains($0)
    }
    if !isTopic { reader.note(reader.child("topic"), "must be letters, digits, - and _") }
    if settings.text("url").contains("?") {
      reader.note(reader.child("url"), "must not have a query")
    }
  }

  public func request(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest {
    let lines = message.lines.map { limits.field.clip($0) }
    let text = limits.body.join(lines, more: message.more)
    var body = JSONObject()
    body["topic"] = .string(settings.text("topic"))
    body["title"] = .string(limits.title.clip(message.title))
    // An empty message would be replaced by a word of ntfy's own.
    body["message"] = .string(text.isEmpty ? limits.title.clip(message.title) : text)
    body["priority"] = .integer(Self.priority(message))
    body["tags"] = [.string(Self.tag(message))]
    // Both would count twice towards what a message may have.
    if let link = message.link, link.utf8.count <= 250 {
      body["click"] = .string(link)
      body["actions"] = [
        ["action": "view", "label": .string(ChannelWords.open), "url": .string(link)]
      ]
    }
    let token = settings.textIfAny("token").map { [OutgoingHTTP.Header.bearer($0)] } ?? []
    return .http(
      OutgoingHTTP(
        post: .object(body), to: OutgoingHTTP.address(settings.text("url"), ""), headers: token))
  }

  /// 5 makes a phone ring through its silence; 3 is usual.
  private static func priority(_ message: AlertMessage) -> Int64 {
    if message.lead.event.isOver { return 3 }
    if case .acknowledged = message.lead.event { return 2 }
    return message.urgency == .page ? 5 : 4
  }

  private static func tag(_ message: AlertMessage) -> String {
    switch ChannelColor(message) {
    case .bad: "red_circle"
    case .warning: "orange_circle"
    case .good: "green_circle"
    case .known: "large_blue_circle"
    }
  }
}
