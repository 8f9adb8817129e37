public import Postgres

extension AuthorityQueries {
  /// Where a person may go: one organization, and what they may do there.
  public struct Access: Hashable, Sendable {
    public var organization: OrganizationID
    public var uuid: OrganizationUUID
    public var name: String
    public var authority: Authority

    public var scopes: Set<Scope> { authority.scopes }
    /// The role of a member; `nil` for an operator who comes from above.
    public var role: Role?
  }

  /// What a person may do in the organization of that name outside the store; `nil` where there is none
  /// or they have no business there, alike.
  public static func access(
    of person: PersonID, to uuid: OrganizationUUID, on connection: Connection
  ) throws(PostgresError) -> Access? {
    let rows = try connection.query(accessColumns + " AND o.uuid = $2", person, uuid)
    guard let row = rows.first else { return nil }
    return try access(row)
  }

  /// At most `limit` organizations of which a person is a member, by name after `after`.
  public static func organizations(
    of person: PersonID, after: String?, limit: Int, on connection: Connection
  ) throws(PostgresError) -> [Access] {
    var list: [Access] = []
    for row in try connection.query(
      """
      SELECT o.id, o.uuid, o.name, p.is_operator, m.role
      FROM membership m JOIN person p ON p.id = m.person_id
      JOIN organization o ON o.id = m.organization_id
      WHERE m.person_id = $1 AND p.disabled_at IS NULL AND o.name > $2 COLLATE "C"
      ORDER BY o.name COLLATE "C" LIMIT $3
      """, person, after ?? "", limit)
    {
      list.append(try access(row))
    }
    return list
  }

  private static let accessColumns: SQL = """
    SELECT o.id, o.uuid, o.name, p.is_operator, m.role
    FROM person p CROSS JOIN organization o
    LEFT JOIN membership m ON m.person_id = p.id AND m.organization_id = o.id
    WHERE p.id = $1 AND p.disabled_at IS NULL AND (p.is_operator OR m.role IS NOT NULL)
    """

  private static func access(_ row: Row) throws(PostgresError) -> Access {
    let role = try row.get(4, as: String?.self)
    return Access(
      organization: OrganizationID(rawValue: try row.get(0)), uuid: try row.get(1),
      name: try row.get(2),
      authority: authority(isOperator: try row.get(3), isDisabled: false, role: role),
      role: role.flatMap(Role.init(rawValue:)))
  }
}
