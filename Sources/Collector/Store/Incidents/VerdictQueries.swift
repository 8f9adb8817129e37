public import Model
public import Postgres

/// Verdicts in the store, with everything that explains them.
public enum VerdictQueries {
  /// One verdict.
  public struct Record: Hashable, Sendable {
    /// Counts up; later verdicts have higher numbers.
    public var id: Int64
    public var monitor: MonitorID
    public var epoch: Int32
    /// `up`, `degraded`, `partial`, `regional`, `down` or `unknown`.
    public var verdict: String
    /// Since when it holds.
    public var startedAt: Timestamp
    /// When it was reached.
    public var decidedAt: Timestamp
    /// The policy, the tally and every vote, as JSON texts.
    public var policy: String
    public var tally: String
    public var votes: String
    /// The rules that gave it, and the logged steps that lead to it.
    public var engine: Int32?
    public var logFirst: Int64?
    public var logLast: Int64?
    /// The digest of the monitor's verdict before, and its own, in hexadecimal.
    public var previousDigest: String?
    public var digest: String?
  }

  private static let columns: SQL = """
    SELECT v.id, m.id, v.epoch, v.verdict, v.started_at, v.decided_at, v.policy, v.tally, v.votes,
      v.engine, v.log_first, v.log_last, encode(v.previous_digest, 'hex'), encode(v.digest, 'hex')
    FROM verdict v JOIN monitor m ON m.key = v.monitor_key

    """

  /// At most `limit` verdicts of a monitor (or of all), newest first, with ids below `before`.
  public static func list(
    monitor: Int64?, before: Int64?, limit: Int, organization: OrganizationID,
    on connection: Connection
  ) throws(PostgresError) -> [Record] {
    let below = before ?? Int64.max
    let rows =
      if let monitor {
        try connection.query(
          columns
            + """
            WHERE v.organization_id = $1 AND v.monitor_key = $2 AND v.id < $3
            ORDER BY v.id DESC LIMIT $4
            """, organization.rawValue, monitor, below, limit)
      } else {
        try connection.query(
          columns + "WHERE v.organization_id = $1 AND v.id < $2 ORDER BY v.id DESC LIMIT $3",
          organization.rawValue, below, limit)
      }
    return try records(rows)
  }

  /// One verdict; `nil` where the organization has none of that number.
  public static func get(
    _ id: Int64, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Record? {
    try records(
      connection.query(
        columns + "WHERE v.organization_id = $1 AND v.id = $2", organization.rawValue, id)
    ).first
  }

  /// The verdicts of a monitor from number `first` to `last` that were reached by `until`, each
  /// unbounded where `nil`; oldest first, at most `limit`.
  static func list(
    monitor: Int64, from first: Int64, to last: Int64?, until: Timestamp?, limit: Int,
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    try records(
      connection.query(
        columns
          + """
          WHERE v.organization_id = $1 AND v.monitor_key = $2 AND v.id >= $3 AND v.id <= $4
            AND ($5::timestamptz IS NULL OR v.decided_at <= $5)
          ORDER BY v.id LIMIT $6
          """, organization.rawValue, monitor, first, last ?? Int64.max, until, limit))
  }

  private static func records(_ rows: Rows) throws(PostgresError) -> [Record] {
    var records: [Record] = []
    for row in rows {
      records.append(
        Record(
          id: try row.get(0), monitor: try row.get(1), epoch: try row.get(2),
          verdict: try row.get(3), startedAt: try row.get(4), decidedAt: try row.get(5),
          policy: try row.get(6), tally: try row.get(7), votes: try row.get(8),
          engine: try row.get(9), logFirst: try row.get(10), logLast: try row.get(11),
          previousDigest: try row.get(12), digest: try row.get(13)))
    }
    return records
  }
}
