import Model
import Postgres

/// An agent as people see it: without its keys, with how it is.
public struct AgentRecord: Hashable, Sendable {
  public var key: Int32
  public var id: AgentID
  /// `nil`: the installation's, shared by all organizations.
  public var organizationID: Int32?
  public var name: String
  public var region: String
  public var provider: String
  public var hostname: String
  public var software: String
  public var isRevoked: Bool
  public var createdAt: Timestamp
  public var revokedAt: Timestamp?
  /// When two machines were last seen to fight for its identity.
  public var clonedAt: Timestamp?
  /// When it last said that it is alive; `nil`: never.
  public var seenAt: Timestamp?
  public var connectedSince: Timestamp?
  /// The bytes that wait in its spool.
  public var spoolBytes: Int64?
  /// Results that it has given up for ever.
  public var dropped: Int64?
  /// Targets that it finds failing.
  public var failing: Int32?

  init(_ row: Row) throws(PostgresError) {
    key = try row.get(0)
    id = try row.get(1)
    organizationID = try row.get(2)
    name = try row.get(3)
    region = try row.get(4)
    provider = try row.get(5)
    hostname = try row.get(6)
    software = try row.get(7)
    isRevoked = try row.get(8, as: String.self) == "revoked"
    createdAt = try row.get(9)
    revokedAt = try row.get(10)
    clonedAt = try row.get(11)
    seenAt = try row.get(12)
    connectedSince = try row.get(13)
    spoolBytes = try row.get(14)
    dropped = try row.get(15)
    failing = try row.get(16)
  }

  static let selection: SQL = """
    SELECT a.key, a.id, a.organization_id, a.name, a.region, a.provider, a.hostname, a.software,
      a.status, a.created_at, a.revoked_at, a.cloned_at, l.seen_at, l.connected_since,
      l.spool_bytes, l.dropped, l.failing
    FROM agent AS a LEFT JOIN agent_live AS l ON l.agent_key = a.key

    """
}
