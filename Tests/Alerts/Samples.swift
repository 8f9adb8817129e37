import JSON
import Model
import Quorum
import Testing

@testable import Alerts

/// What the tests of this folder tell of.
enum Samples {
  /// 2025-11-22T10:00:00Z.
  static let began: Int64 = 1_763_805_600_000
  static let minute: Int64 = 60_000
  static let delivery = Delivery(
    id: DeliveryID(high: 0xa, low: 0xb), now: began + 2 * minute, host: "up.example.org")
  static let link = "https://up.example.org/incidents/1"
  static let monitor = MonitorID(high: 3, low: 4)

  static func notice(
    _ kind: Notice.Kind = .began, _ verdict: Verdict = .down, number: Int64 = 1,
    incident: UInt64 = 2, monitor: MonitorID = monitor, name: String = "API",
    target: String = "https://api.example.com/health",
    cause: String? = "the connection was refused",
    urgency: Urgency = .page, minutes: Int64 = 0, failing: [String] = ["eu", "us"],
    ending: CloseReason? = nil, domain: String? = nil, link: String? = link
  ) -> AlertNotice {
    let id = Identifier<Named.Token>(high: 1, low: incident)
    let at = began + minutes * minute
    return AlertNotice(
      number: number, kind: kind, urgency: urgency, verdict: verdict,
      key: IncidentKey(incident: id), incidentID: id.description, monitor: monitor,
      monitorName: name, target: target, domain: domain, at: at, decidedAt: at + 20_000,
      since: began, ending: ending, failing: failing, passing: ["asia"], voting: 3, down: 2,
      cause: kind == .ended ? nil : cause, lastGoodAt: began - minute, link: link)
  }

  static let down = AlertMessage(AlertItem(notice()), now: began + 2 * minute)
  static let up = AlertMessage(
    AlertItem(notice(.ended, number: 2, minutes: 6, ending: .recovered)), now: began + 7 * minute)

  /// A message that lists `count` monitors that went down.
  static func digest(_ count: Int, cause: String? = "the connection was refused") -> AlertMessage {
    let items = (0..<count).map { index in
      AlertItem(
        notice(
          number: Int64(index), incident: UInt64(index), name: "Shop \(index)", cause: cause))
    }
    return AlertMessage(items, now: began + 2 * minute) ?? down
  }

  /// Right settings of every kind.
  static let documents: [String: JSONValue] = [
    "email": [
      "to": ["ops@example.org", "boss@example.org"], "from": "upblit@example.org",
      "host": "smtp.example.org", "username": "upblit", "password": "correct horse",
    ],
    "webhook": [
      "url": "https://example.org/hooks/upblit",
      "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
    ],
    "slack": ["url": "https://hooks.slack.com/services/T000/B000/hidden"],
    "discord": ["url": "https://discord.com/api/webhooks/1234/hidden", "thread_id": "77"],
    "telegram": ["token": "123456789:AAhiddenhiddenhidden", "chat_id": "-100123", "thread_id": 7],
    "teams": ["url": "https://prod.example.com/workflows/0/invoke?sig=hidden"],
    "pagerduty": ["routing_key": "0123456789abcdef0123456789abcdef", "region": "eu"],
    "ntfy": ["topic": "upblit-7Qh2", "token": "tk_hidden"],
    "alertmanager": [
      "url": "http://10.0.0.1:9093/", "labels": ["severity=critical"], "username": "u",
      "password": "hidden",
    ],
    "apprise": ["url": "http://apprise.internal:8000", "key": "team-a", "tag": "oncall"],
  ]

  static func settings(_ kind: some ChannelKind) throws -> ChannelSettings {
    try kind.read(#require(documents[kind.name]))
  }

  /// The HTTP request of a kind for a message.
  static func http(_ kind: some ChannelKind, _ message: AlertMessage) throws -> OutgoingHTTP {
    guard case .http(let request) = try kind.request(message, settings(kind), delivery) else {
      throw NoSuchRequest()
    }
    return request
  }

  /// The mail of a message.
  static func mail(
    _ message: AlertMessage, _ changes: [String: JSONValue] = [:]
  ) throws -> OutgoingMail {
    let kind = EmailChannel()
    guard case .object(var document)? = documents["email"] else { throw NoSuchRequest() }
    for (name, value) in changes { document[name] = value.isNull ? nil : value }
    guard
      case .mail(let mail) = try kind.request(message, kind.read(.object(document)), delivery)
    else { throw NoSuchRequest() }
    return mail
  }

  struct NoSuchRequest: Error {}
}
