import Model
public import Postgres
import Wire

/// What agents saw behind the results that led to an incident's verdicts.
public enum EvidenceQueries {
  /// One piece: all that one agent kept of one probe.
  public struct Record: Hashable, Sendable {
    /// How many of the verdicts were reached before it began; it led to the next.
    public var verdictsBefore: Int
    public var agent: Int32
    /// Where its agent stands now.
    public var region: String
    public var startedAt: Timestamp
    /// ``ResultOutcome``'s number; `nil` where the result is not kept any more.
    public var outcome: Int16?
    public var reason: Int16?
    public var status: Int16?
    /// What it holds, each `nil` where it was not kept. A target may have chosen the bytes.
    public var address: [UInt8]?
    public var presence: [UInt8]?
    public var headers: [UInt8]?
    public var bodyExcerpt: [UInt8]?
    public var resolver: [UInt8]?
    public var attempts: [UInt8]?
    public var traceroute: [UInt8]?

    mutating func take(_ kind: Int16, _ bytes: [UInt8]) {
      switch UInt8(exactly: kind).flatMap(Evidence.PartKind.init(rawValue:)) {
      case .address: address = bytes
      case .presence: presence = bytes
      case .headers: headers = bytes
      case .bodyExcerpt: bodyExcerpt = bytes
      case .resolver: resolver = bytes
      case .attempts: attempts = bytes
      case .traceroute: traceroute = bytes
      case .certificateChain, .record, nil: break
      }
    }
  }

  /// The most pieces of one agent before one verdict that are told.
  static let piecesPerAgent = 3
  /// The most pieces before one verdict.
  static let piecesPerVerdict = 12
  /// The most pieces of an incident, so that an answer stays at a megabyte or so.
  static let pieceLimit = 40

  /// The pieces of an incident from its first failure to its end, oldest first. Within the bounds,
  /// each agent's first of each transition go before its second.
  ///
  /// - Parameter verdicts: of the incident, oldest first.
  public static func list(
    of incident: IncidentQueries.Record, _ verdicts: [VerdictQueries.Record],
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    let rows = try connection.query(
      """
      WITH piece AS (
        SELECT DISTINCT agent_key, stream_id, sequence, record_index, monitor_key, started_at
        FROM evidence_part
        WHERE organization_id = $1 AND monitor_key = $2 AND started_at >= $3
          AND ($4::timestamptz IS NULL OR started_at <= $4)
      ), led AS (
        SELECT piece.*, (SELECT count(*) FROM unnest($5::timestamptz[]) AS decided (at)
            WHERE decided.at <= piece.started_at)::int8 AS verdicts
        FROM piece
      ), turn AS (
        SELECT led.*, row_number() OVER (
          PARTITION BY verdicts, agent_key ORDER BY started_at, sequence, record_index) AS turn
        FROM led
      ), place AS (
        SELECT turn.*, row_number() OVER (
          PARTITION BY verdicts ORDER BY turn, started_at, agent_key) AS place
        FROM turn WHERE turn <= $6
      ), chosen AS MATERIALIZED (
        SELECT * FROM place WHERE place <= $7 ORDER BY turn, verdicts, place LIMIT $8
      )
      SELECT c.verdicts, c.agent_key, a.region, c.started_at, r.outcome, r.reason, r.status,
        c.stream_id, c.sequence, c.record_index, p.kind, p.content
      FROM chosen AS c JOIN agent AS a ON a.key = c.agent_key
      JOIN evidence_part AS p ON p.monitor_key = c.monitor_key AND p.started_at = c.started_at
        AND p.stream_id = c.stream_id AND p.sequence = c.sequence
        AND p.record_index = c.record_index AND p.organization_id = $1
      LEFT JOIN ingest_stream AS s ON s.id = c.stream_id
      LEFT JOIN LATERAL (
        SELECT outcome, reason, status FROM result AS r
        WHERE r.monitor_key = c.monitor_key AND r.started_at = c.started_at
          AND r.stream_key = s.key AND r.sequence = c.sequence
          AND r.record_index = c.record_index AND r.organization_id = $1
        LIMIT 1
      ) AS r ON true
      ORDER BY c.started_at, a.region, c.agent_key, c.stream_id, c.sequence, c.record_index, p.kind
      """, organization.rawValue, incident.monitorKey, incident.startedAt,
      incident.recoveredAt, verdicts.map(\.decidedAt), piecesPerAgent, piecesPerVerdict,
      pieceLimit)
    var records: [Record] = []
    var last: Name?
    for row in rows {
      let name = Name(
        stream: try row.get(7), sequence: try row.get(8), index: try row.get(9))
      if name != last {
        records.append(
          Record(
            verdictsBefore: Int(clamping: try row.get(0, as: Int64.self)), agent: try row.get(1),
            region: try row.get(2), startedAt: try row.get(3), outcome: try row.get(4),
            reason: try row.get(5), status: try row.get(6)))
        last = name
      }
      records[records.count - 1].take(try row.get(10), try row.get(11))
    }
    return records
  }

  /// Names the record that a piece is about.
  private struct Name: Hashable {
    var stream: StreamID
    var sequence: Int64
    var index: Int32
  }
}
