import JSON
public import Model
public import Postgres

/// Maintenances in the store. Each change tells listeners on `upblit_maintenance` when it commits;
/// `MaintenanceSchedule` does the rest.
public enum MaintenanceQueries {
  /// Where a page of the list ended.
  public struct Position: Hashable, Sendable {
    public var startsAt: Timestamp
    public var id: MaintenanceID

    public init(startsAt: Timestamp, id: MaintenanceID) {
      self.startsAt = startsAt
      self.id = id
    }
  }

  /// Why a maintenance can't be made or changed, for a reason that is not in what was sent.
  public enum Refusal: Error, Hashable, Sendable {
    /// The organization has as many that are not over as it may.
    case tooMany
    /// It is over, and stays as it was.
    case isOver
  }

  /// Stores a new one. Throws `FieldErrors` for what can't be had, and `Refusal`.
  ///
  /// - Parameter wish: with a title, an end and a scope.
  public static func create(
    _ wish: MaintenanceWish, organization: OrganizationID, on connection: Connection
  ) throws -> MaintenanceRecord {
    let id = MaintenanceID.random()
    return try connection.joiningTransaction { connection in
      let rows = try connection.query(
        "SELECT now(), count(*) FROM maintenance WHERE organization_id = $1 AND ends_at > now()",
        organization.rawValue)
      guard let row = rows.first else { throw missing }
      let (now, open) = try row.decode(Timestamp.self, Int64.self)
      guard open < MaintenanceWish.mostOpen else { throw Refusal.tooMany }
      let span = try MaintenanceSpan.of(wish, changing: nil, now: now)
      try connection.query(
        """
        INSERT INTO maintenance (id, organization_id, title, starts_at, ends_at, all_monitors)
        VALUES ($1, $2, $3, $4, $5, $6)
        """, id, organization.rawValue, wish.title ?? "", span.startsAt, span.endsAt,
        wish.scope == .all)
      if case .monitors(let monitors) = wish.scope {
        try name(monitors, in: id, organization: organization, on: connection)
      }
      try connection.notify(.maintenance)
      guard let record = try get(id, organization: organization, on: connection) else {
        throw missing
      }
      return record
    }
  }

