import HTTPTypes
import JSON
import Model
import Postgres
import Store
import TestSupport
import Testing

@testable import API

struct CauseAPITests {
  /// Two closed incidents of one cause, and one that stands alone.
  private func store(in api: TestAPI) async throws -> (web: Outage, shop: Outage, alone: Outage) {
    let web = try await Outage.store(in: api, organization: "acme", name: "web")
    let shop = try await Outage.store(in: api, organization: "acme", name: "shop")
    let alone = try await Outage.store(in: api, organization: "acme", name: "mail")
    let connection = try api.database.connect()
    try connection.query(
      "UPDATE monitor SET name = $1 WHERE name = 'web'", "web\u{1b}[2J")
    try connection.query(
      """
      WITH made AS (
        INSERT INTO cause (id, organization_id, kind, lead_key, started_at, ended_at,
          members)
        SELECT gen_random_uuid(), organization_id, 'many', key, $3, $4, 2 FROM monitor WHERE id = $1
        RETURNING id
      )
      UPDATE incident SET cause_id = made.id FROM made
      WHERE monitor_key IN (SELECT key FROM monitor WHERE id IN ($1, $2))
      """, try #require(MonitorID(web.monitor)), try #require(MonitorID(shop.monitor)),
      Timestamp(milliseconds: Outage.start), Timestamp(milliseconds: Outage.start + 300_000))
    return (web, shop, alone)
  }

  @Test func `an incident tells what it has in common with others, and with which`() async throws {
    try await TestAPI.with { api in
      let (web, shop, alone) = try await store(in: api)
      let key = try api.key()
      let list = try await api.send("GET", "/api/v1/incidents", key: key)
      let causes = try #require(list.json["items"]?.elements).map {
        $0["cause"]?["members"] ?? .null
      }
      #expect(causes.count { $0 == 2 } == 2 && causes.count { $0.isNull } == 1)
      let shown = try await api.send("GET", "/api/v1/incidents/\(shop.incident)", key: key)
      let cause = try #require(shown.json["cause"])
      #expect(cause["kind"] == "many")
      #expect(cause["lead"]?["id"]?.stringValue == web.monitor)
      #expect(cause["ended_at"]?.stringValue != nil)
      #expect(shown.json["members"]?.elements.map { $0["id"]?.stringValue } == [web.incident])
      #expect(shown.json["members"]?.elements.first?["open"] == false)
      let other = try await api.send("GET", "/api/v1/incidents/\(alone.incident)", key: key)
      #expect(other.json["cause"] == .null)
      #expect(other.json["members"] == [])
    }
  }

  @Test func `the command line says so in words, and shows no control characters`() async throws {
    try await TestAPI.with { api in
      let (web, shop, alone) = try await store(in: api)
      let environment = [
        "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": try api.key(),
        "HOME": "/nonexistent",
      ]
      func run(_ arguments: String...) async throws -> String {
        let outcome = try await CommandLineProgram.run(arguments, environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
      }
      let list = try await run("incident", "list")
      #expect(list.contains("CAUSE      TARGET"), "\(list)")
      #expect(list.contains("2 at once  https://example.org/"), "\(list)")
      let shown = try await run("incident", "show", shop.incident)
      let name = "web\\u{1b}[2J"
      #expect(
        shown.contains(
          """
          one of 2 that went down at once, \(name) first
            \(web.incident.prefix(8))  closed  \(name)

          """), "\(shown)")
      let other = try await run("incident", "show", alone.incident)
      #expect(!other.contains("one of"))
    }
  }
}
