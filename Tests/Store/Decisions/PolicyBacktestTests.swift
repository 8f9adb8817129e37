import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `A backtest of stored steps` {
  private func run(
    _ scene: DecisionScene, _ monitor: Int64, _ policy: Policy, sinceMs: Int64 = -3_600_000,
    bounds: PolicyBacktest.Bounds = PolicyBacktest.Bounds(), organization: Int32? = nil
  ) throws -> BacktestReport {
    let now = Timestamp.now()
    return try PolicyBacktest.run(
      monitor: monitor, policy: policy, since: now.adding(milliseconds: sinceMs),
      until: now.adding(milliseconds: 3_600_000), bounds: bounds,
      organization: OrganizationID(rawValue: organization ?? scene.organization),
      on: scene.connection)
  }

  /// One region fails for a while: no more than regional.
  private func regional() throws -> (DecisionScene, Int64) {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.wait(0)
    try scene.answer { _ in .up }
    try scene.wait(60_000)
    try scene.tell(monitor, agents[0], .attributable)
    for _ in 0..<4 {
      try scene.answer { $0 == agents[0] ? .attributable : .up }
      try scene.wait(15_000)
    }
    #expect(try scene.verdicts(monitor) == ["up", "regional"])
    return (scene, monitor)
  }

  @Test func `gives what is stored under the stored policy`() throws {
    let story = try OutageStory()
    let report = try run(story.scene, story.monitor, .standard)
    #expect(report.steps > 10 && report.cut == nil && report.gaps == 0)
    #expect(report.unreadable == 0)
    #expect(report.logged.pages.count == 1)
    #expect(report.logged.incidents.map(\.severity) == [.down])
    #expect(report.control.agrees(with: report.logged))
    #expect(report.tested.agrees(with: report.logged))
    #expect(report.outages.map(\.laterMs) == [0])
    // The scene's clock leaps: what would have been asked meanwhile was not.
    #expect(report.questions.logged > report.questions.assumed)
    #expect(report.loggedEngines == [EngineVersion.current])
    // It only read: the story is as it was.
    #expect(try story.replay().isIdentical)
  }

  @Test func `says who would have been woken by one region's fault`() throws {
    let (scene, monitor) = try regional()
    let report = try run(scene, monitor, Policy(.any))
    #expect(report.control.agrees(with: report.logged))
    #expect(report.logged.pages.isEmpty && report.logged.notifications.count == 1)
    #expect(report.tested.pages.count == 1)
    #expect(report.outages.count == 1)
    #expect(report.outages.first?.logged?.severity == .regional)
    #expect(report.outages.first?.tested?.severity == .down)
    let sooner = try #require(report.outages.first?.laterMs)
    #expect(sooner < 0)
    let without = try run(scene, monitor, Policy(.majority, ignored: ["a"]))
    #expect(without.tested.incidents.isEmpty)
    #expect(without.outages.map { $0.tested == nil } == [true])
  }

  @Test func `stops where it may do no more, and says so`() throws {
    let story = try OutageStory()
    var bounds = PolicyBacktest.Bounds()
    bounds.steps = 5
    let few = try run(story.scene, story.monitor, Policy(.all), bounds: bounds)
    #expect(few.cut == .steps && few.steps == 5)
    bounds = PolicyBacktest.Bounds()
    bounds.seconds = 0
    let brief = try run(story.scene, story.monitor, Policy(.all), bounds: bounds)
    #expect(brief.cut == .time && brief.steps == 0)
  }

  @Test func `goes on behind missing steps, and leaves out what it can't read`() throws {
    let story = try OutageStory()
    let scene = story.scene
    try scene.wait(60_000)
    try scene.tell(story.monitor, story.agents[0], .attributable)
    try scene.answer { _ in .attributable }
    try scene.connection.query(
      """
      DELETE FROM quorum_log WHERE number IN (
        SELECT number FROM quorum_log WHERE before IS NULL ORDER BY number DESC OFFSET 6 LIMIT 3)
      """)
    let gap = try run(scene, story.monitor, .standard)
    #expect(gap.gaps == 1)
    #expect(gap.tested.incidents.last?.severity == .down)
    try scene.connection.query(
      "UPDATE quorum_log SET event = '{}' WHERE number = (SELECT max(number) FROM quorum_log)")
    #expect(try run(scene, story.monitor, .standard).unreadable == 1)
  }

  @Test func `has nothing to say where nothing is logged, and of others' monitors`() throws {
    let (scene, monitor) = try regional()
    #expect(try run(scene, monitor + 1, .standard).steps == 0)
    let other = try scene.database.addOrganization("other")
    #expect(try run(scene, monitor, .standard, organization: other).steps == 0)
    // What was decided before the span is not of it.
    let later = try run(scene, monitor, .standard, sinceMs: 3_000_000)
    #expect(later.logged.incidents.isEmpty && later.tested.incidents.isEmpty)
  }
}
