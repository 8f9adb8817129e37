import HTTPTypes
import JSON
import Model
import Postgres
import Store
import TestSupport
import Testing

@testable import API

/// What holds for every change: it is one transaction, and the audit log tells of it.
struct WriteTests {
  /// A change, and what the audit log says of it.
  struct Write: Sendable {
    var operation: String
    var path: String
    var body: String?
    var action: String
    /// What the entry's change must hold.
    var change: String
  }

  /// What changes nothing, needs an incident (IncidentNoteAPITests), a monitor that is assigned
  /// (MonitorRunAPITests), a receiver (ChannelAPITests, DeliveryAPITests), or several people
  /// (OrganizationAccountTests).
  private static let elsewhere = [
    "backtestPolicy", "acknowledgeIncident", "commentIncident", "updateIncident", "resolveIncident",
    "runMonitor", "pauseMonitor", "resumeMonitor", "changeMember", "removeMember", "testChannel",
    "replayDelivery",
  ]

  private static let monitor = #"{"name":"w","check":{"kind":"http","url":"http://a/"}}"#

  /// One of every operation that changes something, in an order in which each finds what it needs.
  private static func writes(agent: AgentID) -> [Write] {
    [
      Write(
        operation: "createMonitor", path: "/api/v1/monitors", body: monitor,
        action: "monitor.create", change: #""interval_s":60"#),
      Write(
        operation: "changeMonitor", path: "/api/v1/monitors/$ID", body: #"{"interval_s":30}"#,
        action: "monitor.update", change: #"{"interval_s":[60,30]}"#),
      Write(
        operation: "deleteMonitor", path: "/api/v1/monitors/$ID", action: "monitor.delete",
        change: #"{"name":"w"}"#),
      Write(
        operation: "tryCheck", path: "/api/v1/checks",
        body: #"{"check":{"kind":"http","url":"http://a/"}}"#, action: "check.try",
        change: #""regions":["#),
      Write(
        operation: "changeOrganization", path: "/api/v1/organization",
        body: #"{"policy":{"kind":"all"}}"#, action: "organization.update",
        change: #"{"policy":[{"#),
      Write(
        operation: "createMaintenance", path: "/api/v1/maintenance",
        body: #"{"title":"m","duration_s":3600,"all_monitors":true}"#,
        action: "maintenance.create", change: #""title":"m""#),
      Write(
        operation: "changeMaintenance", path: "/api/v1/maintenance/$ID", body: #"{"title":"n"}"#,
        action: "maintenance.update", change: #"{"title":["m","n"]}"#),
      Write(
        operation: "endMaintenance", path: "/api/v1/maintenance/$ID", action: "maintenance.end",
        change: #"{"title":"n"}"#),
      Write(
        operation: "changeStatusPage", path: "/api/v1/status-page", body: #"{"title":"P"}"#,
        action: "status_page.update", change: #"{"title":["acme","P"]}"#),
      Write(
        operation: "createChannel", path: "/api/v1/channels",
        body: #"{"name":"c","kind":"ntfy","settings":{"topic":"t","token":"hush"}}"#,
        action: "channel.create", change: #""secrets_changed":["token","topic"]"#),
      Write(
        operation: "changeChannel", path: "/api/v1/channels/$ID", body: #"{"enabled":false}"#,
        action: "channel.update", change: #"{"enabled":[true,false]}"#),
      Write(
        operation: "deleteChannel", path: "/api/v1/channels/$ID", action: "channel.delete",
        change: #"{"name":["c",null]}"#),
      Write(
        operation: "createRoute", path: "/api/v1/routes", body: #"{"name":"r","channels":[]}"#,
        action: "route.create", change: #""name":[null,"r"]"#),
      Write(
        operation: "changeRoute", path: "/api/v1/routes/$ID", body: #"{"delay_s":60}"#,
        action: "route.update", change: #"{"delay_s":[0,60]}"#),
      Write(
        operation: "deleteRoute", path: "/api/v1/routes/$ID", action: "route.delete",
        change: #"{"name":["r",null]}"#),
      Write(
        operation: "createInvitation", path: "/api/v1/invitations", body: #"{"role":"viewer"}"#,
        action: "invitation.create", change: #""role":"viewer""#),
      Write(
        operation: "revokeInvitation", path: "/api/v1/invitations/$ID",
        action: "invitation.revoke", change: #""role":"viewer""#),
      Write(
        operation: "createAPIKey", path: "/api/v1/api-keys",
        body: #"{"name":"k","scopes":["monitors:read"]}"#, action: "api_key.create",
        change: #""name":"k""#),
      Write(
        operation: "revokeAPIKey", path: "/api/v1/api-keys/$ID", action: "api_key.revoke",
        change: #""name":"k""#),
      Write(
        operation: "createEnrolmentToken", path: "/api/v1/enrolment-tokens",
        body: #"{"region":"eu-west"}"#, action: "enrolment_token.create",
        change: #""region":"eu-west""#),
      Write(
        operation: "revokeEnrolmentToken", path: "/api/v1/enrolment-tokens/$ID",
        action: "enrolment_token.revoke", change: #""region":"eu-west""#),
      Write(
        operation: "revokeAgent", path: "/api/v1/agents/\(agent)", action: "agent.revoke",
        change: #"{"name":"own"}"#),
    ]
  }

  @Test func `every change is told in the audit log, once, by whom and in which request`()
    async throws
  {
    try await TestAPI.with { api in
      let key = try api.key()
      let connection = try api.database.connect()
      let organization = try OrganizationQueries.findOrCreate(name: "acme", on: connection)
      let agentKey = try api.database.addAgent(name: "own", organization: organization.rawValue)
      let agent: AgentID = try #require(
        try connection.query("SELECT id FROM agent WHERE key = $1", agentKey).first
      ).get(0)
      let writes = Self.writes(agent: agent)
      // A route that changes something of an organization must be here, or in the tests of its own.
      let changing = APIServer.routes.filter { $0.method != .get && $0.isInOrganization }
      #expect(Set(changing.map(\.operation.id)) == Set(writes.map(\.operation) + Self.elsewhere))
      var made = ""
      for write in writes {
        let route = try #require(
          APIServer.routes.first { $0.operation.id == write.operation })
        let path = write.path.split(separator: "$ID", omittingEmptySubsequences: false)
          .joined(separator: made)
        let answer = try await api.send(
          route.method.rawValue, path, key: key, body: write.body)
        #expect(200...204 ~= answer.status, "\(write.operation): \(answer.text)")
        if answer.status == 201 { made = answer.json["id"]?.stringValue ?? "" }
        let entries =
          try AuditQueries.list(
            limit: 10, organization: nil, on: connection)
          + AuditQueries.list(limit: 10, organization: organization, on: connection)
        let mine = entries.filter { $0.requestID == answer.headers["x-request-id"] }
        let entry = try #require(mine.first, "\(write.operation)")
        #expect(mine.count == 1 && entry.action == write.action)
        #expect(entry.actor.kind == .apiKey && entry.actor.label == "test")
        #expect(entry.address == "127.0.0.1")
        #expect(entry.change?.text.contains(write.change) == true, "\(entry)")
        // Again, it changes nothing, and nothing is told.
        if route.method == .delete {
          let count = try api.database.value("SELECT count(*) FROM audit", as: Int64.self)
          #expect(try await api.send("DELETE", path, key: key).status == 204)
          #expect(
            try api.database.value("SELECT count(*) FROM audit", as: Int64.self) == count)
        }
      }
    }
  }

  @Test func `a secret is not told in the audit log`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let made = try await api.send(
        "POST", "/api/v1/monitors", key: key,
        body: """
          {"name":"s","check":{"kind":"http","url":"http://a/","headers":[
          {"name":"authorization","value":"Bearer hush-1","secret":true}]}}
          """)
      #expect(made.status == 201, "\(made.text)")
      let path = try #require(made.headers["location"])
      let changed = try await api.send(
        "PATCH", path, key: key,
        body: """
          {"check":{"kind":"http","url":"http://a/","headers":[
          {"name":"authorization","value":"Bearer hush-2","secret":true}]}}
          """)
      #expect(changed.status == 200, "\(changed.text)")
      let token = try await api.send("POST", "/api/v1/enrolment-tokens", key: key, body: "{}")
      let text = try api.database.value(
        "SELECT string_agg(a::text, ' ') FROM audit a", as: String.self)
      #expect(text.contains("changed") && !text.contains("hush"))
      #expect(!text.contains(try #require(token.json["token"]?.stringValue)))
    }
  }

  @Test func `what can't be answered was not done`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let connection = try api.database.connect()
      // The answer to a new monitor tells of the regions that it will be probed in.
      try connection.execute("ALTER TABLE agent_presence RENAME TO mislaid")
      let header = [("Idempotency-Key", "k")]
      let failed = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: Self.monitor, headers: header)
      #expect(failed.status == 500)
      for table in ["monitor", "audit WHERE action LIKE 'monitor%'", "idempotency"] {
        let rows = try connection.query(SQL(verbatim: "SELECT 1 FROM \(table)"))
        #expect(rows.count == 0, "\(table)")
      }
      try connection.execute("ALTER TABLE mislaid RENAME TO agent_presence")
      let made = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: Self.monitor, headers: header)
      #expect(made.status == 201)
      #expect(try api.database.value("SELECT count(*) FROM monitor", as: Int64.self) == 1)
    }
  }

  @Test func `who deletes what is changed at the same moment is told so`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let path = "/api/v1/monitors/\(try await api.makeMonitor(key: key))"
      let tag = try #require(try await api.send("GET", path, key: key).headers["etag"])
      let other = try api.database.connect()
      try other.execute(
        "BEGIN; UPDATE monitor SET name = 'x', updated_at = updated_at + interval '1 second'")
      async let deleted = api.send("DELETE", path, key: key, headers: [("If-Match", tag)])
      try await api.untilWaiting(1)
      try other.execute("COMMIT")
      expectProblem(try await deleted, 412, "changed")
      #expect(try await api.send("GET", path, key: key).status == 200)
    }
  }

  @Test func `a monitor goes no further than the organization's quota`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      try api.database.connect().execute(
        """
        UPDATE organization SET most_monitors = 2, least_interval_s = 20, most_probes_per_s = 0.2
        """)
      func make(_ fields: String) async throws -> RawHTTP.Answer {
        try await api.send(
          "POST", "/api/v1/monitors", key: key,
          body: #"{"name":"q","check":{"kind":"http","url":"http://a/"},\#(fields)}"#)
      }
      let short = try await make(#""interval_s":10"#)
      expectProblem(short, 422, "invalid-fields")
      #expect(short.json["errors"]?.elements.first?["pointer"] == "/interval_s")
      expectProblem(
        try await make(#""interval_s":20,"regions":["a","b","c","d","e"]"#), 409, "conflict")
      let first = try await make(#""interval_s":20,"regions":["a","b"]"#)
      #expect(first.status == 201)
      let second = try await make(#""interval_s":20,"regions":["a","b","c"],"paused":true"#)
      #expect(second.status == 201)
      let paused = try #require(second.headers["location"])
      expectProblem(
        try await api.send("PATCH", paused, key: key, body: #"{"paused":false}"#), 409, "conflict")
      #expect(
        try await api.send("PATCH", paused, key: key, body: #"{"name":"r"}"#).status == 200)
      expectProblem(try await make(#""paused":true"#), 409, "conflict")
    }
  }
}
