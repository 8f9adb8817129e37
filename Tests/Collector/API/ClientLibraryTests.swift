import JSON
import TestSupport
import Testing
import UpblitClient

/// The client library against a real collector.
struct ClientLibraryTests {
  @Test func `the example does what it says`() async throws {
    try await TestAPI.with { api in
      let (server, key) = ("http://127.0.0.1:\(api.port)", try api.key())
      #expect(try await ClientExample.report(server: server, key: key) == ["shop is new"])
      #expect(try await ClientExample.report(server: server, key: key) == ["shop is pending"])
      let client = try client(api, key)
      let shop = try #require(try await client.monitors.list().all().first)
      #expect(try await ClientExample.calmDown(shop.id, client).intervalSeconds == 60)
    }
  }

  @Test func `things have their fields`() async throws {
    try await TestAPI.with { api in
      let client = try client(api, try api.key())
      let me = try await client.me()
      #expect(me.organizationName == "acme" && me.keyName == "test")
      #expect(me.scopes.contains("monitors:read"))
      let made = try await client.monitors.create([
        "name": "db", "check": ["kind": "tcp", "host": "::1", "port": 5432],
      ])
      #expect(made.target == "[::1]:5432" && made.state == "pending" && made.inheritsPolicy)
      #expect(try await client.organization().name == "acme")
      #expect(try await client.status().monitors["total"] == 1)
      #expect(try await client.results(of: made.id).all().isEmpty)
      #expect(try await client.uptime(of: made.id).coverage == 0)
      let token = try await client.enrolmentTokens.create(["region": "eu"])
      #expect(token.token?.hasPrefix("upb_enr_") == true && token.state == "open")
      try await client.enrolmentTokens.delete(token.id)
      #expect(try await client.enrolmentTokens.get(token.id).state == "revoked")
      let maintenance = try await client.maintenances.create([
        "title": "disks", "all_monitors": true, "duration_s": 3600,
      ])
      #expect(maintenance.name == "disks" && maintenance.isForAllMonitors)
      try await client.monitors.delete(made.id)
      #expect(try await client.monitors.list().all().isEmpty)
    }
  }

  @Test func `many pages and many requests at once come whole`() async throws {
    try await TestAPI.with { api in
      let client = try client(api, try api.key())
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<20 {
          group.addTask {
            _ = try await client.enrolmentTokens.create(["name": .string("t\(number)")])
          }
        }
        try await group.waitForAll()
      }
      #expect(try await client.enrolmentTokens.list().all().count == 20)
      #expect(try await client.enrolmentTokens.list(limit: 7).all().count == 7)
    }
  }

  @Test func `a refusal has its status and fields`() async throws {
    try await TestAPI.with { api in
      let client = try client(api, try api.key())
      do throws(APIError) {
        _ = try await client.monitors.create(["name": "x", "check": ["kind": "http"]])
        Issue.record("nothing was thrown")
      } catch {
        guard case .problem(let problem) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(problem.status == 422 && problem.kind == "invalid-fields")
        #expect(problem.errors.contains { $0.pointer.hasPrefix("/check") })
        #expect(problem.requestID?.isEmpty == false)
      }
    }
  }

  private func client(_ api: TestAPI, _ key: String) throws -> APIClient {
    try APIClient(
      ClientConfiguration(
        server: try ServerAddress("http://127.0.0.1:\(api.port)"), credential: Credential(key)))
  }
}
