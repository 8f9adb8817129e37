import JSON
public import OpenSSL
import Quorum

/// PagerDuty's Events API v2 (developer.pagerduty.com: "Send an alert event").
///
/// One event a matter, under the incident's key, so that PagerDuty's own incident follows it.
public struct PagerDutyChannel: ChannelKind {
  public let name = "pagerduty"
  public let title = "PagerDuty"
  public let summary = "Triggers, acknowledges and resolves alerts in PagerDuty (Events API v2)."
  public let limits = ChannelLimits(
    title: TextLimit(1024, .utf16), body: TextLimit(100_000, .bytes),
    field: TextLimit(1000, .utf16),
    burst: 20, messagesPerSecond: 2, joins: false)
  public let settings: [ChannelSetting] = [
    ChannelSetting(
      "routing_key", .token(32...32), required: true, secret: true,
      example: "0123456789abcdef0123456789abcdef",
      "The integration key of an Events API v2 integration: 32 characters."),
    ChannelSetting(
      "region", .word(["us", "eu"]), standard: "us", example: "eu",
      "Where the PagerDuty account is kept."),
  ]

  public init() {}

  public func request(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest {
    let notice = message.lead.notice
    var event = JSONObject()
    event["routing_key"] = .string(settings.text("routing_key"))
    event["event_action"] = .string(Self.action(message.lead.event))
    event["dedup_key"] = .string(notice.key.text)
    if Self.action(message.lead.event) == "trigger" {
      var details = JSONObject()
      for field in message.fields {
        details[field.name] = .string(limits.field.clip(field.value))
      }
      event["payload"] = [
        "summary": .string(limits.title.clip(message.title)),
        "source": .string(notice.target.isEmpty ? notice.monitorName : notice.target),
        "severity": .string(message.lead.severity.rawValue),
        "timestamp": .string(CalendarTime(milliseconds: notice.at).internet),
        "component": .string(notice.monitorName), "class": .string(notice.verdict.rawValue),
        "custom_details": .object(details),
      ]
      event["client"] = "Upblit"
      if let link = message.link {
        event["client_url"] = .string(link)
        event["links"] = [["href": .string(link), "text": .string(ChannelWords.open)]]
      }
    }
    let host = settings.text("region") == "eu" ? "events.eu.pagerduty.com" : "events.pagerduty.com"
    return .http(OutgoingHTTP(post: .object(event), to: "https://\(host)/v2/enqueue"))
  }

  private static func action(_ event: AlertEvent) -> String {
    switch event {
    case .opened, .updated, .reminder: "trigger"
    case .acknowledged: "acknowledge"
    case .resolved, .missed: "resolve"
    }
  }
}
