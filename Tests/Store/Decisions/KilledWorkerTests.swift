import Glibc
import JSON
import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `A worker that is killed` {
  /// What a monitor's life left behind, but for times, numbers and identifiers.
  struct Trace: Equatable {
    var verdicts: [String]
    var incidents: [String]
    var steps: [String]
    var notices: [String]
    var questions: Int64
    var openEvents: Int64
  }

  /// Monitors live through up, down and a pause together; every step that is due is taken over a
  /// connection that ends behind its n-th statement, and by another worker from then on, or by
  /// `others` at the same time.
  private func live(
    _ scene: DecisionScene, monitors count: Int, cutAfter statements: Int?, others: Int = 0
  ) throws -> ([Trace], cut: Bool) {
    for agent in scene.boots.keys { try scene.hear(agent) }
    let monitors = try (0..<count).map { _ in try scene.addMonitor() }
    try scene.reconcile()
    let proxy = try statements.map { try CuttingProxy(to: scene.database.conninfo, after: $0) }
    var doomed = try proxy.map { try Connection($0.address) }
    func stepAll() throws {
      let helpers = try (0..<others).map { try helper($0, scene.database) }
      defer { for helper in helpers { helper.join() } }
      if let connection = doomed {
        do {
          while try DecisionStep.run(connection) != nil {}
          return
        } catch {
          doomed = nil
          try awaitEnd(scene)
        }
      }
      try scene.stepAll()
    }
    func answer(_ kind: VoteKind) throws {
      while true {
        try stepAll()
        let rows = try scene.connection.query(
          """
          UPDATE probe_request SET done_at = now() WHERE done_at IS NULL
          RETURNING monitor_key, agent_key, id
          """)
        var asked = try rows.map { try $0.decode(Int64.self, AgentKey.self, ProbeRequestID.self) }
        if asked.isEmpty { return }
        asked.sort { ($0.0, $0.1) < ($1.0, $1.1) }
        for (monitor, agent, id) in asked { try scene.tell(monitor, agent, kind, request: id) }
      }
    }
    try answer(.up)
    for monitor in monitors {
      for agent in try scene.voters(monitor).values.sorted() {
        try scene.tell(monitor, agent, .attributable)
      }
    }
    try answer(.attributable)
    try scene.connection.query("UPDATE monitor SET paused = true WHERE key = ANY ($1)", monitors)
    try stepAll()
    for monitor in monitors {
      let report = try VerdictChain.check(monitor: monitor, scene.connection)
      #expect(report.isEmpty)
      for incident in try IncidentQueries.list(
        .init(monitor: monitor), after: nil, limit: 9,
        organization: OrganizationID(rawValue: scene.organization), on: scene.connection)
      {
        let replay = try IncidentReplay.run(incident, scene.connection)
        #expect(replay.isIdentical, "\(replay.differences.map(\.what))")
      }
    }
    return (try monitors.map { try trace($0, scene) }, proxy?.hasCut ?? false)
  }

  /// A worker that steps two monitors at once until nothing is due.
  private func helper(_ number: Int, _ database: TestDatabase) throws -> TestThread {
    try TestThread("helper \(number)") {
      do {
        let connection = try database.connect()
        while try DecisionStep.run(connection, atMost: 2) != nil {}
      } catch {
        Issue.record(error)
      }
    }
  }

  /// Waits until the server has noticed that the worker is gone.
  private func awaitEnd(_ scene: DecisionScene) throws {
    for _ in 0..<1_000 {
      let rows = try scene.connection.query(
        "SELECT FROM pg_stat_activity WHERE application_name = 'doomed'")
      if rows.count == 0 { return }
      usleep(5_000)
    }
    Issue.record("the server still serves a worker that is gone")
  }

  private func trace(_ monitor: Int64, _ scene: DecisionScene) throws -> Trace {
    let rows = try scene.connection.query(
      "SELECT event, directives, number FROM quorum_log WHERE monitor_key = $1 ORDER BY number",
      monitor)
    var steps: [String] = []
    for row in rows {
      let event: Event = try Tree.read(from: try row.json(0))
      let what =
        switch event.change {
        case .observed(let finding):
          "\(finding.region) \(finding.kind.rawValue) \(String(describing: finding.answers))"
        case .configured(let settings): "configured \(settings.active)"
        default: "other"
        }
      let directives = try row.jsonIfAny(1)?.elements ?? []
      let names = directives.compactMap { value -> String? in
        guard case .object(let object) = value else { return nil }
        return object.members.first?.name
      }
      steps.append("\(try row.get(2, as: Int64.self)) \(what): \(names.joined(separator: " "))")
    }
    let incidents = try scene.incidents(monitor).map {
      "\($0.severity) \($0.opening) \($0.endedAt != nil)"
    }
    let questions = try scene.connection.query(
      """
      SELECT count(*), count(DISTINCT (episode, round, agent_key)) FROM probe_request
      WHERE monitor_key = $1
      """, monitor)
    let (asked, distinct) = try #require(questions.first).decode(Int64.self, Int64.self)
    #expect(asked == distinct)
    let open = try scene.connection.query(
      "SELECT count(*) FROM quorum_event WHERE monitor_key = $1 AND stepped_at IS NULL", monitor)
    let notices = try scene.connection.query(
      "SELECT kind || ' ' || urgency FROM notice WHERE monitor_key = $1 ORDER BY number", monitor
    ).map { try $0.get(0, as: String.self) }
    return Trace(
      verdicts: try scene.verdicts(monitor), incidents: incidents, steps: steps, notices: notices,
      questions: asked, openEvents: try #require(open.first).get(0))
  }

  private func sceneOfThree() throws -> DecisionScene {
    let scene = try DecisionScene()
    for region in ["a", "b", "c"] { _ = try scene.addAgent(region) }
    return scene
  }

  @Test(arguments: [1, 3])
  func `between any two statements leaves the same verdicts, log and questions`(
    _ monitors: Int
  ) throws {
    let scene = try sceneOfThree()
    let (expected, _) = try live(scene, monitors: monitors, cutAfter: nil)
    for trace in expected {
      #expect(trace == expected[0])
      #expect(trace.verdicts == ["up", "down"])
      #expect(trace.incidents == ["down down true"])
      #expect(trace.notices == ["began page", "ended notify"])
      #expect(trace.openEvents == 0)
    }
    var statements = 1
    while true {
      let (traces, cut) = try live(scene, monitors: monitors, cutAfter: statements)
      #expect(traces == expected, "cut behind statement \(statements)")
      if !cut { break }
      statements += 1
    }
    // Every statement of every step was a last one.
    #expect(statements > 40, "\(statements)")
  }

  @Test func `while others step the rest leaves no monitor behind`() throws {
    let scene = try sceneOfThree()
    for statements in stride(from: 1, through: 61, by: 4) {
      let (traces, _) = try live(scene, monitors: 8, cutAfter: statements, others: 2)
      for trace in traces {
        #expect(trace.verdicts == ["up", "down"], "cut behind statement \(statements)")
        #expect(trace.incidents == ["down down true"], "cut behind statement \(statements)")
        #expect(trace.openEvents == 0, "cut behind statement \(statements)")
      }
    }
  }
}
