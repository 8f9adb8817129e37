public import Model
public import Postgres

/// What happened, in an order that is the same for everybody who reads it.
public enum EventQueries {
  /// One thing that happened.
  public struct Record: Hashable, Sendable {
    public var position: Position
    public var at: Timestamp
    public var kind: String
    /// Whose; `nil` for what is of no monitor.
    public var monitor: Monitor?
    /// A JSON object.
    public var data: String
  }

  /// A monitor and how it is called now.
  public struct Monitor: Hashable, Sendable {
    public var id: MonitorID
    public var name: String
  }

  /// Where somebody has read up to: lasts as long as the database does.
  public struct Position: Hashable, Sendable {
    /// The number of the transaction that wrote it.
    public var transaction: Int64
    public var number: Int64

    public init(transaction: Int64, number: Int64) {
      self.transaction = transaction
      self.number = number
    }
  }

  /// Every kind.
  public static let kinds = [
    "verdict.changed", "incident.opened", "incident.changed", "incident.closed",
    "incident.acknowledged", "incident.commented", "incident.updated", "incident.resolved",
    "agent.connected", "agent.gone",
  ]

  /// Everything that has happened is before it, and nothing that will.
  public static func end(on connection: Connection) throws(PostgresError) -> Position {
    let rows = try connection.query(
      "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::int8")
    let open: Int64 = try rows.first?.get(0) ?? 0
    return Position(transaction: open - 1, number: .max)
  }

  /// The first `limit` events after `position`, the organization's and the installation's. What
  /// transactions that are still open may have written is left for later, and so is what came after.
  public static func list(
    after position: Position, limit: Int, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    var records: [Record] = []
    for row in try connection.query(
      """
      WITH open AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::int8 AS first)
      SELECT e.txid, e.id, e.at, e.kind, e.data, m.id, m.name FROM (
        (SELECT * FROM event
          WHERE organization_id = $1 AND (txid, id) > ($2, $3) AND txid < (SELECT first FROM open)
          ORDER BY txid, id LIMIT $4)
        UNION ALL
        (SELECT * FROM event
          WHERE organization_id = 0 AND (txid, id) > ($2, $3) AND txid < (SELECT first FROM open)
          ORDER BY txid, id LIMIT $4)
      ) e LEFT JOIN monitor m ON m.key = e.monitor_key AND m.organization_id = $1
      ORDER BY e.txid, e.id LIMIT $4
      """, organization.rawValue, position.transaction, position.number, limit)
    {
      let id = try row.get(5, as: MonitorID?.self)
      records.append(
        Record(
          position: Position(transaction: try row.get(0), number: try row.get(1)),
          at: try row.get(2), kind: try row.get(3),
          monitor: try id.map { id throws(PostgresError) in
            Monitor(id: id, name: try row.get(6))
          }, data: try row.get(4, as: JSONText.self).text))
    }
    return records
  }

  /// Whose events there are from a transaction on; and where to look from next.
  public static func news(
    from transaction: Int64, on connection: Connection
  ) throws(PostgresError) -> (organizations: Set<Int32>, next: Int64) {
    var organizations: Set<Int32> = []
    var next = transaction
    for row in try connection.query(
      """
      WITH open AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::int8 AS first)
      SELECT o.first, e.organization_id FROM open o LEFT JOIN LATERAL (
        SELECT DISTINCT organization_id FROM event WHERE txid >= $1 AND txid < o.first
      ) e ON true
      """, transaction)
    {
      next = try row.get(0)
      if let organization = try row.get(1, as: Int32?.self) { organizations.insert(organization) }
    }
    return (organizations, next)
  }
}
