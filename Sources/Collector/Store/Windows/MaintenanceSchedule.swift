import Postgres
import Quorum

/// Tells the engine where each monitor's maintenance begins and ends: what its windows, taken
/// together, make it.
///
/// Every run compares what the windows say now with what was told (`monitor_maintenance`) and writes
/// the difference, events and all, in one transaction. So it does not matter which collector runs,
/// how many there are, or where one dies; what nobody was there to tell in time is told late, and a
/// window that came and went meanwhile is not told at all. Time is the database's. While nothing
/// changes a run is one exchange that writes nothing.
public struct MaintenanceSchedule {
  /// What one run did.
  public struct Report: Hashable, Sendable {
    /// Whether another collector was at it; then nothing else was done.
    public var isBusy = false
    /// How many monitors were told that their maintenance began, and that it ended.
    public var began: Int64 = 0
    public var ended: Int64 = 0
  }

  /// The advisory lock's key: the letters "upblit" and 2.
  static let lockKey: Int64 = 0x7570_626C_6974_02
  /// Everything is compared at least this often, whatever the fingerprint says, ms.
  static let fullAfterMs: Int64 = 30_000
  /// The most ends that one run tells: each makes a monitor ask all its regions at once.
  static let mostEnds: Int64 = 500

  /// What must differ for anything to be told.
  private struct Fingerprint: Hashable {
    var windows: String
    var monitorChange: Int64
  }

  private var told: Fingerprint?
  private var lastFullMs: Int64 = 0

  public init() {}

  /// Runs once. Throws where the store could not be asked; then nothing was told, or all was.
  ///
  /// - Parameters:
  ///   - nowMs: monotonic milliseconds.
  ///   - isHinted: whether something is known to have changed.
  public mutating func run(
    nowMs: Int64, isHinted: Bool = false, _ connection: Connection
  ) throws(PostgresError) -> Report {
    if isHinted { told = nil }
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add("BEGIN")
      try pipeline.add("SELECT pg_try_advisory_xact_lock($1)", Self.lockKey)
      try pipeline.add(Self.fingerprintQuery)
    }
    defer { connection.rollback() }
    guard answers.count == 3, try answers[1].first?.get(0, as: Bool.self) == true,
      let row = answers[2].first
    else {
      told = nil
      return Report(isBusy: true)
    }
    let present = Fingerprint(windows: try row.get(0), monitorChange: try row.get(1))
    if told == present, nowMs &- lastFullMs < Self.fullAfterMs { return Report() }
    told = nil
    let report = try tell(connection)
    try connection.commit()
    if report.ended < Self.mostEnds { told = present }
    lastFullMs = nowMs
    return report
  }

  private func tell(_ connection: Connection) throws(PostgresError) -> Report {
    let rows = try connection.query(
      Self.tellQuery, Int32(MonitorState.currentVersion), Self.mostEnds)
    var report = Report()
    guard let row = rows.first else { return report }
    report.began = try row.get(0)
    report.ended = try row.get(1)
    if report.began + report.ended > 0 { try connection.notify(.due) }
    return report
  }

  private static let fingerprintQuery: SQL = """
    SELECT (
      SELECT md5(coalesce(string_agg(id::text || updated_at::text, ',' ORDER BY id), ''))
      FROM maintenance WHERE starts_at <= now() AND ends_at > now()
    ), last_value FROM monitor_change
    """

  // A maintenance that was told goes on where the clock was set back to before its beginning.
  private static let tellQuery: SQL = """
    WITH open AS (
      SELECT id, organization_id, all_monitors, starts_at FROM maintenance
      WHERE ends_at > now()
        AND starts_at <= greatest(now(), (SELECT max(since) FROM monitor_maintenance))
    ), whole AS (
      -- many that cover the same are one: a thousand must not be multiplied by all monitors
      SELECT organization_id, min(starts_at) AS starts_at FROM open WHERE all_monitors GROUP BY 1
    ), covered AS (
      SELECT m.key, m.organization_id, w.starts_at FROM whole w
      JOIN monitor m ON m.organization_id = w.organization_id AND m.deleted_at IS NULL
      UNION ALL
      SELECT m.key, m.organization_id, min(w.starts_at) FROM open w
      JOIN maintenance_monitor c ON c.maintenance_id = w.id
      JOIN monitor m ON m.key = c.monitor_key AND m.deleted_at IS NULL
      WHERE NOT w.all_monitors GROUP BY 1, 2
    ), begun AS (
      INSERT INTO monitor_maintenance (monitor_key, organization_id, since, state_version)
      SELECT DISTINCT ON (c.key) c.key, c.organization_id, now(), $1 FROM covered c
      LEFT JOIN monitor_maintenance k ON k.monitor_key = c.key
      WHERE c.starts_at <= now() AND (k.monitor_key IS NULL OR k.state_version < $1)
      ORDER BY c.key
      ON CONFLICT (monitor_key) DO UPDATE SET state_version = excluded.state_version
      RETURNING monitor_key, organization_id
    ), ended AS (
      DELETE FROM monitor_maintenance WHERE monitor_key IN (
        SELECT k.monitor_key FROM monitor_maintenance k
        WHERE NOT EXISTS (
          SELECT FROM covered c
          WHERE c.key = k.monitor_key AND c.starts_at <= greatest(now(), k.since))
        -- in turns, so that a small organization's end does not wait for a large one's
        ORDER BY row_number() OVER (PARTITION BY k.organization_id ORDER BY k.monitor_key),
          k.monitor_key
        LIMIT $2)
      RETURNING monitor_key, organization_id
    ), edges AS (
      SELECT monitor_key, organization_id, 'began' AS edge FROM begun
      UNION ALL SELECT monitor_key, organization_id, 'ended' FROM ended
    ), told AS (
      INSERT INTO quorum_event (monitor_key, organization_id, kind, payload)
      SELECT monitor_key, organization_id, 'maintenance', jsonb_build_object('edge', edge)
      FROM edges ORDER BY monitor_key
    ), wished AS (
      INSERT INTO monitor_due AS known (monitor_key, organization_id, due_at)
      SELECT monitor_key, organization_id, clock_timestamp() FROM edges ORDER BY monitor_key
      ON CONFLICT (monitor_key) DO UPDATE SET due_at = greatest(
        excluded.due_at, least(known.due_at, excluded.due_at) + interval '1 microsecond')
    )
    SELECT (SELECT count(*) FROM begun), (SELECT count(*) FROM ended)
    """
}
