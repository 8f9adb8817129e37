public import JSON
import Model
public import OpenSSL
import Quorum

/// Signed requests to any program, as the Standard Webhooks specification has them.
///
/// One request a matter; its identifier stays the same over all attempts, so receivers can tell a
/// repetition. Its types are `incident.opened`, `.updated` and `.resolved`.
public struct WebhookChannel: ChannelKind {
  public let name = "webhook"
  public let title = "Webhook"
  public let summary = "Posts signed JSON to an address of yours (Standard Webhooks)."
  public let limits = ChannelLimits(
    title: TextLimit(1000, .characters), body: TextLimit(20_000, .bytes),
    field: TextLimit(1000, .characters), burst: 50, messagesPerSecond: 50, joins: false)
  public let settings: [ChannelSetting] = [
    ChannelSetting(
      "url", .url(["https", "http"]), required: true, secret: true,
      example: "https://example.org/hooks/upblit", "Where the requests go."),
    ChannelSetting(
      "secret", .token(38...100), required: true, secret: true,
      example: "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
      "What the requests are signed with: whsec_ and 24 to 64 random bytes in base64."),
    ChannelSetting(
      "previous_secret", .token(38...100), secret: true,
      example: "whsec_dnV0c3JxcG9ubWxramloZ2ZlZGNiYTk4NzY1NDMyMTA=",
      "The secret before, which signs too until all receivers know the new one."),
    ChannelSetting(
      "authorization", .text(1...1024), secret: true, example: "Bearer abc",
      "The value of an Authorization header, if the receiver wants one."),
  ]

  public init() {}

  public func judge(_ settings: ChannelSettings, in reader: inout ObjectReader) {
    for name in ["secret", "previous_secret"] {
      guard let secret = settings.textIfAny(name), WebhookSignature.key(secret) == nil else {
        continue
      }
      reader.note(reader.child(name), "must be whsec_ and 24 to 64 bytes in base64 with padding")
    }
    if !settings.text("authorization").utf8.allSatisfy({ 0x20..<0x7f ~= $0 }) {
      reader.note(reader.child("authorization"), "must be ASCII")
    }
  }

  public func request(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest {
    try signed(
      [
        "type": .string(Self.type(message.lead.event)),
        "timestamp": Self.time(message.lead.notice.decidedAt), "data": Self.data(message),
      ], settings, delivery)
  }

  /// An answer of 410 says that the endpoint is wanted no more.
  public func meaning(of answer: HTTPAnswer, now: Int64) -> DeliveryOutcome {
    answer.status == 410 ? .refused(answer.words, disables: true) : answer.usualOutcome(now: now)
  }

  private func signed(
    _ value: JSONValue, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest {
    var request = OutgoingHTTP(post: value, to: settings.text("url"))
    let keys = ["secret", "previous_secret"].compactMap { name in
      settings.textIfAny(name).flatMap(WebhookSignature.key)
    }
    let id = "msg_\(delivery.id)"
    let seconds = delivery.now / 1000
    let signature = try WebhookSignature.header(
      keys: keys, id: id, seconds: seconds, body: request.body)
    request.headers += [
      OutgoingHTTP.Header(name: "webhook-id", value: id),
      OutgoingHTTP.Header(name: "webhook-timestamp", value: String(seconds)),
      OutgoingHTTP.Header(name: "webhook-signature", value: signature),
    ]
    if let value = settings.textIfAny("authorization") {
      request.headers.append(OutgoingHTTP.Header(name: "Authorization", value: value))
    }
    return .http(request)
  }

  private static func type(_ event: AlertEvent) -> String {
    switch event {
    case .opened: "incident.opened"
    case .updated, .reminder, .acknowledged: "incident.updated"
    case .resolved, .missed: "incident.resolved"
    }
  }

  private static func data(_ message: AlertMessage) -> JSONValue {
    let item = message.lead
    let notice = item.notice
    var incident = JSONObject()
    incident["key"] = .string(notice.key.text)
    incident["id"] = .optional(notice.incidentID)
    incident["url"] = .optional(message.link)
    incident["severity"] = .string(item.severity.rawValue)
    incident["verdict"] = .string(notice.verdict.rawValue)
    incident["urgency"] = .string(notice.urgency.rawValue)
    incident["started_at"] = notice.since.map(time) ?? .null
    if item.event.isOver {
      incident["resolved_at"] = time(notice.at)
      incident["duration_s"] = .optional(notice.lastedMs(at: notice.at).map { $0 / 1000 })
    }
    var data = JSONObject()
    data["summary"] = .string(message.title)
    data["event"] = .string(word(item.event))
    data["test"] = .bool(message.isTest)
    data["incident"] = .object(incident)
    data["monitor"] = [
      "id": .string(notice.monitor.description), "name": .string(notice.monitorName),
      "target": .string(notice.target),
    ]
    data["regions"] = [
      "failed": .strings(notice.failing), "passed": .strings(notice.passing),
      "down": .optional(notice.down), "total": .optional(notice.voting),
    ]
    data["provider"] = .optional(notice.domain)
    data["error"] = .optional(notice.cause)
    data["last_good_at"] = notice.lastGoodAt.map(time) ?? .null
    return .object(data)
  }

  /// On what occasion, more finely than the type.
  private static func word(_ event: AlertEvent) -> String {
    switch event {
    case .opened: "opened"
    case .updated: "updated"
    case .resolved: "resolved"
    case .missed: "missed"
    case .reminder: "reminder"
    case .acknowledged: "acknowledged"
    }
  }

  private static func time(_ milliseconds: Int64) -> JSONValue {
    .string(CalendarTime(milliseconds: milliseconds).internet)
  }
}