  /// The one called `id`; `nil` where the organization has none, or no longer.
  public static func get(
    _ id: MaintenanceID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> MaintenanceRecord? {
    let rows = try connection.query(
      "SELECT " + MaintenanceRecord.columns
        + " FROM maintenance w WHERE w.id = $1 AND w.organization_id = $2",
      id, organization.rawValue)
    guard let row = rows.first else { return nil }
    return try MaintenanceRecord(row)
  }

  /// The same, whose row stays locked until the transaction ends.
  public static func getLocked(
    _ id: MaintenanceID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> MaintenanceRecord? {
    try connection.query(
      "SELECT 1 FROM maintenance WHERE id = $1 AND organization_id = $2 FOR UPDATE", id,
      organization.rawValue)
    return try get(id, organization: organization, on: connection)
  }

  /// At most `limit`, the one that begins last first, after `position`.
  ///
  /// - Parameters:
  ///   - state: only those that stand so.
  ///   - monitor: only those that this monitor, by the store's number, is maintained in.
  public static func list(
    state: MaintenanceRecord.State?, monitor: Int64?, after position: Position?, limit: Int,
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [MaintenanceRecord] {
    let rows = try connection.query(
      "SELECT " + MaintenanceRecord.columns
        + """
         FROM maintenance w WHERE w.organization_id = $1
          AND ($2::text IS NULL OR $2 = CASE WHEN w.starts_at > now() THEN 'upcoming'
            WHEN w.ends_at > now() THEN 'running' ELSE 'over' END)
          AND ($3::int8 IS NULL OR w.all_monitors OR EXISTS (
            SELECT FROM maintenance_monitor c
            WHERE c.maintenance_id = w.id AND c.monitor_key = $3))
          AND ($4::timestamptz IS NULL OR (w.starts_at, w.id) < ($4, $5))
        ORDER BY w.starts_at DESC, w.id DESC LIMIT $6
        """, organization.rawValue, state?.rawValue, monitor, position?.startsAt, position?.id,
      limit)
    var records: [MaintenanceRecord] = []
    for row in rows { records.append(try MaintenanceRecord(row)) }
    return records
  }

  /// Changes one that is not over, under its row's lock; `nil` where the organization has none.
  ///
  /// `wish` is given it as it is; what it throws undoes all. Throws `FieldErrors` for what can't be
  /// had, and `Refusal`.
  public static func change(
    _ id: MaintenanceID, organization: OrganizationID, on connection: Connection,
    _ wish: (MaintenanceRecord) throws -> MaintenanceWish
  ) throws -> MaintenanceRecord? {
    try connection.joiningTransaction { connection in
      let rows = try connection.query(
        "SELECT now() FROM maintenance WHERE id = $1 AND organization_id = $2 FOR UPDATE", id,
        organization.rawValue)
      guard let now = try rows.first?.get(0, as: Timestamp.self),
        let old = try get(id, organization: organization, on: connection)
      else { return nil }
      let wish = try wish(old)
      if old.state == .over { throw Refusal.isOver }
      let span = try MaintenanceSpan.of(
        wish, changing: MaintenanceSpan(startsAt: old.startsAt, endsAt: old.endsAt), now: now)
      try connection.query(
        """
        UPDATE maintenance SET title = coalesce($3, title), starts_at = $4, ends_at = $5,
          all_monitors = $6, updated_at = greatest(now(), updated_at + interval '1 microsecond')
        WHERE id = $1 AND organization_id = $2
        """, id, organization.rawValue, wish.title, span.startsAt, span.endsAt,
        wish.scope.map { $0 == .all } ?? old.isForAll)
      if let scope = wish.scope {
        try connection.query("DELETE FROM maintenance_monitor WHERE maintenance_id = $1", id)
        if case .monitors(let monitors) = scope {
          try name(monitors, in: id, organization: organization, on: connection)
        }
      }
      try connection.notify(.maintenance)
      return try get(id, organization: organization, on: connection)
    }
  }

  /// Takes one back that has not begun, ends one now that has, and leaves one that is over as it was.
  /// `false` where the organization has none.
  public static func end(
    _ id: MaintenanceID, organization: OrganizationID, on connection: Connection
  ) throws -> Bool {
    try connection.joiningTransaction { connection in
      let rows = try connection.query(
        "SELECT 1 FROM maintenance WHERE id = $1 AND organization_id = $2 FOR UPDATE", id,
        organization.rawValue)
      guard rows.count == 1 else { return false }
      try connection.query(
        "DELETE FROM maintenance WHERE id = $1 AND organization_id = $2 AND starts_at > now()", id,
        organization.rawValue)
      try connection.query(
        """
        UPDATE maintenance SET ends_at = now(),
          updated_at = greatest(now(), updated_at + interval '1 microsecond')
        WHERE id = $1 AND organization_id = $2 AND ends_at > now()
        """, id, organization.rawValue)
      try connection.notify(.maintenance)
      return true
    }
  }

  /// Names `monitors` in a window; each must be one of the organization's.
  private static func name(
    _ monitors: [MonitorID], in id: MaintenanceID, organization: OrganizationID,
    on connection: Connection
  ) throws {
    let rows = try connection.query(
      """
      INSERT INTO maintenance_monitor (maintenance_id, monitor_key, organization_id)
      SELECT $1, m.key, m.organization_id FROM monitor m
      WHERE m.id = ANY ($2) AND m.organization_id = $3 AND m.deleted_at IS NULL
      RETURNING (SELECT id FROM monitor WHERE key = monitor_key)
      """, id, monitors, organization.rawValue)
    guard rows.count < monitors.count else { return }
    let known = Set(try rows.map { try $0.get(0, as: MonitorID.self) })
    var errors = FieldErrors()
    for (index, monitor) in monitors.enumerated() where !known.contains(monitor) {
      errors.add("/monitors/\(index)", "is no monitor of your organization")
    }
    throw errors
  }

  private static var missing: PostgresError {
    PostgresError(.bug, "a maintenance that was just written is not there")
  }
}
