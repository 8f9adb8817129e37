public import Postgres

/// What admins are told of agents.
public enum AgentEventQueries {
  /// One event.
  public struct Record: Hashable, Sendable {
    /// Counts up; later events have higher numbers.
    public var id: Int64
    /// `distrusted` or `trusted`.
    public var kind: String
    /// Why it was distrusted: a word as in `AgentDirectory.Distrust`.
    public var reason: String
    public var at: Timestamp
  }

  /// At most `limit` events of an agent with numbers below `before`, newest first; none of an agent
  /// that the organization may not see.
  public static func list(
    agent: Int32, before: Int64?, limit: Int, organization: OrganizationID,
    on connection: Connection
  ) throws(PostgresError) -> [Record] {
    let rows = try connection.query(
      """
      SELECT id, kind, reason, at FROM agent_event
      WHERE agent_key = $1 AND (organization_id = $2 OR organization_id IS NULL) AND id < $3
      ORDER BY id DESC LIMIT $4
      """, agent, organization.rawValue, before ?? Int64.max, limit)
    var records: [Record] = []
    for row in rows {
      records.append(
        Record(
          id: try row.get(0), kind: try row.get(1), reason: try row.get(2), at: try row.get(3)))
    }
    return records
  }
}
