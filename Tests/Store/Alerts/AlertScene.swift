import Alerts
import JSON
import Model
import OpenSSL
import Postgres
import TestSupport
import Testing

@testable import Store

/// Two organizations with channels and monitors, a hand that says what happens to those, and a clock
/// that is set ahead: nothing sleeps.
final class AlertScene {
  static let webhook: JSONValue = [
    "url": "https://hooks.example.org/s3cret-path",
    "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
  ]
  static let email: JSONValue = [
    "to": ["ops@example.org"], "from": "upblit@example.org", "host": "smtp.example.org",
    "username": "upblit", "password": "s3cret-word",
  ]
  static let telegram: JSONValue = [
    "token": "123456789:AAs3cretExampleExampleExample", "chat_id": "-1",
  ]

  let database: TestDatabase
  let connection: Connection
  let clock: TestClock
  let sealing: SealingKey
  let acme: OrganizationID
  let other: OrganizationID
  /// Why channels could not be used.
  private(set) var unusable: [String] = []
  private var step: Int64 = 0

  init() throws {
    database = try TestDatabase.make()
    connection = try database.connect()
    sealing = try #require(SealingKey([UInt8](repeating: 5, count: SealingKey.byteCount)))
    acme = OrganizationID(rawValue: try database.addOrganization("acme"))
    other = OrganizationID(rawValue: try database.addOrganization("other"))
    clock = try TestClock(connection)
  }

  /// A connection of another worker.
  func connect() throws -> Connection {
    let connection = try database.connect()
    try clock.use(connection)
    return connection
  }

  func pass(_ ms: Int64) throws { try clock.advance(ms, connection) }

  func write<T>(_ body: (AuditedWrite) throws -> T) throws -> T {
    try AuditTrail.write(by: AuditContext(actor: .system("test")), on: connection, body)
  }

