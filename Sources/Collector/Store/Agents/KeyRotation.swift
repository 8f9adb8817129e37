import Model
import OpenSSL
import Postgres

/// A change of an agent's root key. The new root is pending from the moment the agent confirms that
/// it holds it, and current from the first handshake that proves it.
public enum KeyRotation {
  /// Days for which the key before may still sign what had been assigned.
  public static let graceDays: Int32 = 7

  /// Keeps a root that the agent has confirmed; it replaces one that is pending already.
  public static func keepPending(
    _ root: [UInt8], keyID: Int32, agent: AgentID, key: SealingKey, _ connection: Connection
  ) throws {
    try connection.query(
      """
      UPDATE agent SET pending_key_id = $2, pending_root_sealed = $3
      WHERE id = $1 AND key_id < $2
      """, agent, keyID, SealedRoot.seal(root, agent: agent, keyID: keyID, key))
  }

  /// Makes the pending root current, after a handshake has proven it, and records where the agent's
  /// streams stood: all that the key before may still sign.
  public static func promote(
    keyID: Int32, agentKey: Int32, streams: [(id: StreamID, lastAssigned: Int64)],
    _ connection: Connection
  ) throws {
    try connection.retryingTransaction { connection in
      let rows = try connection.query(
        """
        UPDATE agent SET previous_key_id = key_id, previous_root_sealed = root_sealed,
          key_id = pending_key_id, root_sealed = pending_root_sealed,
          pending_key_id = NULL, pending_root_sealed = NULL, rotated_at = now()
        WHERE key = $1 AND pending_key_id = $2 RETURNING previous_key_id
        """, agentKey, keyID)
      guard let previous = try rows.first?.get(0, as: Int32.self) else { return }
      try connection.query(
        """
        INSERT INTO agent_rotation_stream (agent_key, key_id, stream_id, last_assigned)
        SELECT $1, $2, id, last_assigned FROM unnest($3::uuid[], $4::int8[])
          AS new (id, last_assigned)
        ON CONFLICT DO NOTHING
        """, agentKey, previous, streams.map(\.id), streams.map(\.lastAssigned))
    }
  }

  /// What a replaced key may still sign: for each stream the last sequence, while the grace lasts.
  public static func allowance(
    keyID: Int32, agentKey: Int32, _ connection: Connection
  ) throws(PostgresError) -> [StreamID: Int64] {
    let rows = try connection.query(
      """
      SELECT stream_id, last_assigned FROM agent_rotation_stream
      WHERE agent_key = $1 AND key_id = $2 AND recorded_at > now() - make_interval(days => $3)
      """, agentKey, keyID, graceDays)
    var allowance: [StreamID: Int64] = [:]
    for row in rows { allowance[try row.get(0)] = try row.get(1, as: Int64.self) }
    return allowance
  }
}

extension KeyRotation {
  /// Whether an agent's key has been in force for `days` and none is pending.
  public static func isDue(
    agentKey: Int32, afterDays days: Int32, _ connection: Connection
  ) throws(PostgresError) -> Bool {
    let rows = try connection.query(
      """
      SELECT pending_key_id IS NULL
        AND coalesce(rotated_at, created_at) < now() - make_interval(days => $2)
      FROM agent WHERE key = $1
      """, agentKey, days)
    return try rows.first?.get(0) ?? false
  }
}
