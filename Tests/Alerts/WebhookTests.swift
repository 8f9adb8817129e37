import JSON
import Testing

@testable import Alerts

struct WebhookTests {
  private typealias S = Samples

  /// The example of the Standard Webhooks specification; `openssl dgst -sha256 -mac HMAC` gives the
  /// same.
  @Test func `the specification's example is signed as it says`() throws {
    let key = try #require(WebhookSignature.key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    #expect(
      try WebhookSignature.header(
        keys: [key], id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330,
        body: Array(#"{"test": 2432232314}"#.utf8))
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test(arguments: [
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Int?.some(24)),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", nil), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", nil),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_", nil), ("whsec_", nil), ("whsec_AAAA", nil),
    ("whsec_" + Base64.text(repeatElement(7, count: 64)), 64),
    ("whsec_" + Base64.text(repeatElement(7, count: 65)), nil),
  ])
  func `secrets are 24 to 64 bytes in one form`(secret: String, bytes: Int?) {
    #expect(WebhookSignature.key(secret)?.count == bytes)
  }

  private func headers(_ request: OutgoingHTTP) -> [String: String] {
    Dictionary(request.headers.map { ($0.name, $0.value) }) { first, _ in first }
  }

  @Test func `a request says everything in JSON`() throws {
    let request = try S.http(WebhookChannel(), S.down)
    #expect(request.url == "https://example.org/hooks/upblit" && request.method == "POST")
    #expect(
      try JSONValue(parsing: request.body).indentedText
        == JSONValue(
          parsing: """
            {"type": "incident.opened", "timestamp": "2025-11-22T10:00:20Z", "data": {
              "summary": "API is down: 2 of 3 regions fail", "event": "opened", "test": false,
              "incident": {"key": "inc_00000000-0000-0001-0000-000000000002",
                "id": "00000000-0000-0001-0000-000000000002",
                "url": "https://up.example.org/incidents/1", "severity": "critical",
                "verdict": "down", "urgency": "page", "started_at": "2025-11-22T10:00:00Z"},
              "monitor": {"id": "00000000-0000-0003-0000-000000000004", "name": "API",
                "target": "https://api.example.com/health"},
              "regions": {"failed": ["eu", "us"], "passed": ["asia"], "down": 2, "total": 3},
              "provider": null, "error": "the connection was refused",
              "last_good_at": "2025-11-22T09:59:00Z"}}
            """
        ).indentedText)
    let headers = headers(request)
    #expect(headers["webhook-id"] == "msg_00000000-0000-000a-0000-00000000000b")
    #expect(headers["webhook-timestamp"] == "1763805720")
    #expect(headers["webhook-signature"]?.hasPrefix("v1,") == true)
  }

  @Test func `an end has its moment and how long it took`() throws {
    let body = try JSONValue(parsing: S.http(WebhookChannel(), S.up).body)
    #expect(body["type"] == "incident.resolved")
    #expect(body["data"]?["incident"]?["resolved_at"] == "2025-11-22T10:06:00Z")
    #expect(body["data"]?["incident"]?["duration_s"] == 360)
  }

  @Test(arguments: [
    (AlertEvent.opened, "incident.opened"), (.updated, "incident.updated"),
    (.reminder(3), "incident.updated"), (.acknowledged(by: nil), "incident.updated"),
    (.missed, "incident.resolved"), (.resolved, "incident.resolved"),
  ])
  func `occasions are three types`(event: AlertEvent, type: String) throws {
    let message = AlertMessage(AlertItem(S.notice(), event), now: S.began)
    #expect(try JSONValue(parsing: S.http(WebhookChannel(), message).body)["type"] == .string(type))
  }

  @Test func `attempts differ in time and signature alone`() throws {
    let kind = WebhookChannel()
    var later = S.delivery
    later.now += 5000
    guard case .http(let first) = try kind.request(S.down, S.settings(kind), S.delivery),
      case .http(let second) = try kind.request(S.down, S.settings(kind), later)
    else { return }
    #expect(first.body == second.body)
    let (before, after) = (headers(first), headers(second))
    #expect(before["webhook-id"] == after["webhook-id"])
    #expect(before["webhook-timestamp"] != after["webhook-timestamp"])
    #expect(before["webhook-signature"] != after["webhook-signature"])
  }

  @Test func `a secret that is being replaced signs too`() throws {
    let kind = WebhookChannel()
    let old = "whsec_" + Base64.text(repeatElement(1, count: 32))
    let new = "whsec_" + Base64.text(repeatElement(2, count: 32))
    func signature(_ document: JSONValue) throws -> String? {
      let request = try kind.request(S.up, kind.read(document), S.delivery)
      guard case .http(let request) = request else { return nil }
      return headers(request)["webhook-signature"]
    }
    let url: JSONValue = "https://example.org/"
    let both = try signature(["url": url, "secret": .string(new), "previous_secret": .string(old)])
    let alone = try [new, old].compactMap { try signature(["url": url, "secret": .string($0)]) }
    #expect(both == alone.joined(separator: " "))
  }
}
