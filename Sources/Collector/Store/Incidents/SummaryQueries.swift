public import Postgres

/// How all of an organization's monitors stand.
public enum SummaryQueries {
  /// How many monitors are in each state: a verdict, `paused` or `pending`.
  public static func states(
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [String: Int64] {
    let rows = try connection.query(
      "SELECT CASE WHEN m.paused THEN 'paused' ELSE coalesce(v.verdict, 'pending') END, count(*)"
        + " FROM monitor m" + MonitorRecord.newestVerdict
        + "WHERE m.organization_id = $1 AND m.deleted_at IS NULL GROUP BY 1",
      organization.rawValue)
    var states: [String: Int64] = [:]
    for row in rows { states[try row.get(0)] = try row.get(1) }
    return states
  }

  /// How many agents that were not revoked are `live`, `silent` or `new`: the organization's own and
  /// the installation's.
  public static func agentStates(
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [String: Int64] {
    let rows = try connection.query(
      """
      SELECT CASE WHEN l.seen_at IS NULL THEN 'new'
          WHEN l.seen_at > now() - make_interval(secs => $2) THEN 'live' ELSE 'silent' END,
        count(*)
      FROM agent a LEFT JOIN agent_live l ON l.agent_key = a.key
      WHERE (a.organization_id = $1 OR a.organization_id IS NULL) AND a.status = 'active'
      GROUP BY 1
      """, organization.rawValue, Double(AgentDirectory.silentAfterSeconds))
    var states: [String: Int64] = [:]
    for row in rows { states[try row.get(0)] = try row.get(1) }
    return states
  }
}
