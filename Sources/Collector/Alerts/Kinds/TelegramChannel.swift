public import JSON
public import OpenSSL

/// Telegram's Bot API (core.telegram.org/bots/api: "sendMessage", "HTML style", "ResponseParameters").
public struct TelegramChannel: ChannelKind {
  public let name = "telegram"
  public let title = "Telegram"
  public let summary = "Sends messages to a Telegram chat by a bot."
  public let limits = ChannelLimits(
    title: TextLimit(500, .utf16), body: TextLimit(3400, .utf16), field: TextLimit(800, .utf16),
    burst: 1, messagesPerSecond: 0.33, joins: true)
  public let settings: [ChannelSetting] = [
    ChannelSetting(
      "token", .token(20...100), required: true, secret: true,
      example: "123456789:AAExampleExampleExampleExample", "The bot's token, from @BotFather."),
    ChannelSetting(
      "chat_id", .token(1...64), required: true, example: "-1001234567890",
      "The chat's number, or @ and the public name of a channel."),
    ChannelSetting(
      "thread_id", .integer(1...Int64.max), example: 7, "The topic in a group that has topics."),
    ChannelSetting(
      "api_url", .url(["https", "http"]), standard: "https://api.telegram.org",
      example: "https://api.telegram.org", "Another Bot API server than Telegram's own."),
  ]

  public init() {}

  public func judge(_ settings: ChannelSettings, in reader: inout ObjectReader) {
    let parts = settings.text("token").split(separator: ":", omittingEmptySubsequences: false)
    let others = Set("-_".utf8)
    let isToken =
      parts.count == 2 && parts[0].utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      && parts[1].utf8.allSatisfy {
        let letter = Character(Unicode.Scalar($0))
        return letter.isLetter || letter.isNumber || others.contains($0)
      }
    if !isToken {
      reader.note(reader.child("token"), "must be a bot's token: a number, : and a key")
    }
    if settings.text("api_url").contains("?") {
      reader.note(reader.child("api_url"), "must not have a query")
    }
  }

  public func request(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest {
    let title = limits.title.clip(message.title, for: .html)
    let fields = message.fields.map { field in
      let value = limits.field.clip(field.value, for: .html)
      return "\(field.name): " + (field.isCode ? "<code>\(value)</code>" : value)
    }
    let entries =
      message.isDigest ? message.entries.map { "• " + limits.field.clip($0, for: .html) } : []
    var text = "\(ChannelColor(message).symbol) <b>\(title)</b>"
    text += "\n" + limits.body.join(fields + entries, more: message.more)
    if let link = message.link, link.utf8.count <= 150 {
      text += "\n<a href=\"\(TextPlace.html.escape(link))\">\(ChannelWords.open)</a>"
    }
    var body = JSONObject()
    body["chat_id"] = .string(settings.text("chat_id"))
    body["message_thread_id"] = settings["thread_id"]
    body["text"] = .string(text)
    body["parse_mode"] = "HTML"
    body["link_preview_options"] = ["is_disabled": true]
    let path = "bot\(settings.text("token"))/sendMessage"
    return .http(
      OutgoingHTTP(
        post: .object(body), to: OutgoingHTTP.address(settings.text("api_url"), path)))
  }

  /// A group that became a supergroup has another number from then on; the time to wait is in the
  /// body.
  public func meaning(of answer: HTTPAnswer, now: Int64) -> DeliveryOutcome {
    let parameters = answer.json?["parameters"]
    if answer.status == 400, let chat = parameters?["migrate_to_chat_id"]?.integerValue {
      return .changed(setting: "chat_id", to: .string(String(chat)))
    }
    let usual = answer.usualOutcome(now: now)
    guard case .retry(let words, nil) = usual,
      let seconds = parameters?["retry_after"]?.integerValue
    else { return usual }
    return .retry(words, afterSeconds: HTTPAnswer.bounded(Int(clamping: seconds)))
  }
}
