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
    /// When somebody said that they know.
    public var acknowledgedAt: Timestamp?
    /// When somebody said that it is over, of which the verdict knows nothing.
    public var resolvedAt: Timestamp?

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

  /// Which incidents are wanted; `nil` leaves a thing open.
  public struct Filter: Hashable, Sendable {
    public var state: State?
    /// The store's number of the monitor.
    public var monitor: Int64?
    /// A region that its opening verdict found failing.
    public var region: String?
    public var severity: String?
    /// That began then or later.
    public var since: Timestamp?
    /// That began before then.
    public var until: Timestamp?
    /// A tag of the monitor.
    public var tag: String?
    /// What the monitor's name or target contains, in whatever case.
    public var words: String?

    public init(state: State? = nil, monitor: Int64? = nil) {
      self.state = state
      self.monitor = monitor
    }
  }

  /// How an incident stands.
  public enum State: String, Hashable, Sendable, CaseIterable {
    case open
    /// Open, and somebody said that they know.
    case acknowledged
    /// Open, and nobody said anything.
    case unacknowledged
    case closed
  }

  private static let selected: SQL = """
    SELECT i.id, m.id, m.name, m.target, m.key, i.severity, i.started_at, i.decided_at,
      i.ended_at, i.recovered_at, i.opening_verdict, i.closing_verdict, i.marks,
    """ + IncidentCause.columns + ", i.acknowledged_at, i.resolved_at"

  private static let columns: SQL =
    selected + " FROM incident i JOIN monitor m ON m.key = i.monitor_key " + IncidentCause.joins

  /// At most `limit` incidents, newest first, after `position`.
  public static func list(
    _ filter: Filter = Filter(), after position: Position?, limit: Int,
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    try records(
      statement(filter, after: position, limit, organization).run(on: connection))
  }

  /// Where only some monitors' incidents are wanted, the newest of each are read, however many the
  /// others have had.
  private static func statement(
    _ filter: Filter, after position: Position?, _ limit: Int, _ organization: OrganizationID
  ) -> Statement {
    let order: SQL = " ORDER BY i.started_at DESC, i.id DESC LIMIT "
    guard filter.tag != nil || filter.words != nil else {
      var statement = Statement(columns)
      statement.add(" WHERE i.organization_id = ", organization.rawValue)
      filter.add(to: &statement, after: position)
      statement.add(order, limit)
      return statement
    }
    var statement = Statement(selected + " FROM monitor m CROSS JOIN LATERAL (")
    statement.add("SELECT * FROM incident i WHERE i.monitor_key = m.key AND i.organization_id = ")
    statement.add("", organization.rawValue)
    filter.add(to: &statement, after: position)
    statement.add(order, limit, ") i " + IncidentCause.joins)
    statement.add(" WHERE m.organization_id = ", organization.rawValue)
    if let tag = filter.tag { statement.add(" AND m.tags @> ARRAY[", tag, "]") }
    if let words = filter.words { statement.addSearch(words) }
    statement.add(order, limit)
    return statement
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
          marks: try row.get(12), acknowledgedAt: try row.get(20), resolvedAt: try row.get(21)))
    }
    return records
  }
}

extension IncidentQueries.Filter {
  /// The conditions on the row `i`, so that each finds its index.
  fileprivate func add(
    to statement: inout Statement, after position: IncidentQueries.Position?
  ) {
    switch state {
    case .open?: statement.add(" AND i.ended_at IS NULL")
    case .acknowledged?:
      statement.add(" AND i.ended_at IS NULL AND i.acknowledged_at IS NOT NULL")
    case .unacknowledged?:
      statement.add(
        " AND i.ended_at IS NULL AND i.acknowledged_at IS NULL AND i.resolved_at IS NULL")
    case .closed?: statement.add(" AND i.ended_at IS NOT NULL")
    case nil: break
    }
    if let monitor { statement.add(" AND i.monitor_key = ", monitor) }
    if let severity { statement.add(" AND i.severity = ", severity) }
    if let since { statement.add(" AND i.started_at >= ", since) }
    if let until { statement.add(" AND i.started_at < ", until) }
    if let region {
      statement.add(
        """
         AND EXISTS (
          SELECT FROM verdict w CROSS JOIN jsonb_array_elements(w.votes) AS x (vote)
          WHERE w.id = i.opening_verdict AND x.vote->>'kind' IN ('attributable', 'ambiguous')
        """)
      statement.add(" AND x.vote->>'region' = ", region, ")")
    }
    if let position {
      statement.add(" AND (i.started_at, i.id) < (", position.startedAt)
      statement.add(", ", position.id, ")")
    }
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
