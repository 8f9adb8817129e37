public import Model
public import Postgres

/// Incidents in the store.
public enum IncidentQueries {
  /// One incident.
  public struct Record: Hashable, Sendable {
    public var id: IncidentID
    public var monitor: MonitorID
    public var monitorName: String
    public var target: String
    /// The store's own number of the monitor.
    public var monitorKey: Int64
    /// `down`, `partial`, `regional` or `unknown`.
    public var severity: String
    /// The first failure.
    public var startedAt: Timestamp
    /// When the quorum said so.
    public var decidedAt: Timestamp
    /// The first success.
    public var endedAt: Timestamp?
    /// When the quorum said that.
    public var recoveredAt: Timestamp?
    public var openingVerdict: Int64
    public var closingVerdict: Int64?
    /// What it has in common with others; `nil` where it stands alone.
    public var cause: IncidentCause?
    /// `maintenance`: it stood within one; `flapping`: its monitor was flapping when it went down.
    public var marks: [String] = []

    public var isOpen: Bool { endedAt == nil }

    /// How it ended; `nil` while it is open.
    public var ending: Ending? {
      if isOpen { return nil }
      if closingVerdict == nil { return .withdrawn }
      return severity == "unknown" ? .seeingAgain : .recovered
    }
  }

  /// How an incident ends.
  public enum Ending: String, Hashable, Sendable {
    /// By a verdict that finds the monitor well.
    case recovered
    /// Of severity unknown: by a verdict, whatever it says, since enough votes are there again.
    case seeingAgain = "seeing_again"
    /// Without a verdict: the monitor was paused or deleted.
    case withdrawn
  }

  /// Where a page of the list ended.
  public struct Position: Hashable, Sendable {
    public var startedAt: Timestamp
    public var id: IncidentID

    public init(startedAt: Timestamp, id: IncidentID) {
      self.startedAt = startedAt
      self.id = id
    }
  }

  private static let columns: SQL = """
    SELECT i.id, m.id, m.name, m.target, m.key, i.severity, i.started_at, i.decided_at,
      i.ended_at, i.recovered_at, i.opening_verdict, i.closing_verdict, i.marks,
    """ + IncidentCause.columns + " FROM incident i JOIN monitor m ON m.key = i.monitor_key "
    + IncidentCause.joins

  /// At most `limit` incidents, newest first, after `position`.
  ///
  /// - Parameters:
  ///   - monitor: only this monitor's.
  ///   - open: only open ones, or only ended ones.
  public static func list(
    monitor: Int64?, open: Bool?, after position: Position?, limit: Int,
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    try records(
      connection.query(
        columns
          + """
          WHERE i.organization_id = $1 AND ($2::int8 IS NULL OR i.monitor_key = $2)
            AND ($3::bool IS NULL OR (i.ended_at IS NULL) = $3)
            AND ($4::timestamptz IS NULL OR (i.started_at, i.id) < ($4, $5))
          ORDER BY i.started_at DESC, i.id DESC LIMIT $6
          """, organization.rawValue, monitor, open, position?.startedAt, position?.id, limit))
  }

  /// One incident; `nil` where the organization has none of that id.
  public static func get(
    _ id: IncidentID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Record? {
    try records(
      connection.query(
        columns + "WHERE i.organization_id = $1 AND i.id = $2", organization.rawValue, id)
    ).first
  }

  /// The verdicts from an incident's opening to its end, oldest first, at most `limit`. One that was
  /// closed without a verdict, since its monitor was paused or deleted, ends with its last.
  public static func verdicts(
    of incident: Record, limit: Int, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [VerdictQueries.Record] {
    try VerdictQueries.list(
      monitor: incident.monitorKey, from: incident.openingVerdict, to: incident.closingVerdict,
      until: incident.closingVerdict == nil ? incident.recoveredAt : nil, limit: limit,
      organization: organization, on: connection)
  }

  /// The other incidents of what an incident has in common with others, in the order in which they
  /// began, at most `limit`.
  public static func others(
    of incident: Record, limit: Int, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    guard let cause = incident.cause else { return [] }
    return try records(
      connection.query(
        columns
          + """
          WHERE i.organization_id = $1 AND i.cause_id = $2 AND i.id <> $3
          ORDER BY i.started_at, i.id LIMIT $4
          """, organization.rawValue, cause.id, incident.id, limit))
  }

  private static func records(_ rows: Rows) throws(PostgresError) -> [Record] {
    var records: [Record] = []
    for row in rows {
      records.append(
        Record(
          id: try row.get(0), monitor: try row.get(1), monitorName: try row.get(2),
          target: try row.get(3), monitorKey: try row.get(4), severity: try row.get(5),
          startedAt: try row.get(6), decidedAt: try row.get(7), endedAt: try row.get(8),
          recoveredAt: try row.get(9), openingVerdict: try row.get(10),
          closingVerdict: try row.get(11), cause: try IncidentCause(row, from: 13),
          marks: try row.get(12)))
    }
    return records
  }
}

/// The kinds of decided things that identifiers name.
public enum NamedDecision {
  public enum Incident {}
  public enum Cause {}
}

/// Names an incident.
public typealias IncidentID = Identifier<NamedDecision.Incident>

/// Names what several incidents have in common.
public typealias CauseID = Identifier<NamedDecision.Cause>
