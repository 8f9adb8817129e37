import JSON
import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `Replaying an incident` {
  @Test func `a story that nobody touched is identical`() throws {
    let story = try OutageStory()
    let report = try story.replay()
    #expect(report.differences.map(\.what) == [])
    #expect(report.isIdentical)
    #expect(report.verdicts == 2)
    #expect(report.storedEngines == [EngineVersion.current])
    let (first, last) = (try #require(report.firstStep), try #require(report.lastStep))
    #expect(report.steps == Int(last - first + 1))
    #expect(report.steps > 10)
    #expect(try VerdictChain.check(monitor: story.monitor, story.scene.connection).isEmpty)
  }

  @Test func `a regional story and an open incident are identical as well`() throws {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.wait(0)
    try scene.answer { _ in .up }
    try scene.tell(monitor, agents[0], .ambiguous)
    for _ in 0..<4 {
      try scene.answer { $0 == agents[0] ? .ambiguous : .up }
      try scene.wait(15_000)
    }
    #expect(try scene.verdicts(monitor) == ["up", "regional"])
    let incident = try #require(
      try IncidentQueries.list(
        .init(state: .open, monitor: monitor), after: nil, limit: 1,
        organization: OrganizationID(rawValue: scene.organization), on: scene.connection
      ).first)
    let report = try IncidentReplay.run(incident, scene.connection)
    #expect(report.differences.map(\.what) == [])
    #expect(report.isIdentical)
  }

  @Test func `a log of more than one page and several stored states is identical`() throws {
    let story = try OutageStory()
    let scene = story.scene
    try scene.tell(story.monitor, story.agents[1], .attributable)
    try scene.answer { _ in .attributable }
    for index in 0..<260 {
      try scene.tell(
        story.monitor, story.agents[index % 3], index % 2 == 0 ? .ambiguous : .attributable)
      try scene.stepAll()
    }
    let report = try story.replay()
    #expect(report.differences.map(\.what) == [])
    #expect(report.isIdentical)
    #expect(report.steps > 200)
    let snapshots: Int64 = try scene.database.value(
      "SELECT count(*) FROM quorum_log WHERE before IS NOT NULL AND number > 200")
    #expect(snapshots >= 1)
  }

  struct Tampering: Sendable, CustomTestStringConvertible {
    var name: String
    var sql: SQL
    var what: String
    var isOfVerdicts = false
    var testDescription: String { name }
  }

  @Test(arguments: [
    Tampering(
      name: "a vote",
      sql: "UPDATE verdict SET votes = jsonb_set(votes, '{1,kind}', '\"up\"') WHERE id = $1",
      what: "votes/1/kind", isOfVerdicts: true),
    Tampering(
      name: "the policy",
      sql: "UPDATE verdict SET policy = '{\"kind\": \"any\"}' WHERE id = $1", what: "policy/kind",
      isOfVerdicts: true),
    Tampering(
      name: "a verdict's digest",
      sql: "UPDATE verdict SET digest = sha256('x') WHERE id = $1", what: "digest",
      isOfVerdicts: true),
    Tampering(
      name: "an agent's name in a vote",
      sql: """
        UPDATE verdict SET votes = jsonb_set(votes, '{1,agentID}', '"x"') WHERE id = $1
        """, what: "digest", isOfVerdicts: true),
    Tampering(
      name: "an event",
      sql: """
        UPDATE quorum_log SET event = jsonb_set(event, '{change,observed,_0,kind}', '"up"')
        WHERE number = (SELECT log_last FROM verdict WHERE id = $1)
        """, what: "directives/0"),
    Tampering(
      name: "a detail of an event",
      sql: """
        UPDATE quorum_log SET event = jsonb_set(
          event, '{panel,seats,0,voter,presence,watermarkMs}', '7')
        WHERE number = (SELECT log_last FROM verdict WHERE id = $1)
        """, what: "digest (its event, the state before it or the digest was changed)"),
    Tampering(
      name: "a step's digest",
      sql: """
        UPDATE quorum_log SET digest = sha256('x')
        WHERE number = (SELECT log_last FROM verdict WHERE id = $1)
        """, what: "digest (its event, the state before it or the digest was changed)"),
    Tampering(
      name: "a step",
      sql: """
        DELETE FROM quorum_log WHERE number = (SELECT log_last FROM verdict WHERE id = $1)
        """, what: "it is missing"),
    Tampering(
      name: "the incident",
      sql: """
        UPDATE incident SET started_at = started_at + interval '1 minute' WHERE opening_verdict = $1
        """, what: "started_at"),
    Tampering(
      name: "a verdict that nobody gave",
      sql: """
        INSERT INTO verdict (monitor_key, organization_id, epoch, started_at, decided_at, verdict,
          policy, tally, votes, engine, log_first, log_last)
        SELECT monitor_key, organization_id, epoch, started_at, decided_at, 'up', policy, tally,
          votes, engine, log_first, log_last FROM verdict WHERE id = $1
        """, what: "verdict", isOfVerdicts: true),
  ])
  func `what was changed in the database is found and named`(_ tampering: Tampering) throws {
    let story = try OutageStory()
    let incident = try story.incident
    try story.scene.connection.query(tampering.sql, incident.openingVerdict)
    let report = try story.replay()
    #expect(!report.isIdentical)
    let found = report.differences.map(\.what)
    #expect(found.contains(tampering.what), "\(found)")
    let chain = try VerdictChain.check(monitor: story.monitor, story.scene.connection)
    #expect(chain.isEmpty != tampering.isOfVerdicts, "\(chain)")
  }
}
