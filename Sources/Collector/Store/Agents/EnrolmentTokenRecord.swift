import Model
import Postgres

/// An enrolment token as people see it: without its secret.
public struct EnrolmentTokenRecord: Hashable, Sendable {
  public var id: TokenID
  /// `nil`: for an agent of the installation, which all organizations share.
  public var organizationID: Int32?
  /// The name that the agent will have; `nil`: its host's.
  public var name: String?
  /// Where given, it wins over what the agent says.
  public var region: String?
  /// Where given, it wins over what the agent says.
  public var provider: String?
  public var createdAt: Timestamp
  public var expiresAt: Timestamp
  public var usedAt: Timestamp?
  public var revokedAt: Timestamp?
  /// The agent that enrolled with it.
  public var agent: AgentID?

  init(_ row: Row) throws(PostgresError) {
    id = try row.get(0)
    organizationID = try row.get(1)
    name = try row.get(2)
    region = try row.get(3)
    provider = try row.get(4)
    createdAt = try row.get(5)
    expiresAt = try row.get(6)
    usedAt = try row.get(7)
    revokedAt = try row.get(8)
    agent = try row.get(9)
  }

  static let selection: SQL = """
    SELECT t.id, t.organization_id, t.name, t.region, t.provider, t.created_at, t.expires_at,
      t.used_at, t.revoked_at, a.id
    FROM enrolment_token AS t LEFT JOIN agent AS a ON a.key = t.agent_key

    """
}
