import JSON
import Model
import OpenSSL
import Postgres
import TestSupport
import Testing

@testable import Store

/// A check that is tried from every region, from outside.
struct CheckAPITests {
  private static let body = """
    {"check":{"kind":"http","url":"http://a/","headers":[
    {"name":"authorization","value":"Bearer hush","secret":true}]},"timeout_ms":60000}
    """

  @Test func `one live agent in each region is asked, and each answer is told once it is there`()
    async throws
  {
    try await TestAPI.with { api in
      let key = try api.key()
      let connection = try api.database.connect()
      let acme = try OrganizationQueries.findOrCreate(name: "acme", on: connection).rawValue
      let stranger = try OrganizationQueries.findOrCreate(name: "stranger", on: connection).rawValue
      let ap = try api.liveAgent(region: "ap")
      _ = try api.liveAgent(region: "eu")
      let eu = try api.liveAgent(region: "eu", organization: acme)
      let us = try api.database.addAgent(name: "us", region: "us")
      _ = try api.liveAgent(region: "them", organization: stranger)

      let asked = try await api.send("POST", "/api/v1/checks", key: key, body: Self.body)
      #expect(asked.status == 201 && !asked.text.contains("hush"), "\(asked.text)")
      let path = try #require(asked.headers["location"])
      let regions = asked.json["regions"]?.elements ?? []
      #expect(regions.map { $0["region"] } == ["ap", "eu", "us"])
      #expect(regions.map { $0["outcome"] } == [.null, .null, "unknown"])
      #expect(regions.last?["reason"] == "agent.absent" && regions.last?["agent"] == .null)
      let own: AgentID = try #require(
        try connection.query("SELECT id FROM agent WHERE key = $1", eu).first
      ).get(0)
      #expect(regions.dropFirst().first?["agent"] == .string(own.description))

      let sealing = try #require(SealingKey([UInt8](repeating: 7, count: SealingKey.byteCount)))
      let questions = try CheckTries.take(agent: ap, sealing: sealing, connection)
      let question = try #require(questions.first)
      #expect(questions.count == 1 && question.deadlineMs == 62_000)
      guard case .check(.http(let check)) = question.target.question else {
        Issue.record("\(question)")
        return
      }
      #expect(check.headers.map(\.value) == ["Bearer hush"])
      #expect(try CheckTries.take(agent: ap, sealing: sealing, connection).isEmpty)

      var record = ProbeRecord(
        slot: 0, startedAtMs: 1, total: 305,
        phases: Phases(dns: 10, connect: 21, tls: 21, firstByte: 300), outcome: .up, status: 200)
      record.address = .ipv4(0xc000_0201)
      try CheckTries.answer(
        question.id, TryAnswer(record, attempts: Array("one\ntwo\n".utf8)), agent: ap, connection)
      var told = try await api.send("GET", path, key: key)
      #expect(told.json["state"] == "running")
      let first = try #require(told.json["regions"]?.elements.first)
      #expect(first["outcome"] == "up" && first["status"] == 200 && first["reason"] == .null)
      #expect(first["address"] == "192.0.2.1" && first["attempts"] == ["one", "two"])
      #expect(first["phases_ms"]?["connect"] == .number(2.1))
      #expect(first["phases_ms"]?["total"] == .number(30.5))

      // Whoever was not asked has no say, and who has answered none any more.
      record.outcome = .failed(Failure(.tcpRefused, detail: "refused"))
      let refused = TryAnswer(record, attempts: [])
      for agent in [us, ap] {
        try CheckTries.answer(question.id, refused, agent: agent, connection)
      }
      told = try await api.send("GET", path, key: key)
      #expect(told.json["regions"]?.elements.map { $0["outcome"] } == ["up", .null, "unknown"])
      try CheckTries.answer(question.id, refused, agent: eu, connection)
      told = try await api.send("GET", path, key: key)
      #expect(told.json["state"] == "done")
      #expect(told.json["regions"]?.elements[1]["reason_text"] == "the connection was refused")

      let theirs = try api.key(organization: "stranger")
      expectProblem(try await api.send("GET", path, key: theirs), 404, "not-found")
      let reader = try api.key(scopes: [.monitorsRead, .resultsRead])
      expectProblem(try await api.send("GET", path, key: reader), 403, "insufficient-scope")
      expectProblem(
        try await api.send("POST", "/api/v1/checks", key: reader, body: Self.body), 403,
        "insufficient-scope")
      #expect(try api.database.value("SELECT count(*) FROM result", as: Int64.self) == 0)
      let audit = try api.database.value(
        "SELECT string_agg(a::text, ' ') FROM audit a", as: String.self)
      #expect(audit.contains("check.try") && !audit.contains("hush"))
    }
  }

  @Test func `who does not answer in time was silent, and after minutes nothing is left`()
    async throws
  {
    try await TestAPI.with { api in
      let key = try api.key()
      let connection = try api.database.connect()
      let agent = try api.liveAgent(region: "eu")
      let asked = try await api.send(
        "POST", "/api/v1/checks", key: key,
        body: #"{"check":{"kind":"tcp","host":"a","port":1},"regions":["eu","nowhere"]}"#)
      let path = try #require(asked.headers["location"])
      #expect(asked.json["regions"]?.elements[1]["reason"] == "agent.absent")
      let sealing = try #require(SealingKey([UInt8](repeating: 7, count: SealingKey.byteCount)))
      try connection.query("UPDATE check_try SET expires_at = now()")
      #expect(try CheckTries.take(agent: agent, sealing: sealing, connection).isEmpty)
      let id: ProbeRequestID = try #require(
        try connection.query("SELECT id FROM check_try").first
      ).get(0)
      try CheckTries.answer(id, TryAnswer(unasked: .agentBusy), agent: agent, connection)
      let told = try await api.send("GET", path, key: key)
      #expect(told.json["state"] == "done")
      #expect(told.json["regions"]?.elements.first?["reason"] == "agent.silent")
      #expect(try CheckTries.clear(on: connection) == 0)
      try connection.query("UPDATE check_try SET expires_at = now() - interval '11 minutes'")
      #expect(try CheckTries.clear(on: connection) == 1)
      expectProblem(try await api.send("GET", path, key: key), 404, "not-found")
      #expect(
        try api.database.value("SELECT count(*) FROM check_try_region", as: Int64.self) == 0)
    }
  }

  @Test func `an organization tries no more than it may`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let connection = try api.database.connect()
      _ = try api.liveAgent(region: "eu")
      func ask() async throws -> RawHTTP.Answer {
        try await api.send("POST", "/api/v1/checks", key: key, body: Self.body)
      }
      for _ in 0..<3 { #expect(try await ask().status == 201) }
      let open = try await ask()
      expectProblem(open, 429, "rate-limited")
      #expect(open.headers["retry-after"] == "1")
      try connection.query("UPDATE check_try_region SET answer = '{}'")
      try connection.query(
        """
        INSERT INTO check_try (id, organization_id, "check", timeout_ms, asked, asked_at, expires_at)
        SELECT gen_random_uuid(), organization_id, "check", 1, 1, now() - interval '50 seconds', now()
        FROM check_try CROSS JOIN generate_series(1, 9)
        """)
      let many = try await ask()
      expectProblem(many, 429, "rate-limited")
      #expect((1...10).contains(Int(many.headers["retry-after"] ?? "") ?? 0))
      // Others have a bound of their own.
      let other = try await api.send(
        "POST", "/api/v1/checks", key: api.key(organization: "other"), body: Self.body)
      #expect(other.status == 201)
      try connection.query("UPDATE check_try SET asked_at = now() - interval '61 seconds'")
      try connection.query("UPDATE organization SET most_probes_per_s = 0.01")
      expectProblem(try await ask(), 409, "conflict")
      try connection.query("UPDATE organization SET most_probes_per_s = 0.02")
      #expect(try await ask().status == 201)
      expectProblem(try await ask(), 409, "conflict")
    }
  }

  @Test(arguments: [
    (#"{"check":{"kind":"http","url":"http://a/"},"timeout_ms":60001}"#, "/timeout_ms"),
    (#"{"check":{"kind":"http"}}"#, "/check/url"), (#"{"regions":null}"#, "/check"),
    (#"{"check":{"kind":"icmp","host":"a"},"regions":["A"]}"#, "/regions/0"),
    (#"{"check":{"kind":"icmp","host":"a"},"name":"x"}"#, "/name"),
  ])
  func `what is no check is refused with its place`(_ body: String, _ pointer: String) async throws
  {
    let api = try await SharedAPI.shared()
    let answer = try await api.send("POST", "/api/v1/checks", key: api.key(), body: body)
    expectProblem(answer, 422, "invalid-fields")
    #expect(answer.json["errors"]?.elements.first?["pointer"] == .string(pointer), "\(answer.text)")
  }
}

extension TestAPI {
  /// An agent that was heard just now; gives its key.
  func liveAgent(region: String, organization: Int32? = nil) throws -> Int32 {
    let agent = try database.addAgent(
      name: "\(region) \(organization ?? 0)", region: region, organization: organization)
    try database.connect().query(
      """
      INSERT INTO agent_live (
        agent_key, boot_id, seen_at, connected_since, watermark_ms, mono_now_ms,
        assignment_revision, spool_bytes, dropped, loop_lag_ms, canaries, clock_steps, failing)
      VALUES ($1, $2, now() + interval '5 minutes', now(), 0, 0, 0, 0, 0, 0, 0, 0, 0)
      """, agent, BootID.random())
    return agent
  }
}
