import JSON
import Model
import OpenSSL
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

/// Three agents, monitors that are up, and windows of their organization.
final class WindowScene {
  let scene: DecisionScene
  let agents: [AgentKey]

  var organization: OrganizationID { OrganizationID(rawValue: scene.organization) }

  init() throws {
    scene = try DecisionScene()
    agents = try ["a", "b", "c"].map { [scene] in try scene.addAgent($0) }
    try scene.wait(0)
  }

  func addUpMonitor() throws -> Int64 {
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up"])
    return monitor
  }

  func id(_ monitor: Int64) throws -> MonitorID {
    try #require(
      try scene.connection.query("SELECT id FROM monitor WHERE key = $1", monitor).first
    ).get(0)
  }

  func record(_ monitor: Int64) throws -> MonitorRecord {
    let sealing = try #require(SealingKey([UInt8](repeating: 7, count: SealingKey.byteCount)))
    return try #require(
      try MonitorQueries.get(
        id(monitor), organization: organization, sealing: sealing, on: scene.connection))
  }

  /// A window that begins in so many seconds; of all monitors where none are named.
  @discardableResult
  func plan(
    inSeconds: Int64? = nil, seconds: Int64, of monitors: [Int64]?
  ) throws -> MaintenanceID {
    var wish = MaintenanceWish()
    wish.title = "work"
    if let inSeconds {
      let now: Timestamp = try #require(try scene.connection.query("SELECT now()").first).get(0)
      wish.startsAt = now.adding(milliseconds: inSeconds * 1_000)
    }
    wish.end = .after(seconds: seconds)
    wish.scope = try monitors.map { .monitors(try $0.map(id)) } ?? .all
    return try MaintenanceQueries.create(
      wish, organization: organization, on: scene.connection
    ).id
  }

  func change(_ id: MaintenanceID, _ edit: (inout MaintenanceWish) throws -> Void) throws {
    let changed = try MaintenanceQueries.change(
      id, organization: organization, on: scene.connection
    ) { _ in
      var wish = MaintenanceWish()
      try edit(&wish)
      return wish
    }
    #expect(changed != nil)
  }

  func get(_ id: MaintenanceID) throws -> MaintenanceRecord? {
    try MaintenanceQueries.get(id, organization: organization, on: scene.connection)
  }

  func end(_ id: MaintenanceID) throws -> Bool {
    try MaintenanceQueries.end(id, organization: organization, on: scene.connection)
  }

  func pause(_ monitor: Int64, _ paused: Bool) throws {
    try scene.connection.query(
      "UPDATE monitor SET paused = $2 WHERE key = $1", monitor, paused)
  }

  /// What a collector that just started tells, and the steps that follow.
  @discardableResult
  func look() throws -> MaintenanceSchedule.Report {
    var schedule = MaintenanceSchedule()
    let report = try schedule.run(nowMs: 0, scene.connection)
    try scene.stepAll()
    return report
  }

  /// The boundaries that were told of a monitor, in their order.
  func edges(_ monitor: Int64) throws -> [String] {
    try scene.connection.query(
      """
      SELECT payload->>'edge' FROM quorum_event
      WHERE monitor_key = $1 AND kind = 'maintenance' ORDER BY id
      """, monitor
    ).map { try $0.get(0) }
  }

  /// What people were told.
  func told() throws -> [String] {
    try scene.connection.query("SELECT kind || ' ' || urgency FROM notice ORDER BY number").map {
      try $0.get(0)
    }
  }

  func incidents(_ monitor: Int64) throws -> [IncidentQueries.Record] {
    try IncidentQueries.list(
      .init(monitor: monitor), after: nil, limit: 20, organization: organization,
      on: scene.connection)
  }
}
