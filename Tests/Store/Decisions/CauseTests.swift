import Model
import Postgres
import Quorum
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct `Incidents with something in common` {
  private func scene(
    monitors count: Int
  ) throws -> (scene: DecisionScene, monitors: [Int64], agents: [AgentKey]) {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitors = try (0..<count).map { _ in try scene.addMonitor() }
    try scene.reconcile()
    try scene.wait(0)
    try scene.answer { _ in .up }
    return (scene, monitors, agents)
  }

  /// Lets `monitors` go down, or come back.
  private func turn(
    _ kind: VoteKind, _ monitors: [Int64], _ scene: DecisionScene, _ agents: [AgentKey]
  ) throws {
    for monitor in monitors { try scene.tell(monitor, agents[0], kind) }
    for _ in 0..<2 {
      for _ in 0..<20 {
        try scene.stepAll()
        let rows = try scene.connection.query(
          """
          UPDATE probe_request SET done_at = now() WHERE done_at IS NULL
          RETURNING id, monitor_key, agent_key
          """)
        if rows.count == 0 { break }
        for row in rows {
          let (id, monitor, agent) = try row.decode(ProbeRequestID.self, Int64.self, AgentKey.self)
          let isOver = kind.isUp || monitors.contains(monitor)
          try scene.tell(monitor, agent, isOver ? kind : .attributable, request: id)
        }
      }
      if kind.isUp { try scene.wait(10_000) }
    }
  }

  /// Each cause as its kind, of a parent its place among `monitors`, its members' places, and whether it
  /// has ended. What leads the others is who was decided upon first, in whatever order that came about.
  private func causes(_ scene: DecisionScene, _ monitors: [Int64]) throws -> [String] {
    try scene.connection.query(
      """
      SELECT c.kind, c.lead_key, c.ended_at IS NOT NULL, array_agg(i.monitor_key ORDER BY i.monitor_key),
        c.started_at = min(i.started_at) AND c.members = count(i.id) AND (c.kind <> 'many'
          OR c.lead_key = (array_agg(i.monitor_key ORDER BY i.decided_at, i.monitor_key))[1])
      FROM cause AS c LEFT JOIN incident AS i ON i.cause_id = c.id
      GROUP BY c.id ORDER BY c.started_at, c.id
      """
    ).map { row in
      let (kind, lead, isOver, members, isRight) = try row.decode(
        String.self, Int64.self, Bool.self, [Int64].self, Bool.self)
      #expect(isRight)
      let places = members.map { monitors.firstIndex(of: $0) ?? -1 }
      let place = kind == "parent" ? " \(monitors.firstIndex(of: lead) ?? -1)" : ""
      return "\(kind)\(place) \(places) \(isOver ? "over" : "open")"
    }
  }

  @Test func `five that go down at once are one, others join, and it ends with the last`() throws {
    let (scene, monitors, agents) = try scene(monitors: 8)
    try turn(.attributable, Array(monitors[0..<4]), scene, agents)
    #expect(try causes(scene, monitors).isEmpty)
    try scene.wait(5_000)
    try turn(.attributable, [monitors[4]], scene, agents)
    #expect(try causes(scene, monitors) == ["many [0, 1, 2, 3, 4] open"])
    try scene.wait(20_000)
    try turn(.attributable, [monitors[5]], scene, agents)
    #expect(try causes(scene, monitors) == ["many [0, 1, 2, 3, 4, 5] open"])
    try scene.wait(60_000)
    try turn(.attributable, [monitors[6]], scene, agents)
    #expect(try causes(scene, monitors) == ["many [0, 1, 2, 3, 4, 5] open"])
    try turn(.up, Array(monitors[0..<5]), scene, agents)
    #expect(try causes(scene, monitors) == ["many [0, 1, 2, 3, 4, 5] open"])
    try turn(.up, [monitors[5]], scene, agents)
    #expect(try causes(scene, monitors) == ["many [0, 1, 2, 3, 4, 5] over"])
    let ended = try scene.connection.query(
      """
      SELECT c.ended_at = (SELECT max(ended_at) FROM incident WHERE cause_id = c.id) FROM cause AS c
      """)
    #expect(try #require(ended.first).get(0, as: Bool.self))
    for monitor in monitors[0..<6] {
      for incident in try IncidentQueries.list(
        .init(monitor: monitor), after: nil, limit: 1,
        organization: OrganizationID(rawValue: scene.organization), on: scene.connection)
      {
        #expect(try IncidentReplay.run(incident, scene.connection).isIdentical)
      }
    }
  }

  @Test func `children fold into the incident of their parent`() throws {
    let (scene, monitors, agents) = try scene(monitors: 4)
    try scene.connection.query(
      "UPDATE monitor SET parent_key = $1 WHERE key = ANY ($2)", monitors[0],
      Array(monitors[1...2]))
    try turn(.attributable, [monitors[1]], scene, agents)
    #expect(try causes(scene, monitors).isEmpty)
    try scene.wait(40_000)
    try turn(.attributable, [monitors[0]], scene, agents)
    #expect(try causes(scene, monitors) == ["parent 0 [0, 1] open"])
    try scene.wait(40_000)
    try turn(.attributable, [monitors[2], monitors[3]], scene, agents)
    #expect(try causes(scene, monitors) == ["parent 0 [0, 1, 2] open"])
    try turn(.up, monitors, scene, agents)
    #expect(try causes(scene, monitors) == ["parent 0 [0, 1, 2] over"])
  }

  @Test func `of other organizations are none`() throws {
    let (scene, monitors, agents) = try scene(monitors: 3)
    let other = try scene.database.addOrganization("other")
    let others = try (0..<3).map { _ in try scene.database.addMonitor(organization: other).key }
    try scene.reconcile()
    try scene.answer { _ in .up }
    try turn(.attributable, monitors + others, scene, agents)
    #expect(try scene.database.value("SELECT count(*) FROM incident") == Int64(6))
    #expect(try causes(scene, monitors).isEmpty)
  }

  @Test func `are found by workers that open them at the same time, once each`() throws {
    let (scene, monitors, agents) = try scene(monitors: 48)
    for monitor in monitors { try scene.tell(monitor, agents[0], .attributable) }
    try scene.stepAll()
    for row in try scene.connection.query(
      "UPDATE probe_request SET done_at = now() WHERE done_at IS NULL RETURNING id, monitor_key, agent_key"
    ) {
      try scene.tell(
        try row.get(1), try row.get(2), .attributable,
        request: try row.get(0, as: ProbeRequestID.self))
    }
    let failures = Mutex<[String]>([])
    let database = scene.database
    let threads = try (0..<4).map { index in
      try TestThread("worker \(index)") {
        do {
          let connection = try database.connect()
          try connection.execute("SET search_path = fake, pg_catalog, public")
          while try DecisionStep.run(connection, atMost: 3) != nil {}
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(failures.withLock { $0 }.isEmpty)
    #expect(try database.value("SELECT count(*) FROM incident WHERE ended_at IS NULL") == Int64(48))
    #expect(try database.value("SELECT count(*) FROM cause") == Int64(1))
    #expect(
      try database.value("SELECT count(*) FROM incident WHERE cause_id IS NULL") == Int64(0))
    try turn(.up, monitors, scene, agents)
    #expect(try database.value("SELECT count(*) FROM cause WHERE ended_at IS NULL") == Int64(0))
  }
}
