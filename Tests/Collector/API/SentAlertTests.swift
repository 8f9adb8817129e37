import Alerts
import JSON
import Model
import OpenSSL
import Postgres
import Sending
import Store
import TestSupport
import Testing

/// Alerts from a stored notice to a receiver and back to whoever asks, with a collector's API and its
/// sending threads on one database.
struct SentAlertTests {
  private static let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY="

  /// A collector's API and threads, a channel that goes to `receiver`, and a notice.
  private func with(
    _ receiver: ScriptedServer,
    _ body: (_ api: TestAPI, _ key: String, _ channel: String) async throws -> Void
  ) async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let made = try await api.send(
        "POST", "/api/v1/channels", key: key,
        body: """
          {"name":"hook","kind":"webhook","settings":{"url":"\(receiver.address)/","secret":"\(Self.secret)"}}
          """)
      #expect(made.status == 201, "\(made.text)")
      let monitor = try await api.makeMonitor(key: key, name: "shop")
      var sender = Sender.Configuration(
        receivers: ReceiverGuard(allowsPrivate: true), host: "upblit.test")
      // As long as the receiver that never answers takes.
      sender.timeoutMs = 5_000
      // Nothing is tried again but where the channel is mended.
      let retries = RetrySchedule(
        pausesSeconds: [0] + [Int64](repeating: 3_600, count: 9), longestSeconds: 345_600)
      let crew = try SendingCrew(
        api.database.address,
        SendingSettings(
          sealing: try #require(SealingKey([UInt8](repeating: 7, count: SealingKey.byteCount))),
          sender: sender, places: AlertPlaces(origin: "https://upblit.test"),
          pace: OutboxPace(retries: retries), workers: 2)
      ) { _ in }
      defer { crew.stop() }
      try api.database.connect().query(
        """
        INSERT INTO notice (organization_id, monitor_key, step, kind, urgency, verdict, at,
          created_at, body)
        SELECT organization_id, key, 1, 'began', 'notify', 'degraded', now(), now(),
          jsonb_build_object('monitor', jsonb_build_object('id', id, 'name', name, 'target', target))
        FROM monitor WHERE id = $1
        """, MonitorID(monitor))
      try await body(api, key, try #require(made.headers["location"]))
    }
  }

  /// The one delivery, once it is what `isWanted` asks for.
  private func delivery(
    _ api: TestAPI, _ key: String, _ isWanted: (JSONValue) -> Bool
  ) async throws -> JSONValue {
    let deadline = ContinuousClock.now.advanced(by: .seconds(60))
    while ContinuousClock.now < deadline {
      let list = try await api.send("GET", "/api/v1/deliveries", key: key)
      if let one = list.json["items"]?.elements.first, isWanted(one) { return one }
    }
    throw RawHTTP.Failure(reason: "the delivery never became so")
  }

  @Test func `each attempt's answer is told, and a mended channel is tried at once`() async throws {
    let receiver = try ScriptedServer(
      .init(status: 500, body: "no"),
      .init(status: 429, headers: ["Retry-After: 3600"], body: "slowly"),
      .init(isSilent: true), .init(isStuck: true), .init())
    defer { receiver.stop() }
    try await with(receiver) { api, key, channel in
      for (index, reason) in ["status 500: no", "status 429: slowly", "", ""].enumerated() {
        let one = try await delivery(api, key) {
          $0["attempts"]?.integerValue == Int64(index + 1) && $0["state"] == "pending"
        }
        let told = one["reason"]?.stringValue ?? ""
        #expect(reason.isEmpty ? !told.isEmpty : told == reason)
        #expect(one["next_at"]?.stringValue != nil)
        let mended = try await api.send(
          "PATCH", channel, key: key,
          body: """
            {"settings":{"url":"\(receiver.address)/\(index)","secret":"\(Self.secret)"}}
            """)
        #expect(mended.status == 200, "\(mended.text)")
      }
      let last = try await delivery(api, key) { $0["state"] == "delivered" }
      #expect(last["attempts"] == 5 && last["reason"]?.isNull == true)
      let names = receiver.requests.map { $0.header("webhook-id") }
      #expect(names.count == 5 && Set(names).count == 1)
      let body = try JSONValue(parsing: try #require(receiver.requests.last).body)
      let monitor = last["monitor"]?["id"]?.stringValue ?? "?"
      #expect(
        body["data"]?["incident"]?["url"]?.stringValue == "https://upblit.test/monitors/\(monitor)")
    }
  }

  @Test func `a receiver that is gone switches its channel off, and is told again once it is on`()
    async throws
  {
    let receiver = try ScriptedServer(.init(status: 410, body: "gone"), .init())
    defer { receiver.stop() }
    try await with(receiver) { api, key, channel in
      let failed = try await delivery(api, key) { $0["state"] == "failed" }
      let off = try await api.send("GET", channel, key: key)
      #expect(off.json["enabled"] == false && off.json["disabled_reason"] == "status 410: gone")
      let replay = "/api/v1/deliveries/\(failed["id"]?.stringValue ?? "")/replay"
      expectProblem(try await api.send("POST", replay, key: key), 409, "conflict")
      let on = try await api.send("PATCH", channel, key: key, body: #"{"enabled":true}"#)
      #expect(on.json["disabled_reason"]?.isNull == true)
      #expect(try await api.send("POST", replay, key: key).status == 200)
      _ = try await delivery(api, key) { $0["state"] == "delivered" }
      #expect(Set(receiver.requests.map { $0.header("webhook-id") }).count == 1)
    }
  }
}
