import Model
import Postgres
import Quorum
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct `Monitors that are stepped together` {
  /// Monitors of three regions that are up.
  private func upScene(
    _ count: Int
  ) throws -> (scene: DecisionScene, monitors: [Int64], agents: [AgentKey]) {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitors = try (0..<count).map { _ in try scene.addMonitor() }
    try scene.reconcile()
    try scene.answer { _ in .up }
    for monitor in monitors { #expect(try scene.verdicts(monitor) == ["up"]) }
    return (scene, monitors, agents)
  }

  @Test func `are as many as may be, those first that have been due longest`() throws {
    let (scene, monitors, agents) = try upScene(5)
    let order = [3, 0, 4, 1, 2].map { monitors[$0] }
    for (index, monitor) in order.enumerated() {
      try scene.tell(monitor, agents[0], .up)
      try scene.connection.query(
        "UPDATE monitor_due SET due_at = now() - make_interval(secs => $2) WHERE monitor_key = $1",
        monitor, Double(100 - index))
    }
    let first = try #require(try DecisionStep.run(scene.connection, atMost: 2))
    #expect(Set(first.reports.map(\.monitorKey)) == Set(order.prefix(2)))
    let second = try #require(try DecisionStep.run(scene.connection, atMost: 2))
    #expect(Set(second.reports.map(\.monitorKey)) == Set(order[2..<4]))
    #expect(try DecisionStep.run(scene.connection)?.reports.map(\.monitorKey) == [order[4]])
    #expect(try DecisionStep.run(scene.connection) == nil)
  }

  /// What may be wrong with one monitor.
  enum Spoilt: String, CaseIterable, Sendable {
    case state, policy, event, question
  }

  @Test(arguments: Spoilt.allCases)
  func `one that can't be stepped is put aside, and the others are not held up`(
    _ spoilt: Spoilt
  ) throws {
    let (scene, monitors, agents) = try upScene(6)
    let bad = monitors[2]
    for monitor in monitors {
      for agent in agents { try scene.tell(monitor, agent, .attributable) }
    }
    switch spoilt {
    case .state:
      try scene.connection.query(
        "UPDATE quorum_state SET state = '{}' WHERE monitor_key = $1", bad)
    case .policy:
      try scene.connection.query(
        #"UPDATE monitor SET policy = '{"kind": "oracle"}' WHERE key = $1"#, bad)
    case .event:
      // Postgres itself refuses to read it, with all that is read with it.
      try scene.connection.query(
        """
        UPDATE quorum_event SET payload = payload || '{"probe_request": "none"}'
        WHERE monitor_key = $1
        """, bad)
    case .question:
      try scene.connection.execute(
        SQL(verbatim: "ALTER TABLE probe_request ADD CHECK (monitor_key <> \(bad)) NOT VALID"))
    }
    var stepped: [Int64] = []
    var aside: [Int64] = []
    while let outcome = try DecisionStep.run(scene.connection) {
      stepped += outcome.reports.map(\.monitorKey)
      aside += outcome.putAside.map(\.monitorKey)
    }
    #expect(stepped.sorted() == monitors.filter { $0 != bad })
    #expect(aside == [bad])
    let rows = try scene.connection.query(
      "SELECT extract(epoch FROM due_at - now())::int4 FROM monitor_due WHERE monitor_key = $1",
      bad)
    #expect((20...31).contains(try #require(rows.first).get(0, as: Int32.self)))
    #expect(
      try scene.database.value(
        "SELECT count(DISTINCT monitor_key) FROM probe_request WHERE round = 1 AND done_at IS NULL")
        == Int64(5))
  }

  @Test func `wait for nobody who holds one of them, and step it when it is free`() throws {
    let (scene, monitors, agents) = try upScene(4)
    for monitor in monitors { try scene.tell(monitor, agents[0], .up) }
    let other = try scene.database.connect()
    #expect(try DecisionClaim.take(.only(monitors[1]), other).keys == [monitors[1]])
    let outcome = try #require(try DecisionStep.run(scene.connection))
    #expect(outcome.reports.map(\.monitorKey) == [monitors[0], monitors[2], monitors[3]])
    #expect(try DecisionStep.run(scene.connection) == nil)
    other.rollback()
    #expect(try scene.stepAll().map(\.monitorKey) == [monitors[1]])
  }

  @Test func `that can't be locked in time are stepped one by one`() throws {
    let (scene, monitors, agents) = try upScene(4)
    for monitor in monitors { try scene.tell(monitor, agents[0], .up) }
    let other = try scene.database.connect()
    try other.execute("BEGIN")
    try other.query("SELECT FROM monitor_due WHERE monitor_key = $1 FOR UPDATE", monitors[1])
    try scene.connection.execute("SET lock_timeout = '100ms'")
    let outcome = try #require(try DecisionStep.run(scene.connection))
    #expect(outcome.reports.map(\.monitorKey) == [monitors[0], monitors[2], monitors[3]])
    #expect(outcome.putAside.isEmpty)
    other.rollback()
    #expect(try scene.stepAll().map(\.monitorKey) == [monitors[1]])
  }

  @Test func `by several workers while ingest wishes in any order end without a deadlock`() throws {
    let (scene, monitors, agents) = try upScene(60)
    let failures = Mutex<[String]>([])
    let isOver = Mutex(false)
    let database = scene.database
    let before: Int64 = try database.value(deadlocks)
    let wishers = try (0..<2).map { index in
      try TestThread("wisher \(index)") {
        do {
          let connection = try database.connect()
          while !isOver.withLock({ $0 }) {
            try connection.query(Due.wish, monitors.shuffled().prefix(40).map { $0 })
          }
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
      }
    }
    for monitor in monitors {
      for agent in agents { try scene.tell(monitor, agent, .attributable) }
    }
    let steppers = try (0..<3).map { index in
      try TestThread("stepper \(index)") {
        do {
          let connection = try database.connect()
          for _ in 0..<40 { _ = try DecisionStep.run(connection) }
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
      }
    }
    for thread in steppers { thread.join() }
    isOver.withLock { $0 = true }
    for thread in wishers { thread.join() }
    #expect(failures.withLock { $0 }.isEmpty)
    try scene.answer { _ in .attributable }
    for monitor in monitors { #expect(try scene.verdicts(monitor) == ["up", "down"]) }
    #expect(try database.value(deadlocks) == before)
  }

  private let deadlocks: SQL =
    "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"

  @Test func `give each the same log as steps of its own do`() throws {
    func live(atMost count: Int32) throws -> [[String]] {
      let (scene, monitors, agents) = try upScene(4)
      for monitor in monitors {
        for agent in agents { try scene.tell(monitor, agent, .attributable) }
      }
      while try DecisionStep.run(scene.connection, atMost: count) != nil {}
      try scene.answer { _ in .attributable }
      for monitor in monitors {
        #expect(try VerdictChain.check(monitor: monitor, scene.connection).isEmpty)
        for incident in try IncidentQueries.list(
          .init(monitor: monitor), after: nil, limit: 9,
          organization: OrganizationID(rawValue: scene.organization), on: scene.connection)
        {
          #expect(try IncidentReplay.run(incident, scene.connection).isIdentical)
        }
      }
      return try monitors.map { monitor in
        try scene.connection.query(
          """
          SELECT concat_ws(' ', number, event->'change' ? 'observed', before IS NOT NULL,
            CASE jsonb_typeof(directives) WHEN 'array' THEN jsonb_array_length(directives) END)
          FROM quorum_log WHERE monitor_key = $1 ORDER BY number
          """, monitor
        ).map { try $0.get(0) }
      }
    }
    let single = try live(atMost: 1)
    #expect(single[0].count > 5)
    #expect(try live(atMost: 32) == single)
  }
}
