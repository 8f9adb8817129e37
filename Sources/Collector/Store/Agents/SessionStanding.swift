import Postgres

/// How the sessions of some agents stand, for collectors who may have missed a notification.
public struct SessionStanding: Hashable, Sendable {
  public var agentKey: Int32
  /// The newest session's.
  public var generation: Int64
  public var isRevoked: Bool
  /// Whether a "probe now" waits to be sent.
  public var hasProbes: Bool
  /// Whether a check that somebody tries does.
  public var hasTries: Bool
  /// The revision of the assignment that the agent should hold; 0 where it was never given one.
  public var assignmentRevision: Int64

  public static func read(
    of agentKeys: [Int32], _ connection: Connection
  ) throws(PostgresError) -> [SessionStanding] {
    let rows = try connection.query(
      """
      SELECT a.key, s.generation, a.status = 'revoked', EXISTS (
        SELECT FROM probe_request AS p
        WHERE p.agent_key = a.key AND p.done_at IS NULL AND p.sent_at IS NULL
          AND p.put_at BETWEEN now() - interval '5 minutes' AND now() + interval '5 seconds'),
        coalesce((SELECT r.revision FROM agent_assignment AS r WHERE r.agent_key = a.key), 0),
        EXISTS (
          SELECT FROM check_try_region AS c JOIN check_try AS t ON t.id = c.try_id
          WHERE c.agent_key = a.key AND c.sent_at IS NULL AND c.answer IS NULL
            AND t.expires_at > now())
      FROM agent AS a JOIN agent_session AS s ON s.agent_key = a.key
      WHERE a.key = ANY ($1)
      """, agentKeys)
    var standings: [SessionStanding] = []
    for row in rows {
      standings.append(
        SessionStanding(
          agentKey: try row.get(0), generation: try row.get(1), isRevoked: try row.get(2),
          hasProbes: try row.get(3), hasTries: try row.get(5), assignmentRevision: try row.get(4)))
    }
    return standings
  }
}
