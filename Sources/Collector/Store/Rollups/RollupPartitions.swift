import Postgres

/// The day partitions of `rollup_minute`: made with those of results, but for days that are about
/// to go.
enum RollupPartitions {
  /// When the days begin that are kept by the minute, microseconds since 1970.
  static func days(_ connection: Connection) throws(PostgresError) -> Set<Int64> {
    let rows = try connection.query(
      """
      SELECT to_date(right(child.relname, 8), 'YYYYMMDD') - date '1970-01-01'
      FROM pg_inherits AS i JOIN pg_class AS child ON child.oid = i.inhrelid
      WHERE i.inhparent = 'rollup_minute'::regclass AND NOT i.inhdetachpending
      """)
    var days: Set<Int64> = []
    for row in rows { days.insert(Int64(try row.get(0, as: Int32.self)) * 86_400_000_000) }
    return days
  }

  /// Drops the days whose every minute is older than `days` and in the hours; returns their names.
  /// Not inside a transaction.
  static func dropOlder(
    thanDays days: Int32, at: Timestamp = .now(), _ connection: Connection
  ) throws(PostgresError) -> [String] {
    let rows = try connection.query(
      """
      SELECT least($1 - make_interval(days => $2), closed_until) FROM rollup_state
      """, at, days)
    guard let row = rows.first else { return [] }
    return try ResultPartitions.drop(
      of: ["rollup_minute"], before: try row.get(0, as: Timestamp.self), connection)
  }
}
