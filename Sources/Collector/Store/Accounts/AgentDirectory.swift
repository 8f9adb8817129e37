public import Model
public import Postgres

/// Agents as the API shows them: an organization's own and the installation's, which it shares.
public enum AgentDirectory {
  /// An agent that was not heard for so long is silent: three of its reports.
  public static let silentAfterSeconds: Int32 = 15

  /// One agent.
  public struct Record: Hashable, Sendable {
    public var key: Int32
    public var id: AgentID
    /// Whether it is the installation's.
    public var isShared: Bool
    public var name: String
    public var region: String
    public var provider: String
    public var hostname: String
    public var software: String
    /// `active` or `revoked`.
    public var status: String
    public var createdAt: Timestamp
    public var revokedAt: Timestamp?
    /// How many of the organization's monitors it probes.
    public var assigned: Int64
    /// `nil` before it first connected.
    public var live: Live?
    /// Why its ambiguous failures do not count, and since when; `nil` where they do.
    public var distrust: Distrust?

    /// One word: `revoked`, `new` before it first connected, `live` or `silent`.
    public var state: String {
      if status == "revoked" { return "revoked" }
      guard let live else { return "new" }
      return live.isHeard ? "live" : "silent"
    }
  }

  /// Why an agent is not trusted with failures that its surroundings could explain.
  public struct Distrust: Hashable, Sendable {
    /// `canaries`, `contradicted`, `loop_lag`, `clock_step`, `disconnects` or `restarted`.
    public var reason: String
    public var since: Timestamp
  }

  /// What an agent last said of itself.
  public struct Live: Hashable, Sendable {
    public var isHeard: Bool
    public var seenAt: Timestamp
    public var connectedSince: Timestamp
    public var failing: Int32
    public var spoolBytes: Int64
    public var dropped: Int64
    public var loopLagMs: Int32
    public var clockSteps: Int32
  }

  private static let columns: SQL = """
    SELECT a.key, a.id, a.organization_id IS NULL, a.name, a.region, a.provider, a.hostname,
      a.software, a.status, a.created_at, a.revoked_at,
      (SELECT count(*) FROM assignment s WHERE s.agent_key = a.key AND s.organization_id = $1),
      l.seen_at > now() - make_interval(secs => $2), l.seen_at, l.connected_since, l.failing,
      l.spool_bytes, l.dropped, l.loop_lag_ms, l.clock_steps, t.reason, t.distrusted_since
    FROM agent a LEFT JOIN agent_live l ON l.agent_key = a.key
    LEFT JOIN agent_trust t ON t.agent_key = a.key
    WHERE (a.organization_id = $1 OR a.organization_id IS NULL)

    """

  /// At most `limit` agents whose key is above `after`, in the order in which they were enrolled.
  public static func list(
    after: Int32?, limit: Int, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    try records(
      connection.query(
        columns + "AND a.key > $3 ORDER BY a.key LIMIT $4", organization.rawValue,
        Double(silentAfterSeconds), after ?? 0, limit))
  }

  /// One agent; `nil` where the organization may not see any of that id.
  public static func get(
    _ id: AgentID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Record? {
    try records(
      connection.query(
        columns + "AND a.id = $3", organization.rawValue, Double(silentAfterSeconds), id)
    ).first
  }

  /// How an agent is called.
  public struct Name: Hashable, Sendable {
    public var id: AgentID
    public var name: String
  }

  /// What agents are called, by their keys; those that the organization may not see are left out.
  public static func names(
    of keys: [Int32], organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Int32: Name] {
    var names: [Int32: Name] = [:]
    if keys.isEmpty { return names }
    for row in try connection.query(
      """
      SELECT key, id, name FROM agent
      WHERE key = ANY($1) AND (organization_id = $2 OR organization_id IS NULL)
      """, keys, organization.rawValue)
    {
      names[try row.get(0)] = Name(id: try row.get(1), name: try row.get(2))
    }
    return names
  }

  private static func records(_ rows: Rows) throws(PostgresError) -> [Record] {
    var records: [Record] = []
    for row in rows {
      records.append(
        Record(
          key: try row.get(0), id: try row.get(1), isShared: try row.get(2), name: try row.get(3),
          region: try row.get(4), provider: try row.get(5), hostname: try row.get(6),
          software: try row.get(7), status: try row.get(8), createdAt: try row.get(9),
          revokedAt: try row.get(10), assigned: try row.get(11), live: try live(row),
          distrust: try distrust(row)))
    }
    return records
  }

  private static func distrust(_ row: Row) throws(PostgresError) -> Distrust? {
    guard let reason = try row.get(20, as: String?.self) else { return nil }
    return Distrust(reason: reason, since: try row.get(21))
  }

  private static func live(_ row: Row) throws(PostgresError) -> Live? {
    guard let isHeard = try row.get(12, as: Bool?.self) else { return nil }
    return Live(
      isHeard: isHeard, seenAt: try row.get(13), connectedSince: try row.get(14),
      failing: try row.get(15), spoolBytes: try row.get(16), dropped: try row.get(17),
      loopLagMs: try row.get(18), clockSteps: try row.get(19))
  }
}
