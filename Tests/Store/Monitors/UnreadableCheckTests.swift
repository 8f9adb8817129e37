import Checks
import JSON
import Model
import OpenSSL
import Postgres
import TestSupport
import Testing

@testable import Store

/// Monitors whose stored check this release can't read.
struct UnreadableCheckTests {
  private let scene: DecisionScene
  private let key: SealingKey
  private let organization: OrganizationID
  private let broken: MonitorRecord
  private let sound: MonitorRecord

  init() throws {
    scene = try DecisionScene()
    key = try InstallationTests.key(1)
    organization = OrganizationID(rawValue: scene.organization)
    var check = HTTPCheck(url: "https://a.test/")
    check.headers = [RequestHeader(name: "Authorization", value: "Bearer s3cret")]
    broken = try MonitorQueries.create(
      organization: organization, sealing: key, on: scene.connection
    ) { _ in MonitorDraft(name: "broken", check: .http(check)) }
    sound = try MonitorQueries.create(
      organization: organization, sealing: key, on: scene.connection
    ) { _ in
      MonitorDraft(name: "sound", check: .tcp(TCPCheck(host: "a.test", port: 1)))
    }
    try scene.connection.query(
      "UPDATE monitor SET \"check\" = $2 WHERE key = $1", broken.key,
      JSONText(#"{"kind":"http","url":7,"colour":"red"}"#))
  }

  private func change(_ document: String) throws -> MonitorRecord? {
    try MonitorQueries.change(
      broken.id, organization: organization, sealing: key, on: scene.connection
    ) { record, draft in
      var reader = ObjectReader(try JSONValue(parsing: document))
      draft.change(&reader, inheriting: record.organizationPolicy)
      try reader.finish()
    }
  }

  private func stored() throws -> String {
    let rows = try scene.connection.query(
      """
      SELECT kind || ' ' || target || ' ' || ("check"->>'colour') || ' ' || (secrets IS NOT NULL)
      FROM monitor WHERE key = $1
      """, broken.key)
    return try #require(rows.first).get(0)
  }

  @Test func `are listed with the reason, and the others as they are`() throws {
    let list = try MonitorQueries.list(
      after: nil, limit: 10, organization: organization, sealing: key, on: scene.connection)
    #expect(list.map(\.draft.name) == ["broken", "sound"])
    #expect(list[0].draft.checkProblem?.contains("/url") == true)
    #expect(list[0].draft.secretsAreLost == false)
    #expect(list[0].kind == "http")
    #expect(list[1] == sound)
  }

  @Test func `are given to no agent`() throws {
    let agent = try scene.addAgent("eu")
    try scene.reconcile()
    let given = try AgentAssignment.load(agentKey: agent, sealing: key, scene.connection)
    #expect(given.unreadable == [broken.key])
    #expect(given.targets.map(\.monitor) == [sound.id])
  }

  @Test func `keep what is stored when other fields change, and can be replaced or deleted`() throws
  {
    let renamed = try #require(try change(#"{"name":"other","paused":true}"#))
    #expect(renamed.draft.name == "other" && renamed.draft.checkProblem != nil)
    #expect(try stored() == "http https://a.test/ red true")
    let kept = #"""
      {"check":{"kind":"http","url":"https://a.test/",
      "headers":[{"name":"Authorization","value":null,"secret":true}]}}
      """#
    #expect(throws: FieldErrors.self) { try change(kept) }
    let mended = try #require(try change(#"{"check":{"kind":"tcp","host":"b.test","port":2}}"#))
    #expect(mended.draft.checkProblem == nil && mended.draft.check.target == "b.test:2")
    #expect(mended.epoch > broken.epoch)
    #expect(
      try MonitorQueries.delete(sound.id, organization: organization, on: scene.connection))
  }

  @Test func `and conditions that were judged once are read as they stand`() throws {
    // No condition, as of a later release: an agent says so, and nobody compiles it here.
    let text = #"{"kind":"tcp","host":"a.test","port":1,"conditions":["[MOON] == full"]}"#
    #expect(throws: FieldErrors.self) { try CheckDocument.decode(text) }
    #expect(try CheckDocument.decodeJudged(text).common.conditions == ["[MOON] == full"])
    let http = #"{"kind":"http","url":"http://a/","conditions":["[STATUS] == 404"]}"#
    #expect(try CheckDocument.decodeJudged(http) == CheckDocument.decode(http))
  }
}
