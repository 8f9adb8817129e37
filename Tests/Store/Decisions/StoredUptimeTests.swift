import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

/// Verdicts and pauses as rows, with times of their own.
private struct UptimeScene {
  let database: TestDatabase
  let connection: Connection
  let organization: OrganizationID
  let monitor: Int64
  static let hour: Int64 = 3_600_000
  /// Ten hours ago.
  let start = Timestamp.now().milliseconds / 1000 * 1000 - 10 * hour

  init() throws {
    database = try TestDatabase.make()
    connection = try database.connect()
    let organization = try database.addOrganization()
    self.organization = OrganizationID(rawValue: organization)
    monitor = try database.addMonitor(organization: organization).key
    try connection.query("UPDATE monitor SET created_at = $1", at(0))
  }

  func at(_ hours: Double) -> Timestamp {
    Timestamp(milliseconds: start + Int64((hours * Double(Self.hour)).rounded()))
  }

  func say(_ verdict: String, _ started: Double, decided: Double? = nil) throws {
    try connection.query(
      """
      INSERT INTO verdict (monitor_key, organization_id, epoch, started_at, decided_at, verdict,
        policy, tally, votes)
      VALUES ($1, $2, 1, $3, $4, $5, '{}', '{}', '[]')
      """, monitor, organization.rawValue, at(started), at(decided ?? started), verdict)
  }

  func pause(_ from: Double, _ to: Double?) throws {
    try connection.query(
      """
      INSERT INTO monitor_pause (monitor_key, organization_id, started_at, ended_at)
      VALUES ($1, $2, $3, $4)
      """, monitor, organization.rawValue, at(from), to.map { at($0) })
  }

  /// Up, down and unknown hours, and hours not counted.
  func hours(_ from: Double, _ to: Double, partialIsDown: Bool = false) throws -> [Double] {
    let uptime = try report(from, to, partialIsDown: partialIsDown).uptime
    return [uptime.upMs, uptime.downMs, uptime.unknownMs, uptime.excludedMs].map {
      Double($0) / Double(Self.hour)
    }
  }

  func report(
    _ from: Double, _ to: Double, partialIsDown: Bool = false
  ) throws -> UptimeQueries.Report {
    try #require(
      try UptimeQueries.report(
        monitor: monitor, since: at(from), until: at(to), partialIsDown: partialIsDown,
        organization: organization, on: connection))
  }
}

@Suite struct `A stored uptime` {
  @Test func `counts from the verdicts that held`() throws {
    let scene = try UptimeScene()
    try scene.say("up", 1)
    try scene.say("down", 2, decided: 2.01)
    try scene.say("up", 2.5, decided: 2.51)
    try scene.say("partial", 4, decided: 4.1)
    try scene.say("up", 5, decided: 5.1)
    try scene.say("unknown", 6)
    try scene.say("up", 7)
    #expect(try scene.hours(0, 8) == [5.5, 0.5, 2, 0])
    #expect(try scene.hours(0, 8, partialIsDown: true) == [4.5, 1.5, 2, 0])
    #expect(try scene.hours(2.25, 2.75) == [0.25, 0.25, 0, 0])
    // A verdict that was reached later says it of this time already.
    #expect(try scene.hours(1.5, 2.005) == [0.5, 0.005, 0, 0])
  }

  @Test func `does not count before the monitor was, after it went, or in the future`() throws {
    let scene = try UptimeScene()
    try scene.say("up", 1)
    let whole = try scene.report(-5, 50)
    #expect(whole.since == scene.at(0))
    #expect(abs(whole.until.milliseconds - Timestamp.now().milliseconds) < 5_000)
    try scene.connection.query("UPDATE monitor SET deleted_at = $1", scene.at(3))
    #expect(try scene.hours(-5, 50) == [2, 0, 1, 0])
    let after = try scene.report(4, 5)
    #expect(after.uptime.spanMs == 0 && after.uptime.share == nil)
  }

  @Test func `pauses don't count, and what was said before says nothing after`() throws {
    let scene = try UptimeScene()
    try scene.say("up", 0)
    try scene.pause(2, 4)
    try scene.say("up", 5)
    #expect(try scene.hours(0, 6) == [3, 0, 1, 2])
    // A verdict that a step had at hand when the pause began.
    try scene.say("down", 5.5, decided: 6.01)
    try scene.pause(6, 8)
    try scene.pause(8.5, nil)
    #expect(try scene.hours(0, 9) == [2.5, 0.5, 1.5, 4.5])
    #expect(try scene.report(7, 8).uptime.coverage == nil)
  }

  @Test func `another organization's monitor is not there`() throws {
    let scene = try UptimeScene()
    let other = OrganizationID(rawValue: try scene.database.addOrganization("other"))
    let report = try UptimeQueries.report(
      monitor: scene.monitor, since: scene.at(0), until: scene.at(1), partialIsDown: false,
      organization: other, on: scene.connection)
    #expect(report == nil)
  }

  @Test func `whoever pauses a monitor, it is written down`() throws {
    let scene = try UptimeScene()
    let other = try scene.database.addMonitor(organization: scene.organization.rawValue).key
    func pauses() throws -> [Bool] {
      try scene.connection.query(
        "SELECT ended_at IS NULL FROM monitor_pause WHERE monitor_key = $1 ORDER BY started_at",
        other
      ).map { try $0.get(0) }
    }
    func set(_ paused: Bool) throws {
      try scene.connection.query("UPDATE monitor SET paused = $2 WHERE key = $1", other, paused)
    }
    try set(false)
    #expect(try pauses().isEmpty)
    try set(true)
    try set(true)
    #expect(try pauses() == [true])
    try set(false)
    #expect(try pauses() == [false])
    try set(true)
    #expect(try pauses() == [false, true])
    try scene.connection.query(
      """
      INSERT INTO monitor (organization_id, name, kind, target, "check", interval_s, timeout_ms,
        paused)
      VALUES ($1, 'born paused', 'http', 'x', '{}', 60, 1000, true)
      """, scene.organization.rawValue)
    let all: Int64 = try scene.database.value("SELECT count(*) FROM monitor_pause")
    #expect(all == 3)
  }
}
