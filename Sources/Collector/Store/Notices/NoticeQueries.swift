import JSON
public import Model
public import Postgres

/// Notices in the store: what people were, or are to be, told.
public enum NoticeQueries {
  /// One notice.
  public struct Record: Hashable, Sendable {
    /// The same for every attempt to send it.
    public var id: NoticeID
    /// Counts up in the order in which a monitor's notices were decided.
    public var number: Int64
    public var monitor: MonitorID
    public var incident: IncidentID?
    /// The monitor's newest verdict when it was decided.
    public var verdictID: Int64?
    /// `began`, `worsened`, `changed`, `ended`, `flapping` or `steady`.
    public var kind: String
    /// `none`, `admins`, `notify` or `page`.
    public var urgency: String
    /// What it is about: `up`, `degraded`, `partial`, `regional`, `down` or `unknown`.
    public var verdict: String
    /// The one provider whose regions fail.
    public var domain: String?
    /// Since when that holds; of `ended`, when it ended.
    public var at: Timestamp
    /// When it was decided.
    public var createdAt: Timestamp
    public var body: NoticeBody
  }

  /// Which notices are wanted; `nil` leaves a thing open.
  public struct Filter: Hashable, Sendable {
    /// The store's number of the monitor.
    public var monitor: Int64?
    public var incident: IncidentID?
    public var urgency: String?

    public init(monitor: Int64? = nil, incident: IncidentID? = nil, urgency: String? = nil) {
      self.monitor = monitor
      self.incident = incident
      self.urgency = urgency
    }
  }

  private static let columns: SQL =
    "SELECT " + Record.columns + " FROM notice n JOIN monitor m ON m.key = n.monitor_key "

  /// At most `limit` notices with numbers below `before`, newest first.
  public static func list(
    _ filter: Filter, before: Int64?, limit: Int, organization: OrganizationID,
    on connection: Connection
  ) throws(PostgresError) -> [Record] {
    try records(
      connection.query(
        columns
          + """
          WHERE n.organization_id = $1 AND n.number < $2
            AND ($3::int8 IS NULL OR n.monitor_key = $3)
            AND ($4::uuid IS NULL OR n.incident_id = $4)
            AND ($5::text IS NULL OR n.urgency = $5)
          ORDER BY n.number DESC LIMIT $6
          """, organization.rawValue, before ?? Int64.max, filter.monitor, filter.incident,
        filter.urgency, limit))
  }

  /// The first `limit` notices of an incident, oldest first.
  public static func list(
    of incident: IncidentID, limit: Int, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    try records(
      connection.query(
        columns
          + """
          WHERE n.organization_id = $1 AND n.incident_id = $2 ORDER BY n.number LIMIT $3
          """, organization.rawValue, incident, limit))
  }

  private static func records(_ rows: Rows) throws(PostgresError) -> [Record] {
    var records: [Record] = []
    for row in rows {
      records.append(try Record(row))
    }
    return records
  }
}

extension NoticeQueries.Record {
  /// Of `notice n` and its `monitor m`.
  static let columns: SQL = """
    n.id, n.number, m.id, n.incident_id, n.verdict_id, n.kind, n.urgency, n.verdict, n.domain, n.at,
    n.created_at, n.body
    """
  /// How many `columns` there are.
  static let columnCount = 12

  /// A row that has `columns`, the first of them at `first`.
  init(_ row: Row, from first: Int = 0) throws(PostgresError) {
    self.init(
      id: try row.get(first), number: try row.get(first + 1), monitor: try row.get(first + 2),
      incident: try row.get(first + 3), verdictID: try row.get(first + 4),
      kind: try row.get(first + 5), urgency: try row.get(first + 6),
      verdict: try row.get(first + 7), domain: try row.get(first + 8),
      at: try row.get(first + 9), createdAt: try row.get(first + 10),
      body: NoticeBody(try row.json(first + 11)))
  }
}

extension NamedDecision {
  public enum Notice {}
}

/// Names a notice.
public typealias NoticeID = Identifier<NamedDecision.Notice>
