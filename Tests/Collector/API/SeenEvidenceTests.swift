import JSON
import Model
import Postgres
import TestSupport
import Testing

/// Evidence in the answer about an incident, and on the terminal.
struct SeenEvidenceTests {
  private static let hostile =
    "<script>alert(1)</script>\u{1b}[2J\u{1b}]0;owned\u{7}\r\nroot#\u{0}\u{202e}gnp.exe\u{61c}"

  /// Puts evidence beside the results of an outage: of each agent's failure, and of the good answer
  /// that followed in `ap`.
  private func addEvidence(_ outage: Outage, body: [UInt8], _ api: TestAPI) throws {
    try api.database.connect().query(
      """
      INSERT INTO evidence_part (
        monitor_key, started_at, organization_id, agent_key, stream_id, sequence, record_index,
        kind, content, received_at)
      SELECT r.monitor_key, r.started_at, r.organization_id, r.agent_key, s.id, r.sequence,
        r.record_index, p.kind, CASE
          WHEN p.kind = 1 THEN 'ipv4 192.0.2.1 443'
          WHEN p.kind = 2 THEN 'cf-ray: 1-' || a.region
          WHEN p.kind = 3 AND r.outcome = 0 THEN E'HTTP/1.1 200 OK\\nx: y\\n'
          WHEN p.kind = 3 THEN E'HTTP/1.1 503 No\\nx: y\\n'
          WHEN p.kind = 6 THEN E'a.example A, ttl 60: 192.0.2.1\\n'
          WHEN p.kind = 8 THEN
            E'tcp 192.0.2.1 443\\n' || (SELECT string_agg(n || E'  *\\n', '' ORDER BY n)
              FROM generate_series(1, 30) AS n)
          ELSE '' END::bytea || CASE WHEN p.kind = 4 THEN $2::bytea ELSE ''::bytea END, now()
      FROM result r JOIN ingest_stream s ON s.key = r.stream_key
      JOIN agent a ON a.key = r.agent_key
      CROSS JOIN unnest(ARRAY[1, 2, 3, 4, 6, 8]) AS p (kind)
      WHERE r.monitor_key = (SELECT key FROM monitor WHERE id = $1)
        AND (r.outcome > 0 OR (a.region = 'ap' AND r.record_index = 2))
      """, Identifier<Outage>(outage.monitor), body)
  }

