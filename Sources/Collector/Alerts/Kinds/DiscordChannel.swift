public import JSON
public import OpenSSL

/// Discord's webhooks (discord-api-docs: "Execute Webhook", "Embed Limits").
///
/// It waits for Discord's answer, since failures are silent otherwise, and lets no text mention
/// anybody.
public struct DiscordChannel: ChannelKind {
  public let name = "discord"
  public let title = "Discord"
  public let summary = "Posts to a Discord channel through a webhook."
  // An embed has 6,000 characters in all.
  public let limits = ChannelLimits(
    title: TextLimit(256, .utf16), body: TextLimit(4096, .utf16), field: TextLimit(600, .utf16),
    burst: 5, messagesPerSecond: 0.5, joins: true)
  public let settings: [ChannelSetting] = [
    ChannelSetting(
      "url", .url(["https"]), required: true, secret: true,
      example: "https://discord.com/api/webhooks/1234/abcd", "The webhook's address."),
    ChannelSetting(
      "thread_id", .token(1...32), example: "1100000000000000000",
      "The number of a thread to post to, if not to the channel itself."),
  ]

  public init() {}

  public func judge(_ settings: ChannelSettings, in reader: inout ObjectReader) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    if !settings.text("thread_id").utf8.allSatisfy({ digits ~= $0 }) {
      reader.note(reader.child("thread_id"), "must be a number")
    }
  }

  public func request(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest {
    var embed: JSONObject = JSONObject()
    embed["title"] = .string(limits.title.clip(message.title, for: .discord))
    embed["color"] = .integer(ChannelColor(message).number)
    embed["timestamp"] = .string(CalendarTime(milliseconds: message.now).internet)
    embed["url"] = message.link.map { .string($0) }
    if message.isDigest {
      let lines = message.entries.map { "• " + limits.field.clip($0, for: .discord) }
      embed["description"] = .string(limits.body.join(lines, more: message.more))
    }
    let fields = message.fields.map { field -> JSONValue in
      let value =
        field.isCode
        ? "`\(limits.field.clip(Self.plain(field.value)))`"
        : limits.field.clip(field.value, for: .discord)
      return ["name": .string(field.name), "value": .string(value)]
    }
    if !fields.isEmpty { embed["fields"] = .array(fields) }
    var url = settings.text("url")
    url += (url.contains("?") ? "&" : "?") + "wait=true"
    if let thread = settings.textIfAny("thread_id") { url += "&thread_id=\(thread)" }
    return .http(
      OutgoingHTTP(
        post: [
          "username": "Upblit", "allowed_mentions": ["parse": []], "embeds": [.object(embed)],
        ], to: url))
  }

  /// `text` without what would end a span of code: by scalars, for a combining mark behind it hides one.
  private static func plain(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { plain.append(scalar == "`" ? "'" : scalar) }
    return String(plain)
  }

  /// Discord names the time to wait in the body too, with fractions.
  public func meaning(of answer: HTTPAnswer, now: Int64) -> DeliveryOutcome {
    let usual = answer.usualOutcome(now: now)
    guard case .retry(let words, nil) = usual else { return usual }
    switch answer.json?["retry_after"] {
    case .integer(let seconds):
      return .retry(words, afterSeconds: HTTPAnswer.bounded(Int(clamping: seconds)))
    case .number(let seconds):
      let whole = Int(exactly: min(max(0, seconds), 86_400).rounded(.up)) ?? 0
      return .retry(words, afterSeconds: whole)
    default: return usual
    }
  }
}
