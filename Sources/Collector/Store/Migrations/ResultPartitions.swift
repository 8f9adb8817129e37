import Postgres

/// The day partitions of `result` and `result_evidence`, and the making of `rollup_minute`'s.
public enum ResultPartitions {
  /// How many days back and ahead of today (UTC) partitions are made.
  public static let daysBack: Int32 = 8
  public static let daysAhead: Int32 = 2

  /// Makes the partitions that are missing around `at`; returns how many it made. To be called at
  /// start and every hour; does nothing when all are there. Blocks no reader and no writer.
  @discardableResult
  public static func ensure(
    _ connection: Connection, at: Timestamp = .now()
  ) throws(PostgresError) -> Int32 {
    let rows = try connection.query(
      "SELECT ensure_result_partitions($1, $2, $3)", at, daysBack, daysAhead)
    return try rows.first?.get(0) ?? 0
  }

  /// Drops the partitions whose every row is older than `days`; returns their names.
  ///
  /// Each is detached first without stopping anyone (`CONCURRENTLY`), then dropped. Not to be
  /// called inside a transaction.
  @discardableResult
  public static func dropOlder(
    thanDays days: Int32, at: Timestamp = .now(), _ connection: Connection
  ) throws(PostgresError) -> [String] {
    let end = at.adding(milliseconds: -86_400_000 * Int64(days))
    return try drop(of: ["result", "result_evidence"], before: end, connection)
  }

  /// Drops the partitions of `parents` whose every row is of a day before `end`'s.
  static func drop(
    of parents: [String], before end: Timestamp, _ connection: Connection
  ) throws(PostgresError) -> [String] {
    var dropped: [String] = []
    let rows = try connection.query(
      """
      SELECT parent.relname, child.relname, i.inhdetachpending
      FROM pg_inherits i
      JOIN pg_class parent ON parent.oid = i.inhparent
      JOIN pg_class child ON child.oid = i.inhrelid
      WHERE i.inhparent = ANY ($1::text[]::regclass[])
        AND child.relname < parent.relname || '_'
          || to_char($2 AT TIME ZONE 'UTC', 'YYYYMMDD')
      ORDER BY child.relname
      """, parents, end)
    for row in rows {
      let (parent, child, pending) = try row.decode(String.self, String.self, Bool.self)
      let mode = pending ? "FINALIZE" : "CONCURRENTLY"
      try connection.execute(
        SQL(verbatim: "ALTER TABLE \(parent) DETACH PARTITION \(child) \(mode)"))
      try connection.execute(SQL(verbatim: "DROP TABLE \(child)"))
      dropped.append(child)
    }
    return dropped
  }
}
