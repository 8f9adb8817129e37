import JSON
public import OpenSSL

/// Slack's incoming webhooks (docs.slack.dev: "Sending messages using incoming webhooks", "Block Kit").
///
/// All texts are plain ones, which know no formatting and mention nobody.
public struct SlackChannel: ChannelKind {
  public let name = "slack"
  public let title = "Slack"
  public let summary = "Posts to a Slack channel through an incoming webhook."
  public let limits = ChannelLimits(
    title: TextLimit(150, .utf16), body: TextLimit(3000, .utf16), field: TextLimit(1000, .utf16),
    burst: 1, messagesPerSecond: 1, joins: true)
  public let settings: [ChannelSetting] = [
    ChannelSetting(
      "url", .url(["https"]), required: true, secret: true,
      example: "https://hooks.slack.com/services/T000/B000/XXXX",
      "The incoming webhook's address, which Slack shows once it is made.")
  ]

  public init() {}

  public func request(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest {
    let title = limits.title.clip(message.title, for: .slack)
    var blocks: [JSONValue] = [["type": "header", "text": Self.plain(title)]]
    if !message.fields.isEmpty {
      blocks.append([
        "type": "section",
        "fields": .array(
          message.fields.map { field in
            Self.plain("\(field.name)\n\(limits.field.clip(field.value, for: .slack))")
          }),
      ])
    }
    if message.isDigest {
      let lines = message.entries.map { "• " + limits.field.clip($0, for: .slack) }
      blocks.append([
        "type": "section", "text": Self.plain(limits.body.join(lines, more: message.more)),
      ])
    }
    if let link = message.link {
      blocks.append([
        "type": "actions",
        "elements": [
          ["type": "button", "text": Self.plain(ChannelWords.open), "url": .string(link)]
        ],
      ])
    }
    // What notifications show, and programs that show no blocks.
    let fallback = TextLimit(1024, .utf16).clip(message.title, for: .slack)
    return .http(
      OutgoingHTTP(
        post: [
          "text": .string(fallback), "mrkdwn": false,
          "attachments": [
            ["color": .string(ChannelColor(message).hex), "blocks": .array(blocks)]
          ],
        ], to: settings.text("url")))
  }

  private static func plain(_ text: String) -> JSONValue {
    ["type": "plain_text", "text": .string(text), "emoji": false]
  }
}
