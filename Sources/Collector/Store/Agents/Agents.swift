import Model
import Postgres

/// Listing and revoking agents.
public enum Agents {
  /// The agents that an organization may use: its own and the installation's. With `nil` all, for an
  /// operator.
  public static func list(
    visibleTo organization: Int32?, _ connection: Connection
  ) throws(PostgresError) -> [AgentRecord] {
    let rows = try connection.query(
      AgentRecord.selection
        + """
        WHERE $1::int4 IS NULL OR a.organization_id IS NULL OR a.organization_id = $1
        ORDER BY a.region, a.name, a.key
        """, organization)
    var records: [AgentRecord] = []
    for row in rows { records.append(try AgentRecord(row)) }
    return records
  }

  /// One of them; `nil` where that organization may not see it.
  public static func find(
    _ id: AgentID, visibleTo organization: Int32?, _ connection: Connection
  ) throws(PostgresError) -> AgentRecord? {
    let rows = try connection.query(
      AgentRecord.selection
        + """
        WHERE a.id = $1
          AND ($2::int4 IS NULL OR a.organization_id IS NULL OR a.organization_id = $2)
        """, id, organization)
    guard let row = rows.first else { return nil }
    return try AgentRecord(row)
  }

  /// What became of a revocation.
  public enum Revocation: Hashable, Sendable {
    case revoked
    /// It had been revoked before.
    case alreadyRevoked
    case notFound
  }

  /// Revokes an agent for good: fences its session, so that nothing of it is stored from now on, and
  /// tells every collector to close it. `owner` must be the agent's own organization; `nil` is an
  /// operator, who may revoke any.
  public static func revoke(
    _ id: AgentID, owner: Int32?, _ connection: Connection
  ) throws -> Revocation {
    try connection.joiningRetryingTransaction { connection in
      let rows = try connection.query(
        """
        SELECT key, status FROM agent
        WHERE id = $1 AND ($2::int4 IS NULL OR organization_id = $2) FOR UPDATE
        """, id, owner)
      guard let row = rows.first else { return .notFound }
      let (key, status) = try row.decode(Int32.self, String.self)
      if status == "revoked" { return .alreadyRevoked }
      try connection.query(
        "UPDATE agent SET status = 'revoked', revoked_at = now() WHERE key = $1", key)
      try connection.query(
        """
        UPDATE agent_session SET generation = generation + 1, ended_at = now() WHERE agent_key = $1
        """, key)
      try connection.notify(.revoked, String(key))
      try connection.notify(.membership, String(key))
      return .revoked
    }
  }
}
