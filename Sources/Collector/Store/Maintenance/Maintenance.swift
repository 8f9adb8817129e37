import Postgres

/// What must be done now and then, whoever does it: partitions ahead, old rows away.
public enum Maintenance {
  /// How long things are kept.
  public struct Retention: Hashable, Sendable {
    public var resultDays: Int32 = 30
    /// Rollups by the minute: at least 7, since partitions of so many days are made. Those by the
    /// day are kept for ever.
    public var rollupMinuteDays: Int32 = 7
    public var rollupHourDays: Int32 = 366
    /// Batches' digests: as long as a repetition may come that must be told from a fork.
    public var batchDays: Int32 = 7
    /// Streams that nothing was added to: safe, since records over 7 days old are rejected.
    public var streamDays: Int32 = 30
    /// Events that the quorum has taken, and those that others are told.
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
    /// What could not be done this time, and why. The rest was.
    public var failures: [Failure] = []
  }

  /// A part of a run that failed.
  public struct Failure: Hashable, Sendable {
    /// Such as `old partitions`, or the table whose rows were to go.
    public var part: String
    public var reason: String
  }

  private static let lockKey: Int64 = 0x7570_626C_6D6E

  /// Does all that is due, partitions first; `nil` where another collector is at it. Not inside a
  /// transaction. To be called at start and every hour.
  ///
  /// A part that fails keeps no other from being done (`Report.failures`). Throws where the connection
  /// went away.
  public static func run(
    _ connection: Connection, keeping retention: Retention = Retention()
  ) throws -> Report? {
    let lock = try connection.query("SELECT pg_try_advisory_lock($1)", lockKey)
    guard try lock.first?.get(0, as: Bool.self) == true else { return nil }
    defer { _ = try? connection.query("SELECT pg_advisory_unlock($1)", lockKey) }
    var report = Report()
    try attempt("new partitions", &report) { report in
      report.partitionsMade = try ResultPartitions.ensure(connection)
    }
    try attempt("old partitions", &report) { report in
      try dropPartitions(keeping: retention, connection, &report)
    }
    for chore in chores(retention) {
      try attempt(chore.table, &report) { report in
        for statement in chore.statements {
          report.rowsRemoved += try connection.query(statement, chore.days).affected
        }
      }
    }
    try attempt("accounts", &report) { report in
      report.rowsRemoved += try AccountUpkeep.run(connection)
    }
    return report
  }

  /// Runs one part, and notes where it fails.
  private static func attempt(
    _ part: String, _ report: inout Report, _ body: (inout Report) throws -> Void
  ) throws {
    do {
      try body(&report)
    } catch {
      if let error = error as? PostgresError,
        error.kind == .reconnect || error.kind == .outcomeUnknown
      {
        throw error
      }
      report.failures.append(Failure(part: part, reason: "\(error)"))
    }
  }

  /// A partition that a long query still reads stays for the next time.
  private static func dropPartitions(
    keeping retention: Retention, _ connection: Connection, _ report: inout Report
  ) throws(PostgresError) {
    try connection.execute("SET lock_timeout = '5s'")
    defer { try? connection.execute("RESET lock_timeout") }
    do {
      report.partitionsDropped = try ResultPartitions.dropOlder(
        thanDays: retention.resultDays, connection)
      report.partitionsDropped += try RollupPartitions.dropOlder(
        thanDays: max(7, retention.rollupMinuteDays), connection)
    } catch  where error.kind == .retry {
      report.isDropDelayed = true
    }
  }

  /// Rows that go, or change, so many days after their time.
  private struct Chore {
    var table: String
    var days: Int32
    /// One after the other, as long as none fails.
    var statements: [SQL]

    init(_ table: String, _ days: Int32, _ statements: SQL...) {
      self.table = table
      self.days = days
      self.statements = statements
    }
  }

  private static func chores(_ retention: Retention) -> [Chore] {
    [
      Chore(
        "enrolment_token", 0,
        """
        UPDATE enrolment_token SET secret_sealed = NULL, answer = NULL
        WHERE expires_at < now() - make_interval(days => $1)
          AND (secret_sealed IS NOT NULL OR answer IS NOT NULL)
        """),
      Chore(
        "ingest_batch", retention.batchDays,
        """
        DELETE FROM ingest_batch AS b WHERE b.received_at < now() - make_interval(days => $1)
          AND NOT EXISTS (
            SELECT FROM ingest_stream AS s WHERE s.key = b.stream_key AND s.committed = b.sequence)
        """),
      Chore(
        "ingest_reject", retention.resultDays,
        """
        DELETE FROM ingest_reject WHERE received_at < now() - make_interval(days => $1)
        """),
      Chore(
        "rollup_hour", retention.rollupHourDays,
        """
        DELETE FROM rollup_hour WHERE starts_at < now() - make_interval(days => $1)
        """),
      Chore(
        "evidence_part", retention.resultDays,
        """
        DELETE FROM evidence_part WHERE received_at < now() - make_interval(days => $1)
        """),
      Chore(
        "ingest_stream", retention.streamDays,
        """
        WITH old AS (
          DELETE FROM ingest_stream WHERE updated_at < now() - make_interval(days => $1)
          RETURNING key
        )
        DELETE FROM ingest_batch AS b USING old WHERE b.stream_key = old.key
        """),
      Chore(
        "quorum_event", retention.eventDays,
        """
        DELETE FROM quorum_event WHERE stepped_at < now() - make_interval(days => $1)
        """),
      // Those of the future were written before the database was moved to another server.
      Chore(
        "event", retention.eventDays,
        """
        DELETE FROM event WHERE at < now() - make_interval(days => $1)
          OR txid > pg_snapshot_xmax(pg_current_snapshot())::text::int8
        """),
      Chore(
        "probe_request", retention.eventDays,
        """
        DELETE FROM probe_request WHERE asked_at < now() - make_interval(days => $1)
        """),
      Chore(
        "question_calendar", 1,
        """
        DELETE FROM question_calendar WHERE used_at < now() - make_interval(days => $1)
        """),
      Chore(
        "notice", retention.historyDays,
        """
        DELETE FROM notice WHERE created_at < now() - make_interval(days => $1)
        """),
      Chore(
        "maintenance", retention.historyDays,
        """
        DELETE FROM maintenance AS w WHERE ends_at < now() - make_interval(days => $1)
        """),
      Chore(
        "monitor_pause", retention.historyDays,
        """
        DELETE FROM monitor_pause AS p USING monitor AS m
        WHERE m.key = p.monitor_key AND m.deleted_at < now() - make_interval(days => $1)
        """),
      // Each old step is looked at once: it is marked as an incident's, or it goes. What the next
      // incident may refer to, from the newest stored state on, stays.
      Chore(
        "quorum_log", retention.stepDays,
        """
        UPDATE quorum_log AS l SET kept = true
        WHERE NOT kept AND at < now() - make_interval(days => $1) AND EXISTS (
          SELECT FROM incident AS i WHERE i.monitor_key = l.monitor_key
            AND l.number BETWEEN i.log_first AND coalesce(i.log_last, l.number))
        """,
        """
        DELETE FROM quorum_log AS l USING quorum_state AS s
        WHERE NOT kept AND at < now() - make_interval(days => $1)
          AND s.monitor_key = l.monitor_key AND l.number < s.log_snapshot
        """),
      Chore(
        "idempotency", 1,
        "DELETE FROM idempotency WHERE created_at < now() - make_interval(days => $1)"),
    ]
  }
}
