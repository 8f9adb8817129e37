public import Model
public import Postgres

/// Enrolment tokens as the API shows them; their secrets are gone.
public enum EnrolmentTokenDirectory {
  /// One token.
  public struct Record: Hashable, Sendable {
    public var id: TokenID
    /// Whether it makes an agent of the installation.
    public var isShared: Bool
    public var name: String?
    public var region: String?
    public var provider: String?
    public var createdAt: Timestamp
    public var expiresAt: Timestamp
    public var usedAt: Timestamp?
    public var revokedAt: Timestamp?
    public var agent: AgentID?
    public var isExpired: Bool

    /// One word: `used`, `revoked`, `expired` or `open`.
    public var state: String {
      if usedAt != nil { return "used" }
      if revokedAt != nil { return "revoked" }
      return isExpired ? "expired" : "open"
    }
  }

  /// Where a page of the list ended.
  public struct Position: Hashable, Sendable {
    public var createdAt: Timestamp
    public var id: TokenID

    public init(createdAt: Timestamp, id: TokenID) {
      self.createdAt = createdAt
      self.id = id
    }
  }

  private static let columns: SQL = """
    SELECT t.id, t.organization_id IS NULL, t.name, t.region, t.provider, t.created_at,
      t.expires_at, t.used_at, t.revoked_at, a.id, t.expires_at <= now()
    FROM enrolment_token t LEFT JOIN agent a ON a.key = t.agent_key
    WHERE (t.organization_id = $1 OR t.organization_id IS NULL AND $2)

    """

  /// At most `limit` tokens, newest first, after `position`.
  ///
  /// - Parameter shared: whether the installation's are shown too.
  public static func list(
    after position: Position?, limit: Int, shared: Bool, organization: OrganizationID,
    on connection: Connection
  ) throws(PostgresError) -> [Record] {
    try records(
      connection.query(
        columns
          + """
          AND ($3::timestamptz IS NULL OR (t.created_at, t.id) < ($3, $4))
          ORDER BY t.created_at DESC, t.id DESC LIMIT $5
          """, organization.rawValue, shared, position?.createdAt, position?.id, limit))
  }

  /// One token; `nil` where the organization may not see any of that id.
  public static func get(
    _ id: TokenID, shared: Bool, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Record? {
    try records(
      connection.query(columns + "AND t.id = $3", organization.rawValue, shared, id)
    ).first
  }

  private static func records(_ rows: Rows) throws(PostgresError) -> [Record] {
    var records: [Record] = []
    for row in rows {
      records.append(
        Record(
          id: try row.get(0), isShared: try row.get(1), name: try row.get(2),
          region: try row.get(3), provider: try row.get(4), createdAt: try row.get(5),
          expiresAt: try row.get(6), usedAt: try row.get(7), revokedAt: try row.get(8),
          agent: try row.get(9), isExpired: try row.get(10)))
    }
    return records
  }
}
