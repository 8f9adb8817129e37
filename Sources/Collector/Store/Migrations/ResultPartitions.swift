import Postgres

/// The day partitions of `result` and `result_evidence`.
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
    var dropped: [String] = []
    let rows = try connection.query(
      """
      SELECT parent.relname, child.relname, i.inhdetachpending
      FROM pg_inherits i
      JOIN pg_class parent ON parent.oid = i.inhparent
      JOIN pg_class child ON child.oid = i.inhrelid
      WHERE i.inhparent IN ('result'::regclass, 'result_evidence'::regclass)
        AND child.relname < parent.relname || '_'
          || to_char(($1 - make_interval(days => $2)) AT TIME ZONE 'UTC', 'YYYYMMDD')
      ORDER BY child.relname
      """, at, days)
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
