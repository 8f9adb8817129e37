import Model
import Postgres
import Quorum
import Testing

@testable import Store

/// A monitor of three regions that was up, went down and came back, as the steps themselves did it.
struct OutageStory {
  let scene: DecisionScene
  let monitor: Int64
  let agents: [AgentKey]

  init() throws {
    scene = try DecisionScene()
    agents = try ["a", "b", "c"].map { [scene] in try scene.addAgent($0) }
    monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.wait(0)
    try scene.answer { _ in .up }
    try scene.wait(60_000)
    try scene.tell(monitor, agents[1], .ambiguous, detail: "no answer in 10 s")
    try scene.answer { _ in .ambiguous }
    try scene.wait(2_000)
    try scene.answer { _ in .ambiguous }
    try scene.wait(30_000)
    try scene.tell(monitor, agents[2], .up)
    try scene.answer { _ in .up }
    try scene.wait(10_000)
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up", "down", "up"])
  }

  var incident: IncidentQueries.Record {
    get throws {
      try #require(
        try IncidentQueries.list(
          .init(monitor: monitor), after: nil, limit: 1,
          organization: OrganizationID(rawValue: scene.organization), on: scene.connection
        ).first)
    }
  }

  func replay() throws -> ReplayReport {
    try IncidentReplay.run(try incident, scene.connection)
  }
}
