import Alerts
import Glibc
import JSON
import Model
import OpenSSL
import Postgres
import Store
import TestSupport
import Testing

@testable import Sending

/// An organization's channels and what they are owed, in a database of their own.
struct SendingScene {
  let database: TestDatabase
  let connection: Connection
  let sealing: SealingKey
  let organization: OrganizationID

  init() throws {
    database = try TestDatabase.make()
    connection = try database.connect()
    sealing = try #require(SealingKey([UInt8](repeating: 5, count: SealingKey.byteCount)))
    organization = OrganizationID(rawValue: try database.addOrganization())
  }

  func channel(
    _ name: String, _ kind: String, of owner: OrganizationID? = nil, _ settings: JSONValue
  ) throws -> ChannelID {
    let read = try #require(ChannelKinds.named(kind)).read(settings)
    return try AuditTrail.write(
      by: AuditContext(actor: .system("test")), on: connection
    ) {
      try ChannelQueries.create(
        ChannelDraft(name: name, settings: read), organization: owner ?? organization,
        sealing: sealing,
        by: $0
      ).id
    }
  }

  @discardableResult
  func hook(
    _ name: String, _ server: ScriptedServer, of organization: OrganizationID? = nil
  ) throws -> ChannelID {
    try channel(
      name, "webhook", of: organization,
      [
        "url": .string("\(server.address)/\(name)"),
        "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
      ])
  }

  /// What steps store: something of every monitor of an organization.
  func notices(_ kind: String, _ step: Int64, of owner: OrganizationID? = nil) throws {
    try connection.query(
      """
      INSERT INTO notice (organization_id, monitor_key, step, kind, urgency, verdict, at, created_at,
        body)
      SELECT organization_id, key, $2, $1, 'notify', 'degraded', clock_timestamp(),
        clock_timestamp(),
        jsonb_build_object('monitor', jsonb_build_object('id', id, 'name', name, 'target', target))
      FROM monitor WHERE organization_id = $3
      """, kind, step, (owner ?? organization).rawValue)
  }

  func waiting() throws -> Int64 {
    try #require(
      try connection.query(
        "SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending')"
      ).first
    ).get(0)
  }

  func states() throws -> [String: Int] {
    var states: [String: Int] = [:]
    for row in try connection.query("SELECT state, count(*) FROM delivery GROUP BY state") {
      states[try row.get(0)] = Int(try row.get(1, as: Int64.self))
    }
    return states
  }

  func settings(workers: Int = 2) -> SendingSettings {
    SendingSettings(
      sealing: sealing,
      sender: Sender.Configuration(
        receivers: ReceiverGuard(allowsPrivate: true), host: "upblit.test"),
      places: AlertPlaces(origin: nil),
      pace: OutboxPace(
        retries: RetrySchedule(
          pausesSeconds: [Int64](repeating: 0, count: 10), longestSeconds: 3600)),
      workers: workers)
  }

  /// Waits until something holds; throws where it does not within two minutes.
  func wait(_ what: String, until holds: () throws -> Bool) throws {
    let deadline = ContinuousClock.now.advanced(by: .seconds(120))
    while try !holds() {
      guard ContinuousClock.now < deadline else { throw TestSupportError("not so: \(what)") }
      usleep(5_000)
    }
  }
}
