import JSON
import Quorum
import Testing

@testable import Alerts

/// Exact requests, as each provider documents them.
struct RequestTests {
  private typealias S = Samples

  private func expect(
    _ kind: some ChannelKind, _ message: AlertMessage, to url: String, _ body: String,
    headers: [String] = [], at location: SourceLocation = #_sourceLocation
  ) throws {
    let request = try S.http(kind, message)
    #expect(request.method == "POST" && request.url == url, sourceLocation: location)
    #expect(
      request.headers.map { "\($0.name): \($0.value)" }
        == ["Content-Type: application/json", "User-Agent: Upblit"] + headers,
      sourceLocation: location)
    #expect(
      try JSONValue(parsing: request.body).indentedText == JSONValue(parsing: body).indentedText,
      sourceLocation: location)
  }

  @Test func `slack`() throws {
    try expect(
      SlackChannel(), S.down, to: "https://hooks.slack.com/services/T000/B000/hidden",
      """
      {"text": "API is down: 2 of 3 regions fail", "mrkdwn": false, "attachments": [{
        "color": "#d92d20", "blocks": [
          {"type": "header", "text": {"type": "plain_text",
            "text": "API is down: 2 of 3 regions fail", "emoji": false}},
          {"type": "section", "fields": [
            {"type": "plain_text", "text": "Reason\\nthe connection was refused", "emoji": false},
            {"type": "plain_text", "text": "Target\\nhttps://api.example.com/health", "emoji": false},
            {"type": "plain_text", "text": "Since\\n2025-11-22 10:00:00 UTC", "emoji": false},
            {"type": "plain_text", "text": "Fails in\\neu, us", "emoji": false},
            {"type": "plain_text", "text": "Works in\\nasia", "emoji": false},
            {"type": "plain_text", "text": "Last good answer\\n2025-11-22 09:59:00 UTC",
              "emoji": false}]},
          {"type": "actions", "elements": [{"type": "button",
            "text": {"type": "plain_text", "text": "Open in Upblit", "emoji": false},
            "url": "https://up.example.org/incidents/1"}]}]}]}
      """)
  }

  @Test func `discord`() throws {
    try expect(
      DiscordChannel(), S.up,
      to: "https://discord.com/api/webhooks/1234/hidden?wait=true&thread_id=77",
      """
      {"username": "Upblit", "allowed_mentions": {"parse": []}, "embeds": [{
        "title": "API is up again after 6 min", "color": 1220944,
        "timestamp": "2025-11-22T10:07:00Z", "url": "https://up.example.org/incidents/1",
        "fields": [
          {"name": "Target", "value": "`https://api.example.com/health`"},
          {"name": "Began", "value": "2025\\\\-11\\\\-22 10:00:00 UTC"},
          {"name": "Ended", "value": "2025\\\\-11\\\\-22 10:06:00 UTC"},
          {"name": "Lasted", "value": "6 min"}, {"name": "Failed in", "value": "eu, us"}]}]}
      """)
  }

  @Test func `telegram`() throws {
    try expect(
      TelegramChannel(), S.up,
      to: "https://api.telegram.org/bot123456789:AAhiddenhiddenhidden/sendMessage",
      """
      {"chat_id": "-100123", "message_thread_id": 7, "text": "🟢 <b>API is up again after 6 min</b>\\nTarget: <code>https://api.example.com/health</code>\\nBegan: 2025-11-22 10:00:00 UTC\\nEnded: 2025-11-22 10:06:00 UTC\\nLasted: 6 min\\nFailed in: eu, us\\n<a href=\\"https://up.example.org/incidents/1\\">Open in Upblit</a>",
       "parse_mode": "HTML", "link_preview_options": {"is_disabled": true}}
      """)
  }

  @Test func `teams`() throws {
    try expect(
      TeamsChannel(), S.digest(4), to: "https://prod.example.com/workflows/0/invoke?sig=hidden",
      """
      {"type": "message", "attachments": [{
        "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null,
        "content": {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
          "type": "AdaptiveCard", "version": "1.2", "msteams": {"width": "full"}, "body": [
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun",
              "text": "4 monitors are down: the connection was refused", "size": "Medium",
              "weight": "Bolder", "color": "Attention"}]},
            \((0..<4).map { """
              {"type": "RichTextBlock", "inlines": [{"type": "TextRun",
              "text": "• Shop \($0) is down: 2 of 3 regions fail, the connection was refused"}]}
              """ }.joined(separator: ","))
          ]}}]}
      """)
  }

  @Test func `pagerduty triggers, acknowledges and resolves under one key`() throws {
    let key = "inc_00000000-0000-0001-0000-000000000002"
    let url = "https://events.eu.pagerduty.com/v2/enqueue"
    try expect(
      PagerDutyChannel(), S.down, to: url,
      """
      {"routing_key": "0123456789abcdef0123456789abcdef", "event_action": "trigger",
       "dedup_key": "\(key)", "payload": {
        "summary": "API is down: 2 of 3 regions fail", "source": "https://api.example.com/health",
        "severity": "critical", "timestamp": "2025-11-22T10:00:00Z", "component": "API",
        "class": "down", "custom_details": {"Reason": "the connection was refused",
          "Target": "https://api.example.com/health", "Since": "2025-11-22 10:00:00 UTC",
          "Fails in": "eu, us", "Works in": "asia",
          "Last good answer": "2025-11-22 09:59:00 UTC"}},
       "client": "Upblit", "client_url": "https://up.example.org/incidents/1",
       "links": [{"href": "https://up.example.org/incidents/1", "text": "Open in Upblit"}]}
      """)
    let known = AlertMessage(AlertItem(S.notice(), .acknowledged(by: "Ann")), now: S.began)
    for (message, action) in [(known, "acknowledge"), (S.up, "resolve")] {
      try expect(
        PagerDutyChannel(), message, to: url,
        """
        {"routing_key": "0123456789abcdef0123456789abcdef", "event_action": "\(action)",
         "dedup_key": "\(key)"}
        """)
    }
  }

  @Test func `ntfy`() throws {
    try expect(
      NtfyChannel(), S.up, to: "https://ntfy.sh/",
      """
      {"topic": "upblit-7Qh2", "title": "API is up again after 6 min", "message": "Target: https://api.example.com/health\\nBegan: 2025-11-22 10:00:00 UTC\\nEnded: 2025-11-22 10:06:00 UTC\\nLasted: 6 min\\nFailed in: eu, us", "priority": 3, "tags": ["green_circle"],
       "click": "https://up.example.org/incidents/1", "actions": [{"action": "view",
         "label": "Open in Upblit", "url": "https://up.example.org/incidents/1"}]}
      """, headers: ["Authorization: Bearer tk_hidden"])
    let body = try JSONValue(parsing: S.http(NtfyChannel(), S.down).body)
    #expect(body["priority"] == 5 && body["tags"] == ["red_circle"])
  }

  @Test func `alertmanager has the same labels from beginning to end`() throws {
    let labels = """
      {"alertname": "Upblit", "incident": "inc_00000000-0000-0001-0000-000000000002",
       "monitor_id": "00000000-0000-0003-0000-000000000004", "severity": "critical"}
      """
    try expect(
      AlertmanagerChannel(), S.up, to: "http://10.0.0.1:9093/api/v2/alerts",
      """
      [{"labels": \(labels), "annotations": {"summary": "API is up again after 6 min",
        "description": "Target: https://api.example.com/health\\nBegan: 2025-11-22 10:00:00 UTC\\nEnded: 2025-11-22 10:06:00 UTC\\nLasted: 6 min\\nFailed in: eu, us", "monitor": "API", "severity": "critical"},
        "startsAt": "2025-11-22T10:00:00Z", "endsAt": "2025-11-22T10:06:00Z",
        "generatorURL": "https://up.example.org/incidents/1"}]
      """, headers: ["Authorization: Basic dTpoaWRkZW4="])
    let renamed = AlertMessage(
      AlertItem(S.notice(.worsened, .partial, number: 9, name: "other")), now: S.began)
    for message in [S.down, renamed] {
      let alert = try JSONValue(parsing: S.http(AlertmanagerChannel(), message).body).elements.first
      #expect(try alert?["labels"] == JSONValue(parsing: labels))
      // Ten minutes after this attempt, unless it is sent again.
      #expect(alert?["endsAt"] == "2025-11-22T10:12:00Z")
    }
  }

  @Test func `apprise`() throws {
    try expect(
      AppriseChannel(), S.up, to: "http://apprise.internal:8000/notify/team-a",
      """
      {"title": "API is up again after 6 min", "body": "Target: https://api.example.com/health\\nBegan: 2025-11-22 10:00:00 UTC\\nEnded: 2025-11-22 10:06:00 UTC\\nLasted: 6 min\\nFailed in: eu, us\\n\\nhttps://up.example.org/incidents/1", "type": "success", "format": "text", "tag": "oncall"}
      """)
    let settings = try AppriseChannel().read(["url": "https://a/x/", "urls": ["gotify://b/c"]])
    guard
      case .http(let request) = try AppriseChannel().request(S.down, settings, S.delivery)
    else { return }
    #expect(request.url == "https://a/x/notify")
    #expect(try JSONValue(parsing: request.body)["urls"] == ["gotify://b/c"])
  }
}
