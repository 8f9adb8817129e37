public import Model
public import Postgres

/// What several incidents have in common: the row of `cause` that an incident belongs to.
public struct IncidentCause: Hashable, Sendable {
  public var id: CauseID
  /// `many`: they went down at once. `parent`: the lead is the others' declared parent, and down.
  /// `blind`: no agent was heard.
  public var kind: String
  /// The parent, or who was first.
  public var lead: MonitorID
  public var leadName: String
  /// The beginning of the first incident.
  public var startedAt: Timestamp
  /// The end of the last one; `nil` while one is open.
  public var endedAt: Timestamp?
  /// How many incidents belong to it.
  public var members: Int64

  static let columns: SQL = " c.id, c.kind, l.id, l.name, c.started_at, c.ended_at, c.members"

  static let joins: SQL = """
    LEFT JOIN cause c ON c.id = i.cause_id LEFT JOIN monitor l ON l.key = c.lead_key

    """

  /// Reads `columns`, the first of which stands at `first`; `nil` where there is none.
  init?(_ row: Row, from first: Int) throws(PostgresError) {
    guard let id = try row.get(first, as: CauseID?.self) else { return nil }
    self.id = id
    kind = try row.get(first + 1)
    lead = try row.get(first + 2)
    leadName = try row.get(first + 3)
    startedAt = try row.get(first + 4)
    endedAt = try row.get(first + 5)
    members = try row.get(first + 6)
  }
}