  @Test func `an incident tells what its agents saw, whatever bytes it was`() async throws {
    try await TestAPI.with { api in
      let outage = try await Outage.store(in: api, organization: "acme")
      let body: [UInt8] = Array(Self.hostile.utf8) + [0xff, 0xfe]
      try addEvidence(outage, body: body, api)
      let path = "/api/v1/incidents/\(outage.incident)"
      let answer = try await api.send("GET", path, key: try api.key())
      let evidence = try #require(answer.json["evidence"]?.elements)
      #expect(evidence.map { $0["outcome"] } == ["ambiguous", "ambiguous", "ambiguous", "up"])
      #expect(evidence.map { $0["region"] } == ["ap", "eu", "us", "ap"])
      let first = try #require(evidence.first)
      #expect(first["agent"]?["name"] == "ap-1")
      #expect(first["monitor"]?.stringValue == outage.monitor)
      #expect(first["reason"] == "timeout.connect")
      #expect(first["address"] == "ipv4 192.0.2.1 443")
      #expect(first["presence"] == "cf-ray: 1-ap")
      #expect(first["headers"] == "HTTP/1.1 503 No\nx: y\n")
      #expect(first["body_excerpt"]?.stringValue == String(decoding: body, as: UTF8.self))
      #expect(first["body_excerpt_base64"]?.stringValue?.isEmpty == false)
      #expect(first["attempts"]?.isNull == true)
      #expect(first["resolver"] == "a.example A, ttl 60: 192.0.2.1\n")
      #expect(
        first["traceroute"]?.stringValue
          == "tcp 192.0.2.1 443\n" + (1...30).map { "\($0)  *\n" }.joined())
      let stranger = try await api.send("GET", path, key: try api.key(organization: "stranger"))
      #expect(stranger.status == 404)
      #expect(!stranger.text.contains("cf-ray"))
    }
  }

  @Test func `evidence that is another organization's is not told`() async throws {
    try await TestAPI.with { api in
      let outage = try await Outage.store(in: api, organization: "acme")
      try addEvidence(outage, body: [65], api)
      _ = try api.key(organization: "stranger")
      try api.database.connect().query(
        """
        UPDATE evidence_part SET organization_id =
          (SELECT id FROM organization WHERE name = 'stranger')
        """)
      let answer = try await api.send(
        "GET", "/api/v1/incidents/\(outage.incident)", key: try api.key())
      #expect(answer.json["evidence"] == [])
    }
  }

  @Test func `however much was kept, each transition's first pieces are told`() async throws {
    try await TestAPI.with { api in
      let outage = try await Outage.store(in: api, organization: "acme")
      try addEvidence(outage, body: [65], api)
      let connection = try api.database.connect()
      // Every agent said a thousand things more before the first verdict.
      try connection.query(
        """
        INSERT INTO evidence_part (
          monitor_key, started_at, organization_id, agent_key, stream_id, sequence, record_index,
          kind, content, received_at)
        SELECT monitor_key, $1::timestamptz + n * interval '1 ms', organization_id, agent_key,
          stream_id, sequence, 100 + n, kind, content, received_at
        FROM evidence_part, generate_series(1, 1000) AS n WHERE kind = 1 AND record_index = 1
        """, Timestamp(milliseconds: Outage.start))
      let answer = try await api.send(
        "GET", "/api/v1/incidents/\(outage.incident)", key: try api.key())
      let evidence = try #require(answer.json["evidence"]?.elements)
      let down = evidence.filter { $0["verdict"]?.stringValue == outage.verdict }
      #expect(down.count == 9)
      #expect(Set(down.compactMap { $0["region"]?.stringValue }).count == 3)
      #expect(evidence.contains { $0["outcome"] == "up" })
      #expect(evidence.count == 13)
    }
  }

  @Test func `a person sees failures and a good answer, and no byte moves the terminal`()
    async throws
  {
    try await TestAPI.with { api in
      let outage = try await Outage.store(in: api, organization: "acme")
      try addEvidence(outage, body: Array(Self.hostile.utf8), api)
      let shown = try await CommandLineProgram.run(
        ["incident", "show", outage.incident],
        environment: [
          "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": try api.key(),
          "HOME": "/nonexistent",
        ])
      #expect(shown.status == 0, "\(shown.errors)")
      let section = try #require(shown.output.firstRange(of: "\nEvidence\n"))
      let text = String(shown.output[section.lowerBound...])
      let one = #"""
          00:01:00  ap  ap-1  fails (timeout.connect)
            address   ipv4 192.0.2.1 443
            edge      cf-ray: 1-ap
            headers   HTTP/1.1 503 No
                      x: y
            body      <script>alert(1)</script>\u{1b}[2J\u{1b}]0;owned\u{7}
                      root#\u{0}\u{202e}gnp.exe\u{61c}
            resolver  a.example A, ttl 60: 192.0.2.1
            route     tcp 192.0.2.1 443
                      1  *

        """#
      #expect(text.hasPrefix("\nEvidence\n" + one), "\(text)")
      // A way is shown whole, however long.
      #expect(text.contains("              30  *\n"))
      #expect(
        text.contains("\n  a good answer, to compare\n  00:02:00  ap  ap-1  up  status 200\n"))
      let dangerous = text.unicodeScalars.filter {
        ($0.value < 32 && $0 != "\n") || $0.value == 0x202e || $0.value == 0x61c
      }
      #expect(dangerous.isEmpty)
    }
  }
}
