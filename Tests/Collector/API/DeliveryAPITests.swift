import Alerts
import JSON
import Model
import OpenSSL
import Postgres
import Store
import TestSupport
import Testing

/// Routes and deliveries, from outside.
struct DeliveryAPITests {
  private static let hook = """
    {"name":"hook","kind":"webhook","settings":{"url":"https://h.example.org/hush-path",
    "secret":"whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY="}}
    """

  private func channel(_ api: TestAPI, _ key: String) async throws -> String {
    let made = try await api.send("POST", "/api/v1/channels", key: key, body: Self.hook)
    #expect(made.status == 201, "\(made.text)")
    return try #require(made.json["id"]?.stringValue)
  }

  @Test func `a route names what is the organization's own, and stays as it is otherwise`()
    async throws
  {
    try await TestAPI.with { api in
      let key = try api.key()
      let channel = try await channel(api, key)
      let monitor = try await api.makeMonitor(key: key)
      let made = try await api.send(
        "POST", "/api/v1/routes", key: key,
        body: """
          {"name":"r","channels":["\(channel)"],"monitors":["\(monitor)"],"tags":["shop"],
          "least_urgency":"page","verdicts":["down","partial"],"delay_s":60,"remind_s":1800}
          """)
      #expect(made.status == 201, "\(made.text)")
      let one = try #require(made.headers["location"])
      let tag = try #require(made.headers["etag"])
      #expect(made.json["channels"] == [.string(channel)])
      #expect(made.json["verdicts"] == ["down", "partial"])
      let changed = try await api.send(
        "PATCH", one, key: key, body: #"{"remind_s":null,"place":3}"#, headers: [("If-Match", tag)])
      #expect(changed.json["remind_s"]?.isNull == true && changed.json["place"] == 3)
      #expect(changed.json["tags"] == ["shop"])
      expectProblem(
        try await api.send("PATCH", one, key: key, body: "{}", headers: [("If-Match", tag)]), 412,
        "changed")

      let stranger = try api.key(organization: "stranger")
      for (body, pointer) in [
        (#"{"name":"s","channels":["\#(channel)"]}"#, "/channels/0"),
        (#"{"name":"s","channels":[],"monitors":["\#(monitor)"]}"#, "/monitors/0"),
        (#"{"name":"s","channels":["x"]}"#, "/channels/0"),
        (#"{"name":"s","channels":[],"remind_s":299}"#, "/remind_s"),
        (#"{"name":"s","channels":[],"tags":["A b"]}"#, "/tags/0"),
        (#"{"name":"s","channels":[],"verdicts":["down","down"]}"#, "/verdicts/1"),
        (#"{"name":"s"}"#, "/channels"), (#"{"name":null,"channels":[]}"#, "/name"),
      ] {
        let answer = try await api.send("POST", "/api/v1/routes", key: stranger, body: body)
        expectProblem(answer, 422, "invalid-fields")
        #expect(answer.json["errors"]?.elements.first?["pointer"]?.stringValue == pointer)
      }
      // A channel that is deleted is in no route any more.
      #expect(
        try await api.send("DELETE", "/api/v1/channels/\(channel)", key: key).status == 204)
      #expect(try await api.send("GET", one, key: key).json["channels"] == [])
      #expect(try await api.send("DELETE", one, key: key).status == 204)
      expectProblem(try await api.send("GET", one, key: key), 404, "not-found")
    }
  }

  @Test func `deliveries are listed with what became of them, and sent again where they failed`()
    async throws
  {
    try await TestAPI.with { api in
      let key = try api.key()
      let channel = try await channel(api, key)
      let outage = try await LivedOutage.store(in: api)
      let all = try await api.send("GET", "/api/v1/deliveries", key: key)
      let items = try #require(all.json["items"]?.elements)
      #expect(items.map { $0["kind"] } == ["ended", "began"])
      #expect(items.allSatisfy { $0["state"] == "pending" && $0["attempts"] == 0 })
      #expect(items[1]["text"] == "shop is down: 3 of 3 regions fail, connection refused")
      #expect(items[1]["channel"]?["name"] == "hook")
      #expect(!all.text.contains("hush"))
      let id = try #require(items[1]["id"]?.stringValue)
      expectProblem(
        try await api.send("POST", "/api/v1/deliveries/\(id)/replay", key: key), 409, "conflict")

      try api.database.connect().query(
        """
        UPDATE delivery SET state = 'failed', reason = 'given up: status 500', attempts = 10
        WHERE id = $1
        """, DeliveryID(id))
      for (query, count) in [
        ("state=failed", 1), ("state=delivered", 0), ("channel=\(channel)", 2),
        ("incident=\(outage.incident)", 2), ("incident=\(outage.incident)&state=failed", 1),
        ("limit=1", 1),
      ] {
        let answer = try await api.send("GET", "/api/v1/deliveries?\(query)", key: key)
        #expect(answer.json["items"]?.elements.count == count, "\(query)")
      }
      let stranger = try api.key(organization: "stranger")
      for query in ["channel=\(channel)", "incident=\(outage.incident)"] {
        expectProblem(
          try await api.send("GET", "/api/v1/deliveries?\(query)", key: stranger), 404, "not-found")
      }
      for (method, path) in [("GET", ""), ("POST", "/replay")] {
        expectProblem(
          try await api.send(method, "/api/v1/deliveries/\(id)\(path)", key: stranger), 404,
          "not-found")
      }
      #expect(try await api.send("GET", "/api/v1/deliveries", key: stranger).json["items"] == [])

      let again = try await api.send("POST", "/api/v1/deliveries/\(id)/replay", key: key)
      #expect(again.status == 200, "\(again.text)")
      #expect(again.json["state"] == "pending" && again.json["attempts"] == 0)
      #expect(again.json["id"]?.stringValue == id)
      // A key that reads does not send.
      let reader = try api.key(scopes: [.incidentsRead])
      expectProblem(
        try await api.send("POST", "/api/v1/deliveries/\(id)/replay", key: reader), 403,
        "insufficient-scope")
      _ = try await api.send(
        "PATCH", "/api/v1/channels/\(channel)", key: key, body: #"{"enabled":false}"#)
      let off = try await api.send("GET", "/api/v1/deliveries/\(id)", key: key)
      #expect(off.json["state"] == "failed" && off.json["reason"] == "the channel was switched off")
      expectProblem(
        try await api.send("POST", "/api/v1/deliveries/\(id)/replay", key: key), 409, "conflict")
    }
  }

  @Test func `acknowledging an incident ends its reminders, and says who has it in hand`()
    async throws
  {
    try await TestAPI.with { api in
      let key = try api.key()
      _ = try await channel(api, key)
      let outage = try await LivedOutage.store(in: api)
      let connection = try api.database.connect()
      // Open, told, and due to be told again.
      try connection.execute(
        """
        UPDATE incident SET ended_at = NULL, recovered_at = NULL, closing_verdict = NULL;
        DELETE FROM delivery WHERE is_end;
        UPDATE delivery SET state = 'delivered', remind_s = 300, next_at = NULL;
        INSERT INTO delivery (organization_id, channel_id, notice_id, incident_id, monitor_key,
          matter, number, event, nth, is_end, remind_s, due_at, next_at)
        SELECT organization_id, channel_id, notice_id, incident_id, monitor_key, matter, number,
          'reminder', 1, false, remind_s, now(), now()
        FROM delivery
        """)
      let answer = try await api.send(
        "POST", "/api/v1/incidents/\(outage.incident)/acknowledge", key: key)
      #expect(answer.status == 200, "\(answer.text)")
      let sealing = try #require(SealingKey([UInt8](repeating: 7, count: SealingKey.byteCount)))
      var said: [AlertEvent] = []
      looking: while true {
        let look = try Outbox.claim(
          as: .random(), by: OutboxWorker(index: 0, of: 1), sealing: sealing,
          places: AlertPlaces(origin: nil), on: connection)
        switch look {
        case .nothing: break looking
        case .decided, .unusable: continue
        case .claimed(let claim): said += claim.messages.flatMap(\.items).map(\.event)
        }
      }
      #expect(said == [.acknowledged(by: "test")])
      let reminder = try await api.send("GET", "/api/v1/deliveries?state=superseded", key: key)
      #expect(reminder.json["items"]?.elements.first?["event"] == "reminder")
      #expect(reminder.json["items"]?.elements.first?["reason"] == "somebody has it in hand")
    }
  }
}
