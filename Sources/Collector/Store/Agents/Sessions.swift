import Model
import Postgres

/// An agent's session: the newest that was proven wins, and fences the one before.
public enum Sessions {
  /// Takeovers of a live session by another process within `cloneWindowMinutes` that mean two
  /// machines hold one identity.
  public static let cloneSwaps: Int32 = 3
  public static let cloneWindowMinutes: Int32 = 5

  /// A session that has begun.
  public struct Begun: Hashable, Sendable {
    /// What every batch of it must carry.
    public var generation: Int64
    /// Whether the agent was just found to be cloned: tell the operators.
    public var isCloned: Bool
  }

  /// Begins a session for an agent that has proven itself; `nil` where it was revoked meanwhile.
  public static func begin(
    agentKey: Int32, session: SessionID, collector: CollectorID, boot: BootID,
    _ connection: Connection
  ) throws -> Begun? {
    try connection.retryingTransaction { connection in
      let active = try connection.query(
        "SELECT 1 FROM agent WHERE key = $1 AND status = 'active' FOR NO KEY UPDATE", agentKey)
      guard active.first != nil else { return nil }
      // The same process that comes back is no other machine, nor is one that takes over from a
      // session that had ended.
      let rows = try connection.query(
        """
        INSERT INTO agent_session AS known (
          agent_key, generation, session_id, collector_id, boot_id)
        VALUES ($1, 1, $2, $3, $4)
        ON CONFLICT (agent_key) DO UPDATE SET
          generation = known.generation + 1, session_id = excluded.session_id,
          collector_id = excluded.collector_id, boot_id = excluded.boot_id,
          started_at = now(), ended_at = NULL,
          swaps = CASE
            WHEN known.ended_at IS NOT NULL OR known.boot_id = excluded.boot_id THEN known.swaps
            WHEN known.swaps_since < now() - make_interval(mins => $5) THEN 1
            ELSE known.swaps + 1 END,
          swaps_since = CASE
            WHEN known.ended_at IS NULL AND known.boot_id <> excluded.boot_id
              AND (known.swaps = 0 OR known.swaps_since < now() - make_interval(mins => $5))
            THEN now() ELSE known.swaps_since END
        RETURNING generation, swaps >= $6 AND swaps_since >= now() - make_interval(mins => $5)
        """, agentKey, session, collector, boot, cloneWindowMinutes, cloneSwaps)
      guard let row = rows.first else { return nil }
      let (generation, isCloned) = try row.decode(Int64.self, Bool.self)
      if isCloned {
        try connection.query("UPDATE agent SET cloned_at = now() WHERE key = $1", agentKey)
      }
      try connection.notify(.session, "\(agentKey):\(generation)")
      return Begun(generation: generation, isCloned: isCloned)
    }
  }

  /// Notes that a session has ended, unless a newer one has begun.
  ///
  /// - Parameter isBroken: whether neither side had said farewell. It tells on the agent.
  /// - Returns: whether the agent came to be distrusted by it.
  @discardableResult
  public static func end(
    agentKey: Int32, generation: Int64, isBroken: Bool = false, _ connection: Connection
  ) throws -> TrustNews? {
    let ended = try connection.query(
      """
      UPDATE agent_session SET ended_at = now()
      WHERE agent_key = $1 AND generation = $2 AND ended_at IS NULL
      """, agentKey, generation)
    guard isBroken, ended.affected > 0 else { return nil }
    return try AgentTrusts.disconnected(agentKey, connection)
  }
}
