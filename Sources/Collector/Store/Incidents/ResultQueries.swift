public import Model
public import Postgres

/// Results in the store.
public enum ResultQueries {
  /// One result with what its failure had to say.
  public struct Record: Hashable, Sendable {
    public var startedAt: Timestamp
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

  /// At most `limit` results of a monitor that began from `since` to before `until`, newest first,
  /// after `position`.
  ///
  /// - Parameter region: only this region's.
  public static func list(
    monitor: Int64, since: Timestamp, until: Timestamp, region: String?, after position: Position?,
    limit: Int, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    // Repeats the cursor's time as a plain bound, which prunes partitions where the row can't.
    let end = min(until, position.map { $0.startedAt.adding(milliseconds: 1) } ?? until)
    let rows = try connection.query(
      """
      SELECT r.started_at, a.id, a.region, r.outcome, r.reason, r.curl_code, r.status,
        r.total_us, r.dns_us, r.connect_us, r.tls_us, r.first_byte_us, r.certificate_days,
        e.detail, r.stream_key, r.sequence, r.record_index
      FROM result r JOIN agent a ON a.key = r.agent_key
      LEFT JOIN LATERAL (
        SELECT detail FROM result_evidence
        WHERE monitor_key = r.monitor_key AND started_at = r.started_at
          AND stream_key = r.stream_key AND sequence = r.sequence
          AND record_index = r.record_index AND organization_id = r.organization_id
        LIMIT 1
      ) e ON r.outcome > 0
      WHERE r.monitor_key = $1 AND r.organization_id = $2
        AND r.started_at >= $3 AND r.started_at < $4
        AND ($5::text IS NULL
          OR r.agent_key = ANY (ARRAY(SELECT key FROM agent WHERE region = $5)))
        AND ($6::timestamptz IS NULL
          OR (r.started_at, r.stream_key, r.sequence, r.record_index) < ($6, $7, $8, $9))
      ORDER BY r.started_at DESC, r.stream_key DESC, r.sequence DESC, r.record_index DESC
      LIMIT $10
      """, monitor, organization.rawValue, since, end, region, position?.startedAt,
      position?.stream, position?.sequence, position?.index, limit)
    var records: [Record] = []
    for row in rows { records.append(try record(row)) }
    return records
  }

  private static func record(_ row: Row) throws(PostgresError) -> Record {
    let startedAt = try row.get(0, as: Timestamp.self)
    return Record(
      startedAt: startedAt, agent: try row.get(1), region: try row.get(2),
      outcome: try row.get(3), reason: try row.get(4), curlCode: try row.get(5),
      status: try row.get(6), totalUs: try row.get(7), dnsUs: try row.get(8),
      connectUs: try row.get(9), tlsUs: try row.get(10), firstByteUs: try row.get(11),
      certificateDays: try row.get(12), detail: try row.get(13),
      position: Position(
        startedAt: startedAt, stream: try row.get(14), sequence: try row.get(15),
        index: try row.get(16)))
  }
}
