import Postgres

/// What must be done now and then, whoever does it: partitions ahead, old rows away.
public enum Maintenance {
  /// How long things are kept.
  public struct Retention: Hashable, Sendable {
    public var resultDays: Int32 = 30
    /// Batches' digests: as long as a repetition may come that must be told from a fork.
    public var batchDays: Int32 = 7
    /// Streams that nothing was added to: safe, since records over 7 days old are rejected.
    public var streamDays: Int32 = 30
    /// Events that the quorum has taken.
    public var eventDays: Int32 = 7
    /// Logged steps that no incident refers to.
    public var stepDays: Int32 = 30
    /// What people were told, planned maintenances that are over, and pauses of deleted monitors.
    public var historyDays: Int32 = 400

    public init() {}
  }

  /// What one run did.
  public struct Report: Hashable, Sendable {
    public var partitionsMade: Int32 = 0
    public var partitionsDropped: [String] = []
    public var rowsRemoved = 0
    /// Whether partitions that are due to go were still being read.
    public var isDropDelayed = false
  }

  private static let lockKey: Int64 = 0x7570_626C_6D6E

  /// Does all that is due; `nil` where another collector is at it. Not inside a transaction. To be
  /// called at start and every hour.
  public static func run(
    _ connection: Connection, keeping retention: Retention = Retention()
  ) throws -> Report? {
    let lock = try connection.query("SELECT pg_try_advisory_lock($1)", lockKey)
    guard try lock.first?.get(0, as: Bool.self) == true else { return nil }
    defer { _ = try? connection.query("SELECT pg_advisory_unlock($1)", lockKey) }
    var report = Report()
    report.partitionsMade = try ResultPartitions.ensure(connection)
    for (statement, days) in statements(retention) {
      report.rowsRemoved += try connection.query(statement, days).affected
    }
    report.rowsRemoved += try AccountUpkeep.run(connection)
    try dropPartitions(olderThanDays: retention.resultDays, connection, &report)
    return report
  }

  /// A partition that a long query still reads stays for the next time.
  private static func dropPartitions(
    olderThanDays days: Int32, _ connection: Connection, _ report: inout Report
  ) throws(PostgresError) {
    try connection.execute("SET lock_timeout = '5s'")
    defer { try? connection.execute("RESET lock_timeout") }
    do {
      report.partitionsDropped = try ResultPartitions.dropOlder(thanDays: days, connection)
    } catch  where error.kind == .retry {
      report.isDropDelayed = true
    }
  }

  private static func statements(_ retention: Retention) -> [(SQL, Int32)] {
    [
      (
        """
        UPDATE enrolment_token SET secret_sealed = NULL, answer = NULL
        WHERE expires_at < now() - make_interval(days => $1)
          AND (secret_sealed IS NOT NULL OR answer IS NOT NULL)
        """, 0
      ),
      (
        """
        DELETE FROM ingest_batch AS b WHERE b.received_at < now() - make_interval(days => $1)
          AND NOT EXISTS (
            SELECT FROM ingest_stream AS s WHERE s.key = b.stream_key AND s.committed = b.sequence)
        """, retention.batchDays
      ),
      (
        "DELETE FROM ingest_reject WHERE received_at < now() - make_interval(days => $1)",
        retention.resultDays
      ),
      (
        "DELETE FROM evidence_part WHERE received_at < now() - make_interval(days => $1)",
        retention.resultDays
      ),
      (
        """
        WITH old AS (
          DELETE FROM ingest_stream WHERE updated_at < now() - make_interval(days => $1)
          RETURNING key
        )
        DELETE FROM ingest_batch AS b USING old WHERE b.stream_key = old.key
        """, retention.streamDays
      ),
      (
        "DELETE FROM quorum_event WHERE stepped_at < now() - make_interval(days => $1)",
        retention.eventDays
      ),
      (
        "DELETE FROM probe_request WHERE asked_at < now() - make_interval(days => $1)",
        retention.eventDays
      ),
      (
        "DELETE FROM question_calendar WHERE used_at < now() - make_interval(days => $1)",
        1
      ),
      (
        "DELETE FROM notice WHERE created_at < now() - make_interval(days => $1)",
        retention.historyDays
      ),
      (
        """
        DELETE FROM maintenance AS w WHERE ends_at < now() - make_interval(days => $1)
        """, retention.historyDays
      ),
      (
        """
        DELETE FROM monitor_pause AS p USING monitor AS m
        WHERE m.key = p.monitor_key AND m.deleted_at < now() - make_interval(days => $1)
        """, retention.historyDays
      ),
      // Each old step is looked at once: it is marked as an incident's, or it goes. What the next
      // incident may refer to, from the newest stored state on, stays.
      (
        """
        UPDATE quorum_log AS l SET kept = true
        WHERE NOT kept AND at < now() - make_interval(days => $1) AND EXISTS (
          SELECT FROM incident AS i WHERE i.monitor_key = l.monitor_key
            AND l.number BETWEEN i.log_first AND coalesce(i.log_last, l.number))
        """, retention.stepDays
      ),
      (
        """
        DELETE FROM quorum_log AS l USING quorum_state AS s
        WHERE NOT kept AND at < now() - make_interval(days => $1)
          AND s.monitor_key = l.monitor_key AND l.number < s.log_snapshot
        """, retention.stepDays
      ),
    ]
  }
}
