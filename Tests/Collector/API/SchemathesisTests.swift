import Glibc
import JSON
import Store
import Testing

@testable import API

/// schemathesis reads the document and attacks the API with what it tells: right requests, wrong ones,
/// chains of them, with another organization's key and with none.
struct SchemathesisTests {
  private static let missing = "deploy/test puts schemathesis into .build/python"

  @Test(.enabled(if: PythonTools.isThere, "\(missing)"), .timeLimit(.minutes(10)))
  func `it finds nothing`() async throws {
    // The allowance has tests of its own; here it would end the attack.
    try await TestAPI.with(configure: { $0.rate.requests = 1_000_000 }) { api in
      let key = try api.key()
      // So that lists are not empty, and what hangs on an incident can be reached.
      _ = try await Outage.store(in: api, organization: "acme")
      _ = try await Outage.store(in: api, organization: "other")
      let keys: JSONValue = [
        "auth": [user("acme", key), user("other", try api.key(organization: "other"))]
      ]
      let auth = try TemporaryFile(keys.bytes, name: "auth.json")
      let settings = try PythonTools.text(of: "schemathesis.toml")
        .split(separator: "AUTH\"").joined(separator: auth.path + "\"")
      let config = try TemporaryFile(Array(settings.utf8), name: "schemathesis.toml")
      let seconds = getenv("UPBLIT_SCHEMATHESIS_SECONDS").map { String(cString: $0) } ?? "75"
      let run = try await PythonTools.run(
        "schemathesis",
        [
          "--config-file", config.path, "run", "http://127.0.0.1:\(api.port)/openapi.json",
          "--max-time", seconds, "--no-color",
        ])
      #expect(run.status == 0, "\(run.output)")
      // It must have come to every operation and every phase.
      for phase in ["Examples", "Coverage", "Fuzzing", "Stateful"] {
        #expect(run.output.contains(phase), "\(run.output)")
      }
    }
  }

  private func user(_ name: String, _ key: String) -> JSONValue {
    [
      "name": .string(name),
      "fixedHeaders": [["name": "Authorization", "value": .string("Bearer \(key)")]],
    ]
  }
}
