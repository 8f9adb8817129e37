public import JSON
import Model
public import OpenSSL

/// Prometheus's Alertmanager, which groups, silences and routes on its own (prometheus.io: "Alerts
/// API", v2).
///
/// Labels are an alert's identity, so they hold only what never changes while a matter stands; what
/// does (name, severity, reason) is an annotation. An alert is over for Alertmanager once its end has
/// passed, so what still stands is to be sent again before.
public struct AlertmanagerChannel: ChannelKind {
  /// How long an alert stands without being sent again.
  static let standsForSeconds: Int64 = 600

  public let name = "alertmanager"
  public let title = "Alertmanager"
  public let summary = "Posts alerts to a Prometheus Alertmanager (API v2)."
  public let limits = ChannelLimits(
    title: TextLimit(1000, .characters), body: TextLimit(20_000, .bytes),
    field: TextLimit(1000, .characters), burst: 50, messagesPerSecond: 50, joins: false,
    repeatsAfterSeconds: 120)
  public let settings: [ChannelSetting] = [
    ChannelSetting(
      "url", .url(["https", "http"]), required: true, example: "http://alertmanager.internal:9093",
      "Alertmanager's address, without /api/v2."),
    ChannelSetting(
      "labels", .list(.text(3...300), most: 20), example: ["severity=critical"],
      "Labels that all alerts of this channel bear, as name=value."),
    ChannelSetting(
      "username", .text(1...255), example: "upblit", "A user, if it asks for one."),
    ChannelSetting("password", .text(1...1024), secret: true, example: "x", "The user's password."),
    ChannelSetting(
      "token", .token(1...4096), secret: true, example: "x", "A bearer token instead of a user."),
  ]

  public init() {}

  public func judge(_ settings: ChannelSettings, in reader: inout ObjectReader) {
    if settings.text("url").contains("?") {
      reader.note(reader.child("url"), "must not have a query")
    }
    var names = Set(Self.ownLabels)
    for (index, text) in settings.texts("labels").enumerated() {
      let place = JSONPointer.child(String(index), of: reader.child("labels"))
      guard let (name, _) = Self.label(text) else {
        reader.note(place, "must be name=value, the name of letters, digits and _")
        continue
      }
      if !names.insert(name).inserted {
        reader.note(place, "must not give a label that is set already: \(name)")
      }
    }
    if (settings["username"] == nil) != (settings["password"] == nil) {
      reader.note(
        reader.child(settings["username"] == nil ? "username" : "password"),
        "is required, for a user name and a password go together")
    }
    if settings["token"] != nil, settings["username"] != nil {
      reader.note(reader.child("token"), "must not stand beside a user name")
    }
  }

  public func request(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest {
    let notice = message.lead.notice
    var labels = JSONObject()
    labels["alertname"] = "Upblit"
    labels["incident"] = .string(notice.key.text)
    labels["monitor_id"] = .string(notice.monitor.description)
    for text in settings.texts("labels") {
      if let (name, value) = Self.label(text) { labels[name] = .string(value) }
    }
    var notes = JSONObject()
    notes["summary"] = .string(limits.title.clip(message.title))
    notes["description"] = .string(limits.body.join(message.lines))
    notes["monitor"] = .string(notice.monitorName)
    notes["severity"] = .string(message.lead.severity.rawValue)
    var alert = JSONObject()
    alert["labels"] = .object(labels)
    alert["annotations"] = .object(notes)
    alert["startsAt"] = Self.time(notice.since ?? notice.at)
    alert["endsAt"] = Self.time(
      message.lead.event.isOver ? notice.at : delivery.now &+ Self.standsForSeconds * 1000)
    alert["generatorURL"] = message.link.map { .string($0) }
    var headers = settings.textIfAny("token").map { [OutgoingHTTP.Header.bearer($0)] } ?? []
    if let user = settings.textIfAny("username") {
      headers.append(.basic(user: user, password: settings.text("password")))
    }
    return .http(
      OutgoingHTTP(
        post: [.object(alert)],
        to: OutgoingHTTP.address(settings.text("url"), "api/v2/alerts"), headers: headers))
  }

  private static let ownLabels = ["alertname", "incident", "monitor_id"]

  private static func label(_ text: String) -> (name: String, value: String)? {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let first = parts[0].utf8.first, !parts[1].isEmpty,
      !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first),
      parts[0].utf8.allSatisfy({
        let letter = Character(Unicode.Scalar($0))
        return letter.isASCII && (letter.isLetter || letter.isNumber || letter == "_")
      })
    else { return nil }
    return (String(parts[0]), String(parts[1]))
  }

  private static func time(_ milliseconds: Int64) -> JSONValue {
    .string(CalendarTime(milliseconds: milliseconds).internet)
  }
}
