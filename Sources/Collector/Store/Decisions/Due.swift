import Postgres

/// The wish that monitors be looked at now.
enum Due {
  /// Wishes it for the monitors whose keys `$1` holds. Always changes `due_at`, so that a worker
  /// that is about to write a later one over it sees that it must not.
  static let wish: SQL = """
    INSERT INTO monitor_due AS known (monitor_key, organization_id, due_at)
    SELECT key, organization_id, clock_timestamp() FROM monitor
    WHERE key = ANY ($1::int8[]) ORDER BY key
    ON CONFLICT (monitor_key) DO UPDATE SET due_at = greatest(
      excluded.due_at, least(known.due_at, excluded.due_at) + interval '1 microsecond')
    """

  /// Wishes it for all monitors that the agents whose keys `$1` holds vote for.
  static let wishOfAgents: SQL = """
    INSERT INTO monitor_due AS known (monitor_key, organization_id, due_at)
    SELECT monitor_key, organization_id, clock_timestamp() FROM (
      SELECT DISTINCT ON (monitor_key) monitor_key, organization_id FROM assignment
      WHERE agent_key = ANY ($1::int4[]) ORDER BY monitor_key) AS keys
    ON CONFLICT (monitor_key) DO UPDATE SET due_at = greatest(
      excluded.due_at, least(known.due_at, excluded.due_at) + interval '1 microsecond')
    """

  /// Wishes it for those of them on which events wait, and tells the deciding threads.
  static let wishOfWaiting: SQL = """
    WITH wished AS (
      INSERT INTO monitor_due AS known (monitor_key, organization_id, due_at)
      SELECT monitor_key, organization_id, clock_timestamp() FROM (
        SELECT DISTINCT ON (a.monitor_key) a.monitor_key, a.organization_id FROM assignment AS a
        WHERE a.agent_key = ANY ($1::int4[]) AND EXISTS (
          SELECT FROM quorum_event AS e
          WHERE e.monitor_key = a.monitor_key AND e.stepped_at IS NULL)
        ORDER BY a.monitor_key) AS keys
      ON CONFLICT (monitor_key) DO UPDATE SET due_at = greatest(
        excluded.due_at, least(known.due_at, excluded.due_at) + interval '1 microsecond')
      RETURNING 1
    )
    SELECT pg_notify('upblit_due', '') WHERE EXISTS (SELECT FROM wished)
    """

  /// Milliseconds until the next monitor that is not due yet; `nil` where none ever will be.
  static func next(_ connection: Connection) throws(PostgresError) -> Int64? {
    let rows = try connection.query(
      """
      SELECT greatest(0, ceil(extract(epoch FROM due_at - clock_timestamp()) * 1000))::int8
      FROM monitor_due WHERE due_at > now() AND due_at < 'infinity' ORDER BY due_at LIMIT 1
      """)
    return try rows.first?.get(0)
  }
}
