import JSON
import Postgres
import TestSupport
import Testing

/// What people say of incidents.
struct IncidentNoteAPITests {
  @Test func `what is said of an incident stands in it, with who said it`() async throws {
    let api = try await SharedAPI.shared()
    let organization = "noting"
    let key = try api.key(organization: organization)
    let outage = try await Outage.store(in: api, organization: organization)
    try outage.change("ended_at = NULL, recovered_at = NULL, closing_verdict = NULL", in: api)
    let path = "/api/v1/incidents/\(outage.incident)"
    let known = try await api.send("POST", path + "/acknowledge", key: key)
    let at = try #require(known.json["acknowledged_at"]?.stringValue)
    let again = try await api.send("POST", path + "/acknowledge", key: key)
    #expect(again.json["acknowledged_at"]?.stringValue == at)
    let comment = try await api.send(
      "POST", path + "/comments", key: key, body: #"{"text":"cable\ncut"}"#,
      headers: [("Idempotency-Key", "one")])
    #expect(comment.status == 201 && comment.json["kind"] == "comment")
    let repeated = try await api.send(
      "POST", path + "/comments", key: key, body: #"{"text":"cable\ncut"}"#,
      headers: [("Idempotency-Key", "one")])
    #expect(repeated.json == comment.json)
    let update = try await api.send(
      "POST", path + "/updates", key: key, body: #"{"status":"identified","text":"We know."}"#)
    #expect(update.json["status"] == "identified")
    let whole = try await api.send("GET", path, key: key)
    let notes = try #require(whole.json["notes"]?.elements)
    #expect(notes.map { $0["kind"] } == ["acknowledged", "comment", "update"])
    #expect(notes.map { $0["text"] } == [.null, "cable\ncut", "We know."])
    #expect(notes.allSatisfy { $0["by"]?["kind"] == "api_key" && $0["by"]?["label"] == "test" })
    #expect(whole.json["open"] == true)
    let open = try await api.send("GET", "/api/v1/incidents?state=acknowledged", key: key)
    #expect(open.json["items"]?.elements.count == 1)
    let entries = try api.database.connect().query(
      "SELECT action FROM audit WHERE object_id = $1 ORDER BY id", outage.incident)
    #expect(
      try entries.map { try $0.get(0, as: String.self) }
        == ["incident.acknowledge", "incident.comment", "incident.publish"])
    for (part, body) in [
      ("comments", "{}"), ("comments", #"{"text":""}"#), ("comments", #"{"text":"a","x":1}"#),
      ("comments", #"{"text":"a","status":"monitoring"}"#), ("updates", #"{"text":"a"}"#),
      ("updates", #"{"text":"a","status":"fine"}"#),
      ("comments", #"{"text":"\#(String(repeating: "a", count: 10_001))"}"#),
    ] {
      expectProblem(
        try await api.send("POST", path + "/" + part, key: key, body: body), 422,
        "invalid-fields")
    }
  }

  @Test func `who talks without end keeps nobody from acknowledging`() async throws {
    let api = try await SharedAPI.shared()
    let organization = "talking"
    let key = try api.key(organization: organization)
    let outage = try await Outage.store(in: api, organization: organization)
    try outage.change("ended_at = NULL, recovered_at = NULL, closing_verdict = NULL", in: api)
    try api.database.connect().query(
      """
      INSERT INTO incident_note (
        incident_id, organization_id, kind, words, actor_kind, actor_label)
      SELECT id, organization_id, 'comment', 'x', 'system', 'x'
      FROM incident, generate_series(1, 1000) WHERE id = $1::uuid
      """, outage.incident)
    let path = "/api/v1/incidents/\(outage.incident)"
    expectProblem(
      try await api.send("POST", path + "/comments", key: key, body: #"{"text":"a"}"#), 409,
      "conflict")
    let update = try await api.send(
      "POST", path + "/updates", key: key, body: #"{"status":"identified","text":"We know."}"#)
    #expect(update.status == 201, "\(update.text)")
    let known = try await api.send("POST", path + "/acknowledge", key: key)
    #expect(known.json["acknowledged_at"]?.stringValue != nil, "\(known.text)")
  }

  @Test func `nobody ends what a verdict says lasts`() async throws {
    let api = try await SharedAPI.shared()
    let organization = "resolving"
    let key = try api.key(organization: organization)
    let outage = try await Outage.store(in: api, organization: organization)
    let path = "/api/v1/incidents/\(outage.incident)"
    let closed = try await api.send("POST", path + "/resolve", key: key, body: "{}")
    #expect(closed.status == 200 && closed.json["resolved_at"]?.isNull == true)
    try outage.change("ended_at = NULL, recovered_at = NULL, closing_verdict = NULL", in: api)
    for severity: SQL in ["'down'", "'partial'", "'regional'"] {
      try outage.change("severity = " + severity, in: api)
      let refused = try await api.send("POST", path + "/resolve", key: key, body: "{}")
      expectProblem(refused, 409, "conflict")
    }
    try outage.change("severity = 'unknown'", in: api)
    let resolved = try await api.send(
      "POST", path + "/resolve", key: key, body: #"{"text":"moved"}"#)
    #expect(resolved.json["resolved_at"]?.stringValue != nil)
    // The verdict stands.
    #expect(resolved.json["open"] == true && resolved.json["ended_at"]?.isNull == true)
    let unheard = try await api.send("GET", "/api/v1/incidents?state=unacknowledged", key: key)
    #expect(unheard.json["items"] == [])
    _ = try await api.send("POST", path + "/resolve", key: key, body: "{}")
    let notes = try await api.send("GET", path, key: key).json["notes"]?.elements
    #expect(notes?.map { $0["text"] } == ["moved"])
  }

  @Test func `of a paused monitor an open incident can be resolved`() async throws {
    let api = try await SharedAPI.shared()
    let organization = "pausing"
    let key = try api.key(organization: organization)
    let outage = try await Outage.store(in: api, organization: organization)
    try outage.change("ended_at = NULL, recovered_at = NULL, closing_verdict = NULL", in: api)
    let path = "/api/v1/incidents/\(outage.incident)/resolve"
    expectProblem(try await api.send("POST", path, key: key, body: "{}"), 409, "conflict")
    let monitor = "/api/v1/monitors/\(outage.monitor)"
    #expect(try await api.send("POST", monitor + "/pause", key: key).json["paused"] == true)
    let resolved = try await api.send("POST", path, key: key, body: "{}")
    #expect(resolved.json["resolved_at"]?.stringValue != nil)
    let resumed = try await api.send("POST", monitor + "/resume", key: key)
    #expect(resumed.json["state"] == "up")
    #expect(try await api.send("POST", monitor + "/resume", key: key).json == resumed.json)
  }
}
