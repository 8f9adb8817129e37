import JSON
public import OpenSSL

/// Microsoft Teams by a workflow that begins with "When a Teams webhook request is received", which
/// takes adaptive cards alone (learn.microsoft.com: Adaptive Cards schema 1.2).
///
/// All texts stand in text runs, which know no Markdown.
public struct TeamsChannel: ChannelKind {
  public let name = "teams"
  public let title = "Microsoft Teams"
  public let summary = "Posts a card to a Microsoft Teams channel or chat through a workflow."
  public let limits = ChannelLimits(
    title: TextLimit(300, .utf16), body: TextLimit(12_000, .bytes), field: TextLimit(1000, .utf16),
    burst: 4, messagesPerSecond: 1, joins: true)
  public let settings: [ChannelSetting] = [
    ChannelSetting(
      "url", .url(["https"]), required: true, secret: true,
      example:
        "https://prod-00.westeurope.logic.azure.com/workflows/0/triggers/manual/paths/invoke?sig=x",
      "The address that the workflow shows once it is saved. The workflow ends when its owner leaves."
    )
  ]

  public init() {}

  public func request(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest {
    let color =
      switch ChannelColor(message) {
      case .bad: "Attention"
      case .warning: "Warning"
      case .good: "Good"
      case .known: "Accent"
      }
    var body: [JSONValue] = [
      Self.block([
        [
          "type": "TextRun", "text": .string(limits.title.clip(message.title)), "size": "Medium",
          "weight": "Bolder", "color": .string(color),
        ]
      ])
    ]
    for field in message.fields {
      body.append(
        Self.block([
          ["type": "TextRun", "text": .string("\(field.name): "), "weight": "Bolder"],
          ["type": "TextRun", "text": .string(limits.field.clip(field.value))],
        ]))
    }
    if message.isDigest {
      let lines = message.entries.map { "• " + limits.field.clip($0) }
      for line in limits.body.join(lines, more: message.more).split(separator: "\n") {
        body.append(Self.block([["type": "TextRun", "text": .string(String(line))]]))
      }
    }
    var card: JSONObject = JSONObject()
    card["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json"
    card["type"] = "AdaptiveCard"
    card["version"] = "1.2"
    card["msteams"] = ["width": "full"]
    card["body"] = .array(body)
    if let link = message.link {
      card["actions"] = [
        ["type": "Action.OpenUrl", "title": .string(ChannelWords.open), "url": .string(link)]
      ]
    }
    return .http(
      OutgoingHTTP(
        post: [
          "type": "message",
          "attachments": [
            [
              "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil,
              "content": .object(card),
            ]
          ],
        ], to: settings.text("url")))
  }

  private static func block(_ runs: [JSONValue]) -> JSONValue {
    ["type": "RichTextBlock", "inlines": .array(runs)]
  }
}
