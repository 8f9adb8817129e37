public import JSON
public import OpenSSL

/// An Apprise API server, which passes messages on to more than a hundred services (caronc/apprise-api:
/// "API Details").
public struct AppriseChannel: ChannelKind {
  public let name = "apprise"
  public let title = "Apprise"
  public let summary = "Hands messages to an Apprise API server, which knows most other services."
  public let limits = ChannelLimits(
    title: TextLimit(250, .characters), body: TextLimit(10_000, .bytes),
    field: TextLimit(1000, .characters), burst: 5, messagesPerSecond: 1, joins: true)
  public let settings: [ChannelSetting] = [
    ChannelSetting(
      "url", .url(["https", "http"]), required: true, example: "http://apprise.internal:8000",
      "The server's address, without /notify."),
    ChannelSetting(
      "key", .token(1...128), secret: true, example: "team-a",
      "The key of a configuration that is kept there; or give urls."),
    ChannelSetting(
      "urls", .list(.text(3...2048), most: 20), secret: true,
      example: ["gotify://gotify.internal/token"],
      "Apprise's addresses of whom to tell; or give key."),
    ChannelSetting(
      "tag", .text(1...200), example: "oncall", "Which of the configuration's addresses are told."),
  ]

  public init() {}

  public func judge(_ settings: ChannelSettings, in reader: inout ObjectReader) {
    if settings.text("url").contains("?") {
      reader.note(reader.child("url"), "must not have a query")
    }
    let others = Set("-_".utf8)
    let isKey = settings.text("key").utf8.allSatisfy {
      let letter = Character(Unicode.Scalar($0))
      return letter.isLetter || letter.isNumber || others.contains($0)
    }
    if !isKey { reader.note(reader.child("key"), "must be letters, digits, - and _") }
    if (settings["key"] == nil) == settings.texts("urls").isEmpty {
      reader.note(
        reader.child("key"), "is required if there are no urls, and forbidden beside them")
    }
    if settings["tag"] != nil, settings["key"] == nil {
      reader.note(reader.child("tag"), "means nothing without a key")
    }
  }

  public func request(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest {
    var lines = message.lines.map { limits.field.clip($0) }
    if lines.isEmpty { lines = [message.title] }
    var body = JSONObject()
    body["title"] = .string(limits.title.clip(message.title))
    body["body"] = .string(
      limits.body.join(lines, more: message.more) + (message.link.map { "\n\n\($0)" } ?? ""))
    body["type"] = .string(Self.type(message))
    body["format"] = "text"
    let key = settings.textIfAny("key")
    if key == nil { body["urls"] = .strings(settings.texts("urls")) }
    body["tag"] = settings["tag"]
    let path = key.map { "notify/\($0)" } ?? "notify"
    return .http(
      OutgoingHTTP(post: .object(body), to: OutgoingHTTP.address(settings.text("url"), path)))
  }

  /// 204 says that nobody was told, 424 that somebody was not: neither is a success.
  public func meaning(of answer: HTTPAnswer, now: Int64) -> DeliveryOutcome {
    switch answer.status {
    case 204: .refused("status 204: nobody is configured to be told", disables: false)
    case 424: .retry(answer.words, afterSeconds: nil)
    default: answer.usualOutcome(now: now)
    }
  }

  private static func type(_ message: AlertMessage) -> String {
    switch ChannelColor(message) {
    case .bad: "failure"
    case .warning: "warning"
    case .good: "success"
    case .known: "info"
    }
  }
}
