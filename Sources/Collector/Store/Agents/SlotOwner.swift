import Postgres

/// Whose results carry a slot: the ingress resolves each slot once and keeps the answer, for a slot
/// never changes its meaning.
public struct SlotOwner: Hashable, Sendable {
  public var slot: Int64
  public var monitorKey: Int64
  public var organizationID: Int32
  public var epoch: Int32
  /// The check's interval and timeout: what bounds how old an observation may be to count.
  public var intervalSeconds: Int32
  public var timeoutMs: Int32

  /// Resolves those of `slots` that this agent may report on: any of an agent of the installation,
  /// only its own organization's of an organization's agent.
  public static func find(
    _ slots: [Int64], agentKey: Int32, _ connection: Connection
  ) throws(PostgresError) -> [SlotOwner] {
    let rows = try connection.query(
      """
      SELECT s.slot, s.monitor_key, s.organization_id, s.epoch, m.interval_s, m.timeout_ms
      FROM monitor_slot AS s
      JOIN monitor AS m ON m.key = s.monitor_key
      JOIN agent AS a ON a.key = $2
        AND (a.organization_id IS NULL OR a.organization_id = s.organization_id)
      WHERE s.slot = ANY ($1)
      """, slots, agentKey)
    var owners: [SlotOwner] = []
    for row in rows {
      owners.append(
        SlotOwner(
          slot: try row.get(0), monitorKey: try row.get(1), organizationID: try row.get(2),
          epoch: try row.get(3), intervalSeconds: try row.get(4), timeoutMs: try row.get(5)))
    }
    return owners
  }
}
