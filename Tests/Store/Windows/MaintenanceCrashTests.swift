import Glibc
import Linux
import Model
import Postgres
import Quorum
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct `Telling where a maintenance begins and ends` {
  /// Waits until the server has noticed that a collector is gone.
  private func awaitEnd(_ scene: DecisionScene) throws {
    for _ in 0..<1_000 {
      let rows = try scene.connection.query(
        "SELECT FROM pg_stat_activity WHERE application_name = 'doomed'")
      if rows.count == 0 { return }
      usleep(5_000)
    }
    Issue.record("the server still serves a collector that is gone")
  }

  /// A beginning and an end, each told by a collector whose connection ends behind its n-th
  /// statement, and by another from then on; says whether it came to the cut.
  private func live(_ scene: WindowScene, cutAfter statements: Int) throws -> Bool {
    let monitor = try scene.addUpMonitor()
    let proxy = try CuttingProxy(to: scene.scene.database.conninfo, after: statements)
    let clock = "SET search_path = fake, pg_catalog, public" as SQL
    var doomed: Connection? = try Connection(proxy.address)
    try? doomed?.execute(clock)
    var schedule = MaintenanceSchedule()
    var second: Int64 = 0
    func look() throws {
      second += 1
      if let connection = doomed {
        do {
          _ = try schedule.run(nowMs: second * 1_000, connection)
          try scene.scene.stepAll()
          return
        } catch {
          doomed = nil
          try awaitEnd(scene.scene)
        }
      }
      var other = MaintenanceSchedule()
      _ = try other.run(nowMs: 0, scene.scene.connection)
      try scene.scene.stepAll()
    }
    try scene.plan(seconds: 60, of: [monitor])
    for _ in 0..<3 { try look() }
    #expect(try scene.edges(monitor) == ["began"], "cut behind statement \(statements)")
    #expect(try scene.scene.state(monitor).maintenance != nil)
    try scene.scene.wait(61_000)
    for _ in 0..<3 { try look() }
    #expect(try scene.edges(monitor) == ["began", "ended"], "cut behind statement \(statements)")
    #expect(try scene.scene.state(monitor).maintenance?.isEnding != false)
    return proxy.hasCut
  }

  @Test func `by a collector that is killed between any two statements, it is told once`() throws {
    let scene = try WindowScene()
    var statements = 1
    while try live(scene, cutAfter: statements) { statements += 1 }
    // Every statement of every run was a last one.
    #expect(statements > 20, "\(statements)")
    #expect(
      try scene.scene.database.value("SELECT count(*) FROM monitor_maintenance") == Int64(0))
  }

  @Test func `by several collectors at once, each boundary of each monitor is told once`() throws {
    let scene = try WindowScene()
    let database = scene.scene.database
    let monitors = try (0..<5).map { _ in try scene.addUpMonitor() }
    let isDone = Atomic<Bool>(false)
    let trouble = Mutex<[String]>([])
    let address = database.address
    let threads = try (0..<3).map { _ in
      let bell = try Doorbell()
      return try DedicatedThread(name: "windows") {
        let connection = try? Connection(address)
        try? connection?.execute("SET search_path = fake, pg_catalog, public")
        guard let connection else { return }
        var schedule = MaintenanceSchedule()
        var nowMs: Int64 = 0
        while !isDone.load(ordering: .acquiring) {
          nowMs += 40_000
          do {
            _ = try schedule.run(nowMs: nowMs, connection)
          } catch {
            if (error as? PostgresError)?.kind != .retry {
              trouble.withLock { $0.append("\(error)") }
            }
            connection.rollback()
          }
          bell.wait(milliseconds: 1)
        }
      }
    }
    for round in 1...8 {
      let window = try scene.plan(seconds: 60, of: round % 2 == 0 ? nil : monitors)
      try awaitEdges(scene, monitors, count: 2 * round - 1)
      if round % 3 == 0 { #expect(try scene.end(window)) } else { try scene.scene.wait(61_000) }
      try awaitEdges(scene, monitors, count: 2 * round)
    }
    isDone.store(true, ordering: .releasing)
    for thread in threads { thread.join() }
    #expect(trouble.withLock { $0 } == [])
    for monitor in monitors {
      #expect(
        try scene.edges(monitor) == (0..<8).flatMap { _ in ["began", "ended"] }, "\(monitor)")
    }
  }

  /// Waits until each monitor was told so many boundaries, and a little longer.
  private func awaitEdges(_ scene: WindowScene, _ monitors: [Int64], count: Int) throws {
    for _ in 0..<2_000 {
      try scene.scene.stepAll()
      let isThere = try monitors.allSatisfy { try scene.edges($0).count >= count }
      if isThere { break }
      usleep(5_000)
    }
    usleep(20_000)
    try scene.scene.stepAll()
    #expect(try monitors.map { try scene.edges($0).count } == monitors.map { _ in count })
  }
}