  func draft(_ name: String, _ kind: String, _ settings: JSONValue) throws -> ChannelDraft {
    ChannelDraft(name: name, settings: try #require(ChannelKinds.named(kind)).read(settings))
  }

  @discardableResult
  func channel(
    _ name: String = "hook", _ kind: String = "webhook", _ settings: JSONValue = AlertScene.webhook,
    of organization: OrganizationID? = nil
  ) throws -> ChannelID {
    let draft = try draft(name, kind, settings)
    return try write {
      try ChannelQueries.create(
        draft, organization: organization ?? acme, sealing: sealing, by: $0
      ).id
    }
  }

  @discardableResult
  func route(_ draft: RouteDraft, of organization: OrganizationID? = nil) throws -> RouteRecord {
    try write { try RouteQueries.create(draft, organization: organization ?? acme, by: $0) }
  }

  func monitor(
    _ name: String = "a", tags: [String] = [], of organization: OrganizationID? = nil
  ) throws -> Int64 {
    let key = try database.addMonitor(
      organization: (organization ?? acme).rawValue, name: name
    ).key
    try connection.query("UPDATE monitor SET tags = $2 WHERE key = $1", key, tags)
    return key
  }

  func incident(_ monitor: Int64) throws -> IncidentID {
    let rows = try connection.query(
      """
      WITH v AS (
        INSERT INTO verdict (monitor_key, organization_id, epoch, started_at, decided_at, verdict,
          policy, tally, votes)
        SELECT key, organization_id, 1, now(), now(), 'down', '{}', '{}',
          '[{"region": "eu", "kind": "attributable"}, {"region": "us", "kind": "up"}]'
        FROM monitor WHERE key = $1 RETURNING id, monitor_key, organization_id
      )
      INSERT INTO incident (organization_id, monitor_key, opening_verdict, started_at, decided_at,
        severity)
      SELECT organization_id, monitor_key, id, now(), now(), 'down' FROM v RETURNING id
      """, monitor)
    return try #require(rows.first).get(0)
  }

  /// What a step stores that wants people to be told.
  func notice(
    _ kind: String, _ monitor: Int64, _ incident: IncidentID? = nil, urgency: String = "page",
    verdict: String? = nil
  ) throws {
    step += 1
    try connection.query(
      """
      INSERT INTO notice (organization_id, monitor_key, incident_id, verdict_id, step, kind, urgency,
        verdict, at, created_at, body)
      SELECT organization_id, key, $2::uuid, (SELECT opening_verdict FROM incident WHERE id = $2),
        $3, $4, $5, $6, now(), now(),
        jsonb_build_object('monitor', jsonb_build_object('id', id, 'name', name, 'target', target))
      FROM monitor WHERE key = $1
      """, monitor, incident, step, kind, urgency,
      verdict ?? (incident == nil ? "degraded" : "down"))
  }

  /// One of many workers.
  static let worker = OutboxWorker(index: 1, of: 32)

  /// The first claim of something to send, if there is any.
  func claim(
    _ lease: LeaseID = .random(), by worker: OutboxWorker = AlertScene.worker,
    on connection: Connection? = nil
  ) throws -> OutboxClaim? {
    while true {
      let look = try Outbox.claim(
        as: lease, by: worker, sealing: sealing, places: AlertPlaces(origin: "https://upblit.test"),
        on: connection ?? self.connection)
      switch look {
      case .nothing: return nil
      case .decided: continue
      case .unusable(_, let reason): unusable.append(reason)
      case .claimed(let claim): return claim
      }
    }
  }

  /// Sends all that there is to send now; returns the titles, each with its channel's name.
  func sendAll(_ outcome: DeliveryOutcome = .delivered) throws -> [String] {
    var titles: [String] = []
    while let claim = try claim() {
      for message in claim.messages {
        guard try Outbox.begin(message, of: claim, on: connection) == .now else { break }
        let text = try #require(AlertMessage(message.items, now: 0)).title
        titles.append("\(claim.channel.draft.name): \(text)")
        #expect(try settle(message, claim, outcome))
      }
      try Outbox.release(claim, on: connection)
    }
    return titles
  }

  func settle(
    _ message: ChannelOutbox.Message, _ claim: OutboxClaim, _ outcome: DeliveryOutcome,
    isAnswered: Bool = true, mayHaveArrived: Bool = false, on connection: Connection? = nil
  ) throws -> Bool {
    try Outbox.settle(
      message, of: claim, as: outcome, isAnswered: isAnswered, mayHaveArrived: mayHaveArrived,
      chance: 0, sealing: sealing, on: connection ?? self.connection)
  }

  /// The settings of a channel, as they are stored.
  func settings(_ id: ChannelID) throws -> ChannelDraft {
    try #require(
      try ChannelQueries.get(id, organization: acme, sealing: sealing, on: connection)
    ).draft
  }

  /// Changes a channel as a person does.
  func change(_ id: ChannelID, to draft: ChannelDraft) throws {
    _ = try write {
      try ChannelQueries.change(id, organization: acme, sealing: sealing, by: $0) { $0 = draft }
    }
  }

  /// Waits until so many connections of this database wait for a lock.
  func waitUntilBlocked(_ count: Int64 = 1) throws {
    let watcher = try database.connect()
    let deadline = ContinuousClock.now.advanced(by: .seconds(60))
    while ContinuousClock.now < deadline {
      let rows = try watcher.query(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
        """)
      if try rows.first?.get(0, as: Int64.self) == count { return }
      try watcher.query("SELECT pg_sleep(0.005)")
    }
    throw TestSupportError("nobody waited for a lock within a minute")
  }

  /// All deliveries of an organization, oldest first.
  func deliveries(_ organization: OrganizationID? = nil) throws -> [DeliveryQueries.Record] {
    try DeliveryQueries.list(
      before: nil, limit: 1000, organization: organization ?? acme, on: connection
    ).reversed()
  }

  func states() throws -> [String] { try deliveries().map { "\($0.event) \($0.state)" } }
}
