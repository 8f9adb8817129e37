import Alerts
import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `What people are told` {
  private func list(
    _ scene: DecisionScene, _ filter: NoticeQueries.Filter = NoticeQueries.Filter()
  ) throws -> [NoticeQueries.Record] {
    try NoticeQueries.list(
      filter, before: nil, limit: 200, organization: OrganizationID(rawValue: scene.organization),
      on: scene.connection
    ).reversed()
  }

  private func words(_ notices: [NoticeQueries.Record]) -> [String] {
    notices.map { "\($0.kind) \($0.urgency) \($0.verdict)" }
  }

  private func incidents(
    _ scene: DecisionScene, _ monitor: Int64
  ) throws -> [IncidentQueries.Record] {
    try IncidentQueries.list(
      .init(monitor: monitor), after: nil, limit: 200,
      organization: OrganizationID(rawValue: scene.organization), on: scene.connection
    ).reversed()
  }

  /// A monitor of three regions that is up.
  private func upScene() throws -> (scene: DecisionScene, monitor: Int64, agents: [AgentKey]) {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.wait(0)
    try scene.answer { _ in .up }
    try scene.wait(60_000)
    return (scene, monitor, agents)
  }

  @Test func `is stored with the incident, once, in order, with words for a message`() throws {
    let story = try OutageStory()
    let notices = try list(story.scene)
    #expect(words(notices) == ["began page down", "ended notify down"])
    let incident = try story.incident
    #expect(notices.map(\.incident) == [incident.id, incident.id])
    #expect(notices.map(\.createdAt) == [incident.decidedAt, incident.recoveredAt])
    #expect(notices.map(\.at) == [incident.startedAt, incident.endedAt])
    #expect(notices.map(\.verdictID) == [incident.openingVerdict, incident.closingVerdict])
    #expect(Set(notices.map(\.id)).count == 2)
    let seconds =
      (try #require(incident.endedAt).milliseconds - incident.startedAt.milliseconds) / 1_000
    #expect(
      notices.map(NoticeWords.text) == [
        "monitor is down: 3 of 3 regions fail, told by \(story.agents[0])",
        "monitor is up again after \(seconds) s",
      ])
    let told = notices.compactMap { AlertNotice($0) }
    #expect(told.map(\.key.text) == ["inc_\(incident.id)", "inc_\(incident.id)"])
    #expect(notices.first?.body.target == "http://example.org/")
    let ofIncident = try NoticeQueries.list(
      of: incident.id, limit: 9, organization: OrganizationID(rawValue: story.scene.organization),
      on: story.scene.connection)
    #expect(ofIncident == notices)
    #expect(try list(story.scene, NoticeQueries.Filter(urgency: "page")).count == 1)
    #expect(try list(story.scene, NoticeQueries.Filter(monitor: -1)).isEmpty)
    #expect(try story.replay().isIdentical)
  }

  @Test func `keeps the name that the monitor had`() throws {
    let story = try OutageStory()
    try story.scene.connection.query("UPDATE monitor SET name = 'renamed', target = 'x'")
    #expect(try list(story.scene).allSatisfy { $0.body.monitorName == "monitor" })
  }

  @Test func `of a region that is cut off names it, and reaches nobody's bed`() throws {
    let (scene, monitor, agents) = try upScene()
    try scene.tell(monitor, agents[1], .ambiguous)
    for _ in 0..<6 {
      try scene.answer { $0 == agents[1] ? .ambiguous : .up }
      try scene.wait(15_000)
    }
    try scene.tell(monitor, agents[1], .up)
    try scene.answer { _ in .up }
    try scene.wait(10_000)
    try scene.answer { _ in .up }
    let notices = try list(scene)
    #expect(words(notices) == ["began notify regional", "ended notify regional"])
    #expect(
      notices.first.map(NoticeWords.text)
        == "monitor is down in b alone: told by \(agents[1])")
    #expect(
      notices.last.map { NoticeWords.text($0).hasPrefix("monitor is up everywhere again after ") }
        == true)
  }

  @Test func `of blindness is for the admins, and its end and an outage are two incidents' matter`()
    throws
  {
    let (scene, monitor, agents) = try upScene()
    try scene.connection.query("UPDATE agent_presence SET state = 'silent'")
    try scene.connection.query(Due.wish, [monitor])
    try scene.stepAll()
    try scene.wait(20_000)
    try scene.connection.query("UPDATE agent_presence SET state = 'silent'")
    try scene.connection.query(Due.wish, [monitor])
    try scene.stepAll()
    #expect(try scene.verdicts(monitor) == ["up", "unknown"])
    try scene.connection.query("UPDATE agent_presence SET state = 'live'")
    for agent in agents { try scene.tell(monitor, agent, .attributable) }
    try scene.answer { _ in .attributable }
    for _ in 0..<4 where try scene.verdicts(monitor).last != "down" {
      try scene.wait(15_000)
      try scene.answer { _ in .attributable }
    }
    let notices = try list(scene)
    #expect(words(notices) == ["began admins unknown", "ended admins unknown", "began page down"])
    let incidents = try incidents(scene, monitor)
    #expect(incidents.map(\.severity) == ["unknown", "down"])
    let (blind, outage) = (incidents[0], incidents[1])
    #expect(notices.map(\.incident) == [blind.id, blind.id, outage.id])
    #expect(
      notices.prefix(2).map(NoticeWords.text).first
        == "monitor can't be judged: too few regions have a say")
    #expect(NoticeWords.text(notices[1]).hasPrefix("monitor can be judged again after "))
    for incident in incidents {
      let report = try IncidentReplay.run(incident, scene.connection)
      #expect(report.differences.map(\.what) == [])
    }
  }

  @Test func `of a monitor that is paused while it is down does not say that it is up`() throws {
    let (scene, monitor, agents) = try upScene()
    try scene.tell(monitor, agents[0], .attributable)
    try scene.answer { _ in .attributable }
    try scene.connection.query("UPDATE monitor SET paused = true WHERE key = $1", monitor)
    try scene.stepAll()
    let notices = try list(scene)
    #expect(words(notices) == ["began page down", "ended notify down"])
    #expect(
      NoticeWords.text(notices[1]) == "monitor is watched no more: it was paused or deleted")
    let incident = try #require(try incidents(scene, monitor).first)
    #expect(notices.map(\.incident) == [incident.id, incident.id])
    #expect(try IncidentReplay.run(incident, scene.connection).isIdentical)
  }

  @Test func `of a monitor that flaps is said once, and its incidents bear the mark`() throws {
    let (scene, monitor, agents) = try upScene()
    for _ in 0..<4 {
      try scene.tell(monitor, agents[0], .attributable)
      try scene.answer { _ in .attributable }
      try scene.wait(20_000)
      try scene.tell(monitor, agents[0], .up)
      try scene.answer { _ in .up }
      try scene.wait(10_000)
      try scene.answer { _ in .up }
    }
    let notices = try list(scene)
    #expect(
      words(notices) == [
        "began page down", "ended notify down", "began page down", "ended notify down",
        "flapping page down",
      ])
    #expect(NoticeWords.text(notices[4]).hasPrefix("monitor goes down again and again: "))
    let incidents = try incidents(scene, monitor)
    #expect(incidents.map(\.marks) == [[], [], ["flapping"], ["flapping"]])
    #expect(notices[4].incident == incidents[2].id)
    for incident in incidents {
      let report = try IncidentReplay.run(incident, scene.connection)
      #expect(report.differences.map(\.what) == [])
    }
    try scene.wait(3_600_000)
    try scene.connection.query(Due.wish, [monitor])
    try scene.answer { _ in .up }
    #expect(words(try list(scene)).last == "steady notify up")
    #expect(try list(scene).last?.incident == nil)
    #expect(try list(scene).last.map(NoticeWords.text) == "monitor is steady again")
    // Both words of it are one matter, so that who was told of the one can be told of the other.
    let flapping = try list(scene).suffix(2).compactMap { AlertNotice($0)?.key.text }
    #expect(flapping == ["flap_\(notices[4].monitor)", "flap_\(notices[4].monitor)"])
  }

  @Test(
    arguments: [
      ("DELETE FROM notice WHERE kind = 'began'", "notices"),
      ("UPDATE notice SET urgency = 'none' WHERE kind = 'began'", "notices"),
      ("UPDATE incident SET marks = '{maintenance}'", "marks"),
    ] as [(SQL, String)])
  func `that was changed in the database is found by a replay`(sql: SQL, what: String) throws {
    let story = try OutageStory()
    try story.scene.connection.query(sql)
    let found = try story.replay().differences.map(\.what)
    #expect(found.contains { $0.hasPrefix(what) }, "\(found)")
  }
}
