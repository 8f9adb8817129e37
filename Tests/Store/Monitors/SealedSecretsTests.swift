import Checks
import JSON
import Model
import OpenSSL
import Postgres
import TestSupport
import Testing

@testable import Store

/// Secrets of checks: in the database only sealed, to the agent in clear.
struct SealedSecretsTests {
  private static var draft: MonitorDraft {
    var check = HTTPCheck(url: "https://a.test/")
    check.headers = [
      RequestHeader(name: "Authorization", value: "Bearer s3cret"),
      RequestHeader(name: "Accept", value: "text/html"),
    ]
    return MonitorDraft(name: "a", check: .http(check))
  }

  /// Everything that the table of monitors holds, as text.
  private static func dump(_ connection: Connection) throws -> String {
    try connection.query("SELECT string_agg(m::text, ' ') FROM monitor AS m").first?.get(0) ?? ""
  }

  @Test func `a dump of the database tells no secret, and the agent is given it`() throws {
    let scene = try DecisionScene()
    let key = try InstallationTests.key(1)
    let agent = try scene.addAgent("eu")
    let organization = OrganizationID(rawValue: scene.organization)
    let made = try MonitorQueries.create(
      organization: organization, sealing: key, on: scene.connection
    ) { _ in Self.draft }
    #expect(made.draft == Self.draft)
    let dump = try Self.dump(scene.connection)
    #expect(dump.contains("text/html") && !dump.contains("s3cret"))
    try scene.reconcile()
    let given = try AgentAssignment.load(agentKey: agent, sealing: key, scene.connection)
    #expect(given.targets.map(\.question) == [.check(Self.draft.check)])
    let asked = try AgentAssignment.targets(
      of: [made.slot], agentKey: agent, sealing: key, scene.connection)
    #expect(asked.map(\.question) == [.check(Self.draft.check)])
  }

  @Test func `what is sealed for one try opens for no other, and for no monitor`() throws {
    let key = try InstallationTests.key(1)
    let (one, other) = (ProbeRequestID(high: 1, low: 1), ProbeRequestID(high: 1, low: 2))
    let sealed = try SealedSecrets.seal(["s3cret"], tried: one, key)
    #expect(try SealedSecrets.open(sealed, tried: one, key) == ["s3cret"])
    #expect(throws: OpenSSLError.self) { try SealedSecrets.open(sealed, tried: other, key) }
    #expect(throws: OpenSSLError.self) {
      try SealedSecrets.open(sealed, monitor: MonitorID(high: 1, low: 1), key)
    }
  }

  @Test func `a changed secret is a new question, and one that is gone is not kept`() throws {
    let scene = try DecisionScene()
    let key = try InstallationTests.key(1)
    let organization = OrganizationID(rawValue: scene.organization)
    let made = try MonitorQueries.create(
      organization: organization, sealing: key, on: scene.connection
    ) { _ in Self.draft }
    let changed = try MonitorQueries.change(
      made.id, organization: organization, sealing: key, on: scene.connection
    ) { _, draft in
      guard case .http(var check) = draft.check else { return }
      check.headers[0].value = "Bearer 0ther"
      draft.check = .http(check)
    }
    #expect(changed?.epoch == 2)
    #expect(try CheckDocument.secrets(of: #require(changed).draft.check) == ["Bearer 0ther"])
    _ = try MonitorQueries.change(
      made.id, organization: organization, sealing: key, on: scene.connection
    ) { _, draft in draft.check = .tcp(TCPCheck(host: "a.test", port: 1)) }
    let rows = try scene.connection.query("SELECT secrets IS NULL FROM monitor")
    #expect(try rows.first?.get(0, as: Bool.self) == true)
  }

  @Test func `secrets moved to another monitor's row open for nobody`() throws {
    let scene = try DecisionScene()
    let key = try InstallationTests.key(1)
    let agent = try scene.addAgent("eu")
    let organization = OrganizationID(rawValue: scene.organization)
    let stolen = try MonitorQueries.create(
      organization: organization, sealing: key, on: scene.connection
    ) { _ in Self.draft }
    let thief = try MonitorQueries.create(
      organization: organization, sealing: key, on: scene.connection
    ) { _ in Self.draft }
    try scene.connection.query(
      """
      UPDATE monitor SET secrets = (SELECT secrets FROM monitor WHERE key = $1) WHERE key = $2
      """, stolen.key, thief.key)
    let shown = try MonitorQueries.list(
      after: nil, limit: 10, organization: organization, sealing: key, on: scene.connection)
    #expect(shown.map(\.draft.secretsAreLost) == [false, true])
    #expect(CheckDocument.secrets(of: shown[1].draft.check) == [""])
    try scene.reconcile()
    let given = try AgentAssignment.load(agentKey: agent, sealing: key, scene.connection)
    #expect(given.unreadable == [thief.key])
    #expect(given.targets.map(\.monitor) == [stolen.id])
  }

  @Test func `secrets that don't open are kept as they are, until the check is given anew`() throws
  {
    let scene = try DecisionScene()
    let key = try InstallationTests.key(1)
    let organization = OrganizationID(rawValue: scene.organization)
    let made = try MonitorQueries.create(
      organization: organization, sealing: key, on: scene.connection
    ) { _ in Self.draft }
    try scene.connection.query("UPDATE monitor SET secrets = $1", [UInt8](repeating: 9, count: 60))
    func change(_ document: String) throws -> MonitorRecord? {
      try MonitorQueries.change(
        made.id, organization: organization, sealing: key, on: scene.connection
      ) { record, draft in
        var reader = ObjectReader(try JSONValue(parsing: document))
        draft.change(&reader, inheriting: record.organizationPolicy)
        try reader.finish()
      }
    }
    func stored() throws -> [UInt8]? {
      try #require(try scene.connection.query("SELECT secrets FROM monitor").first).get(0)
    }
    let renamed = try #require(try change(#"{"name":"other"}"#))
    #expect(renamed.draft.name == "other" && renamed.draft.secretsAreLost)
    #expect(try stored() == [UInt8](repeating: 9, count: 60))
    let kept = #"""
      {"check":{"kind":"http","url":"https://a.test/",
      "headers":[{"name":"Authorization","value":null,"secret":true}]}}
      """#
    #expect(throws: FieldErrors.self) { try change(kept) }
    let given = kept.replacing(#"null,"secret":true"#, with: #""Bearer n3w""#)
    let mended = try #require(try change(given))
    #expect(!mended.draft.secretsAreLost)
    #expect(CheckDocument.secrets(of: mended.draft.check) == ["Bearer n3w"])
  }
}
