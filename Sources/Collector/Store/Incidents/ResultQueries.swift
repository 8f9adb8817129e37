public import Model
public import Postgres

/// Results in the store.
public enum ResultQueries {
  /// One result with what its failure had to say.
  public struct Record: Hashable, Sendable {
    public var startedAt: Timestamp
    public var monitor: MonitorID
    public var agent: AgentID
    public var region: String
    /// 0 up, 1 degraded, 2 failed attributable, 3 failed ambiguous, 4 unknown.
    public var outcome: Int16
    public var reason: Int16?
    public var curlCode: Int16?
    public var status: Int16?
    /// Microseconds.
    public var totalUs: Int32
    public var dnsUs: Int32?
    public var connectUs: Int32?
    public var tlsUs: Int32?
    public var firstByteUs: Int32?
    public var certificateDays: Int32?
    public var detail: String?
    public var position: Position
  }

  /// Where a result stands: its time, and its place in its stream.
  public struct Position: Hashable, Sendable {
    public var startedAt: Timestamp
    public var stream: Int64
    public var sequence: Int64
    public var index: Int16

    public init(startedAt: Timestamp, stream: Int64, sequence: Int64, index: Int16) {
      self.startedAt = startedAt
      self.stream = stream
      self.sequence = sequence
      self.index = index
    }
  }

  /// Which results are wanted; `nil` leaves a thing open.
  public struct Filter: Hashable, Sendable {
    /// The store's number of the monitor; without one, those of all monitors that are there.
    public var monitor: Int64?
    /// From then on.
    public var since: Timestamp
    /// Before then.
    public var until: Timestamp
    public var region: String?
    /// The store's number of the agent.
    public var agent: Int32?
    /// As `Record.outcome`.
    public var outcome: Int16?

    public init(since: Timestamp, until: Timestamp, monitor: Int64? = nil) {
      self.monitor = monitor
      self.since = since
      self.until = until
    }
  }

  /// How much is looked through at first where all monitors are asked for, ms; then eight times more,
  /// and so on, so that what is read is in proportion to the page, however dense the results are.
  private static let firstWindowMs: Int64 = 10_000

  /// At most `limit` results that began within the filter's span, newest first, after `position`.
  public static func list(
    _ filter: Filter, after position: Position?, limit: Int, organization: OrganizationID,
    on connection: Connection
  ) throws(PostgresError) -> [Record] {
    // Repeats the cursor's time as a plain bound, which prunes partitions where the row can't.
    var end = min(
      filter.until, position.map { $0.startedAt.adding(milliseconds: 1) } ?? filter.until)
    let since = filter.since
    var width = firstWindowMs
    var begin = since
    if filter.monitor == nil {
      begin = max(since, min(end, Timestamp.now()).adding(milliseconds: -width))
    }
    var records: [Record] = []
    while true {
      let left = limit - records.count
      for row in try statement(filter, from: begin, to: end, position, left, organization)
        .run(on: connection)
      {
        records.append(try record(row))
      }
      if records.count >= limit || begin <= since { return records }
      end = begin
      width *= 8
      begin = max(since, end.adding(milliseconds: -width))
    }
  }

  private static let order: SQL =
    " ORDER BY r.started_at DESC, r.stream_key DESC, r.sequence DESC, r.record_index DESC LIMIT "

  /// The page first, then what its failures had to say.
  private static func statement(
    _ filter: Filter, from begin: Timestamp, to end: Timestamp, _ position: Position?, _ limit: Int,
    _ organization: OrganizationID
  ) -> Statement {
    var statement = Statement("WITH page AS (SELECT r.*, m.id AS monitor_id FROM monitor m ")
    // Each monitor's newest, of which the newest of all are among.
    statement.add("CROSS JOIN LATERAL (SELECT * FROM result r WHERE r.monitor_key = m.key ")
    statement.add("AND r.organization_id = ", organization.rawValue)
    statement.add(" AND r.started_at >= ", begin)
    statement.add(" AND r.started_at < ", end)
    if let region = filter.region {
      statement.add(
        " AND r.agent_key = ANY (ARRAY(SELECT key FROM agent WHERE region = ", region, "))")
    }
    if let agent = filter.agent { statement.add(" AND r.agent_key = ", agent) }
    if let outcome = filter.outcome {
      // The few that are not up have an index of their own.
      if outcome > 0 { statement.add(" AND r.outcome > 0") }
      statement.add(" AND r.outcome = ", outcome)
    }
    if let position {
      statement.add(
        " AND (r.started_at, r.stream_key, r.sequence, r.record_index) < (", position.startedAt)
      statement.add(", ", position.stream)
      statement.add(", ", position.sequence)
      statement.add(", ", position.index, ")")
    }
    statement.add(order, limit, ") r WHERE m.organization_id = ")
    statement.add("", organization.rawValue)
    if let monitor = filter.monitor {
      statement.add(" AND m.key = ", monitor)
    } else {
      statement.add(" AND m.deleted_at IS NULL")
    }
    statement.add(order, limit, ")")
    statement.add(
      """
       SELECT r.started_at, a.id, a.region, r.outcome, r.reason, r.curl_code, r.status,
        r.total_us, r.dns_us, r.connect_us, r.tls_us, r.first_byte_us, r.certificate_days,
        e.detail, r.stream_key, r.sequence, r.record_index, r.monitor_id
      FROM page r JOIN agent a ON a.key = r.agent_key
      LEFT JOIN LATERAL (
        SELECT detail FROM result_evidence
        WHERE monitor_key = r.monitor_key AND started_at = r.started_at
          AND stream_key = r.stream_key AND sequence = r.sequence
          AND record_index = r.record_index AND organization_id = r.organization_id
        LIMIT 1
      ) e ON r.outcome > 0
      ORDER BY r.started_at DESC, r.stream_key DESC, r.sequence DESC, r.record_index DESC
      """)
    return statement
  }

  private static func record(_ row: Row) throws(PostgresError) -> Record {
    let startedAt = try row.get(0, as: Timestamp.self)
    return Record(
      startedAt: startedAt, monitor: try row.get(17), agent: try row.get(1), region: try row.get(2),
      outcome: try row.get(3), reason: try row.get(4), curlCode: try row.get(5),
      status: try row.get(6), totalUs: try row.get(7), dnsUs: try row.get(8),
      connectUs: try row.get(9), tlsUs: try row.get(10), firstByteUs: try row.get(11),
      certificateDays: try row.get(12), detail: try row.get(13),
      position: Position(
        startedAt: startedAt, stream: try row.get(14), sequence: try row.get(15),
        index: try row.get(16)))
  }
}
