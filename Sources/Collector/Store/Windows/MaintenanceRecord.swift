public import Model
public import Postgres

/// A maintenance as the store holds it.
public struct MaintenanceRecord: Hashable, Sendable {
  public var id: MaintenanceID
  public var title: String
  public var startsAt: Timestamp
  public var endsAt: Timestamp
  /// Whether it is for all monitors of the organization; then none is named.
  public var isForAll: Bool
  /// The monitors that it names, but for deleted ones.
  public var monitors: [Monitor]
  public var state: State
  public var createdAt: Timestamp
  public var updatedAt: Timestamp

  /// A monitor that a maintenance names.
  public struct Monitor: Hashable, Sendable {
    public var id: MonitorID
    public var name: String
  }

  /// How it stands by the database's clock.
  public enum State: String, Hashable, Sendable, CaseIterable {
    case upcoming
    case running
    case over
  }

  /// Changes with every change of it.
  public var version: String { String(updatedAt.microseconds) }

  /// The columns that `init(_:)` reads, of `maintenance w`.
  static let columns: SQL = """
    w.id, w.title, w.starts_at, w.ends_at, w.all_monitors, w.created_at, w.updated_at,
    CASE WHEN w.starts_at > now() THEN 'upcoming' WHEN w.ends_at > now() THEN 'running'
      ELSE 'over' END,
    ARRAY(
      SELECT m.id FROM maintenance_monitor c JOIN monitor m ON m.key = c.monitor_key
      WHERE c.maintenance_id = w.id AND m.deleted_at IS NULL ORDER BY m.key),
    ARRAY(
      SELECT m.name FROM maintenance_monitor c JOIN monitor m ON m.key = c.monitor_key
      WHERE c.maintenance_id = w.id AND m.deleted_at IS NULL ORDER BY m.key)
    """

  init(_ row: Row) throws(PostgresError) {
    id = try row.get(0)
    title = try row.get(1)
    startsAt = try row.get(2)
    endsAt = try row.get(3)
    isForAll = try row.get(4)
    createdAt = try row.get(5)
    updatedAt = try row.get(6)
    state = State(rawValue: try row.get(7)) ?? .over
    monitors = zip(
      try row.get(8, as: [MonitorID].self), try row.get(9, as: [String].self)
    ).map { Monitor(id: $0, name: $1) }
  }
}

/// The kinds of planned things that identifiers name.
public enum NamedPlan {
  public enum Maintenance {}
}

/// Names a maintenance.
public typealias MaintenanceID = Identifier<NamedPlan.Maintenance>
