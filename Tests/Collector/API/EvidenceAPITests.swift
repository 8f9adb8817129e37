import HTTPTypes
import JSON
import Postgres
import Store
import TestSupport
import Testing

@testable import API

struct EvidenceAPITests {
  @Test func `an incident is told with every voter and its evidence`() async throws {
    try await TestAPI.with { api in
      let outage = try await Outage.store(in: api, organization: "acme")
      let key = try api.key()
      let list = try await api.send("GET", "/api/v1/incidents?state=closed", key: key)
      #expect(list.json["items"]?.elements.map { $0["id"]?.stringValue } == [outage.incident])
      let open = try await api.send("GET", "/api/v1/incidents?state=open", key: key)
      #expect(open.json["items"] == [])
      let incident = try await api.send("GET", "/api/v1/incidents/\(outage.incident)", key: key)
      #expect(incident.json["severity"] == "down")
      #expect(incident.json["ended_by"] == "recovered")
      let verdicts = try #require(incident.json["verdicts"]?.elements)
      #expect(verdicts.map { $0["verdict"] } == ["down", "up"])
      let vote = try #require(verdicts.first?["votes"]?.elements.first)
      #expect(vote["region"] == "ap")
      #expect(vote["agent"]?["name"] == "ap-1")
      #expect(vote["counted"] == true)
      #expect(vote["round"] == 2)
      #expect(vote["trust"] == "trusted")
      #expect(vote["evidence"]?["failure_class"] == "timeout")
      #expect(vote["evidence"]?["reason"] == "timeout.connect")
      #expect(vote["evidence"]?["reason_text"] == "no connection was accepted in time")
      #expect(vote["evidence"]?["detail"] == "no answer")
      #expect(verdicts.first?["tally"]?["allowed_up"] == 0)
    }
  }

  @Test func `results are paged newest first with their evidence`() async throws {
    try await TestAPI.with { api in
      let outage = try await Outage.store(in: api, organization: "acme")
      let key = try api.key()
      let path = "/api/v1/monitors/\(outage.monitor)/results"
      let since = Timestamp(milliseconds: Outage.start).description
      let until = Timestamp(milliseconds: Outage.start + 600_000).description
      var seen: [JSONValue] = []
      var cursor = ""
      repeat {
        let page = try await api.send(
          "GET", "\(path)?since=\(since)&until=\(until)&limit=4\(cursor)", key: key)
        #expect(page.status == 200, "\(page.text)")
        seen += page.json["items"]?.elements ?? []
        cursor = page.json["next_cursor"]?.stringValue.map { "&cursor=\($0)" } ?? ""
      } while !cursor.isEmpty
      #expect(seen.count == 9)
      #expect(Set(seen).count == 9)
      let times = seen.compactMap { $0["started_at"]?.stringValue }
      #expect(times == times.sorted().reversed())
      #expect(seen.filter { $0["failure"]?["detail"] == "no answer" }.count == 3)
      let region = try await api.send(
        "GET", "\(path)?since=\(since)&until=\(until)&region=eu", key: key)
      #expect(region.json["items"]?.elements.count == 3)
      expectProblem(
        try await api.send("GET", "\(path)?since=yesterday", key: key), 400, "invalid-query")
      expectProblem(
        try await api.send("GET", "\(path)?since=\(until)&until=\(since)", key: key), 400,
        "invalid-query")
    }
  }

  @Test func `the status counts monitors, agents and open incidents`() async throws {
    try await TestAPI.with { api in
      _ = try await Outage.store(in: api, organization: "acme")
      let key = try api.key()
      _ = try await api.makeMonitor(key: key, name: "new")
      let status = try await api.send("GET", "/api/v1/status", key: key)
      #expect(status.json["monitors"]?["total"] == 2)
      #expect(status.json["monitors"]?["up"] == 1)
      #expect(status.json["monitors"]?["pending"] == 1)
      #expect(status.json["agents"]?["new"] == 3)
      #expect(status.json["open_incidents"] == [])
    }
  }

  @Test func `a shared agent is seen by all and revoked by an operator`() async throws {
    try await TestAPI.with { api in
      _ = try api.database.addAgent(name: "shared-1", region: "eu")
      let plain = try api.key(
        organization: "acme", scopes: [.agentsRead, .agentsWrite])
      let list = try await api.send("GET", "/api/v1/agents", key: plain)
      let agent = try #require(list.json["items"]?.elements.first)
      #expect(agent["shared"] == true)
      #expect(agent["hostname"]?.isNull == true)
      let path = "/api/v1/agents/\(try #require(agent["id"]?.stringValue))"
      expectProblem(
        try await api.send("DELETE", path, key: plain), 403, "insufficient-scope")
      let operatorKey = try api.key(organization: "other")
      #expect(try await api.send("DELETE", path, key: operatorKey).status == 204)
      #expect(try await api.send("DELETE", path, key: operatorKey).status == 204)
      let revoked = try await api.send("GET", path, key: plain)
      #expect(revoked.json["state"] == "revoked")
    }
  }

  @Test func `a token is shown once, with the command to use it`() async throws {
    try await TestAPI.with { api in
      let key = try api.key(scopes: [.agentsRead, .agentsWrite])
      let path = "/api/v1/enrolment-tokens"
      let made = try await api.send(
        "POST", path, key: key, body: #"{"region":"eu-central","provider":"hetzner"}"#)
      #expect(made.status == 201, "\(made.text)")
      let text = try #require(made.json["token"]?.stringValue)
      #expect(text.hasPrefix("upb_enr_"))
      #expect(made.json["command"]?.stringValue?.contains("tls://collector.test:4433") == true)
      #expect(made.json["shared"] == false)
      let one = "\(path)/\(try #require(made.json["id"]?.stringValue))"
      let read = try await api.send("GET", one, key: key)
      #expect(read.json["state"] == "open")
      #expect(!read.text.contains("upb_enr_"))
      #expect(try await api.send("DELETE", one, key: key).status == 204)
      #expect(try await api.send("DELETE", one, key: key).status == 204)
      #expect(try await api.send("GET", one, key: key).json["state"] == "revoked")
      expectProblem(
        try await api.send("POST", path, key: key, body: #"{"shared":true}"#), 403,
        "insufficient-scope")
      for body in [
        #"{"region":"EU"}"#, #"{"lifetime_s":59}"#, #"{"provider":"a b"}"#, #"{"secret":"x"}"#,
      ] {
        expectProblem(
          try await api.send("POST", path, key: key, body: body), 422, "invalid-fields")
      }
    }
  }
}
