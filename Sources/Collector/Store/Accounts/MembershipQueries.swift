import JSON
import Model
public import Postgres

/// Who belongs to an organization, and as what. Changes of one organization's members come one after
/// the other; whoever asks may do what their `Standing` allows at that moment.
public enum MembershipQueries {
  /// A member as the organization sees one.
  public struct Member: Hashable, Sendable {
    public var person: PersonID
    public var email: String
    public var name: String
    public var role: Role
    public var isDisabled: Bool
    public var hasSecondFactor: Bool
    public var joinedAt: Timestamp
    public var updatedAt: Timestamp

    /// Changes with every change of the role.
    public var version: String { String(updatedAt.microseconds) }
    public var position: Position { Position(joinedAt: joinedAt, person: person) }
  }

  /// Where a page of the list ended.
  public struct Position: Hashable, Sendable {
    public var joinedAt: Timestamp
    public var person: PersonID

    public init(joinedAt: Timestamp, person: PersonID) {
      self.joinedAt = joinedAt
      self.person = person
    }
  }

  private static let columns: SQL = """
    SELECT p.id, p.email, p.name, m.role, p.disabled_at IS NOT NULL, p.totp_sealed IS NOT NULL,
      m.created_at, m.updated_at
    FROM membership m JOIN person p ON p.id = m.person_id
    WHERE m.organization_id = $1

    """

  /// At most `limit` members, who joined first first.
  public static func list(
    after position: Position? = nil, limit: Int, organization: OrganizationID,
    on connection: Connection
  ) throws(PostgresError) -> [Member] {
    let rows = try connection.query(
      columns
        + """
        AND ($2::timestamptz IS NULL OR (m.created_at, m.person_id) > ($2, $3))
        ORDER BY m.created_at, m.person_id LIMIT $4
        """, organization.rawValue, position?.joinedAt, position?.person, limit)
    var members: [Member] = []
    for row in rows { members.append(try member(row)) }
    return members
  }

  /// One member; `nil` where the organization has none of that id.
  public static func get(
    _ person: PersonID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Member? {
    let rows = try connection.query(
      columns + "AND m.person_id = $2", organization.rawValue, person)
    guard let row = rows.first else { return nil }
    return try member(row)
  }

  /// A member, who stays as they are until the transaction ends; `nil` for somebody else.
  public static func getLocked(
    _ person: PersonID, organization: OrganizationID, in write: AuditedWrite
  ) throws(PostgresError) -> Member? {
    try write.connection.lock(AccountLock.members, organization)
    return try get(person, organization: organization, on: write.connection)
  }

  /// Makes a person a member. Throws `alreadyMember`, `mayNotGive` and `lacksScope`.
  public static func add(
    _ person: PersonID, as role: Role, organization: OrganizationID, in write: AuditedWrite
  ) throws -> Member {
    try write.connection.lock(AccountLock.members, organization)
    try AuthorityQueries.standing(of: write, in: organization).require(giving: role)
    guard try insert(person, role, organization, write.connection) else {
      throw AccountRefusal.alreadyMember
    }
    try record("member.add", person, nil, role, organization, write)
    return try present(person, organization, write.connection)
  }

  /// Changes a member's role. `nil` where there is no such member; throws `mayNotGive`, `lacksScope`
  /// and `lastOwner`.
  public static func change(
    _ person: PersonID, to role: Role, organization: OrganizationID, in write: AuditedWrite
  ) throws -> Member? {
    try write.connection.lock(AccountLock.members, organization)
    guard let old = try get(person, organization: organization, on: write.connection) else {
      write.nothingChanged()
      return nil
    }
    let standing = try AuthorityQueries.standing(of: write, in: organization)
    try standing.require(taking: old.role)
    if old.role == role {
      write.nothingChanged()
      return old
    }
    try standing.require(giving: role)
    if old.role == .owner { try requireAnotherOwner(than: person, organization, write.connection) }
    try write.connection.query(
      """
      UPDATE membership SET role = $3,
        updated_at = greatest(now(), updated_at + interval '1 microsecond')
      WHERE organization_id = $1 AND person_id = $2
      """, organization.rawValue, person, role.rawValue)
    try record("member.update", person, old.role, role, organization, write)
    return try present(person, organization, write.connection)
  }

  /// Removes a member, or lets one go who asks for it. `false` where there is no such member; throws
  /// `mayNotGive`, `lacksScope` and `lastOwner`. Their keys and open invitations are revoked: should
  /// they come back, these don't.
  public static func remove(
    _ person: PersonID, organization: OrganizationID, in write: AuditedWrite
  ) throws -> Bool {
    try write.connection.lock(AccountLock.members, organization)
    try write.connection.lock(AccountLock.keys, organization)
    guard let old = try get(person, organization: organization, on: write.connection) else {
      write.nothingChanged()
      return false
    }
    if write.context.actor.person != person {
      try AuthorityQueries.standing(of: write, in: organization).require(taking: old.role)
    }
    if old.role == .owner { try requireAnotherOwner(than: person, organization, write.connection) }
    try write.connection.query(
      "DELETE FROM membership WHERE organization_id = $1 AND person_id = $2",
      organization.rawValue, person)
    let departure = try Departure(of: person, from: organization, on: write.connection)
    try record("member.remove", person, old.role, nil, organization, write, departure)
    return true
  }

  // MARK: - For the other files of this concept

  /// Whether the row was made: `false` where there is one.
  static func insert(
    _ person: PersonID, _ role: Role, _ organization: OrganizationID, _ connection: Connection
  ) throws(PostgresError) -> Bool {
    try connection.query(
      """
      INSERT INTO membership (organization_id, person_id, role, created_at, updated_at)
      VALUES ($1, $2, $3, now(), now()) ON CONFLICT DO NOTHING
      """, organization.rawValue, person, role.rawValue
    ).affected == 1
  }

  static func present(
    _ person: PersonID, _ organization: OrganizationID, _ connection: Connection
  ) throws(PostgresError) -> Member {
    guard let member = try get(person, organization: organization, on: connection) else {
      throw PostgresError(.bug, "a member who was just written is not there")
    }
    return member
  }

  static func record(
    _ action: String, _ person: PersonID, _ old: Role?, _ new: Role?,
    _ organization: OrganizationID, _ write: AuditedWrite, _ departure: Departure? = nil
  ) throws(PostgresError) {
    var change = JSONObject()
    change["role"] = [.optional(old?.rawValue), .optional(new?.rawValue)]
    departure?.note(in: &change)
    try write.record(
      AuditEntry(
        action, organization: organization, objectID: person.description, change: .object(change)))
  }

  private static func requireAnotherOwner(
    than person: PersonID, _ organization: OrganizationID, _ connection: Connection
  ) throws {
    let others = try connection.query(
      """
      SELECT 1 FROM membership m JOIN person p ON p.id = m.person_id
      WHERE m.organization_id = $1 AND m.role = 'owner' AND m.person_id <> $2
        AND p.disabled_at IS NULL LIMIT 1
      """, organization.rawValue, person)
    if others.count == 0 { throw AccountRefusal.lastOwner }
  }

  private static func member(_ row: Row) throws(PostgresError) -> Member {
    guard let role = Role(rawValue: try row.get(3)) else {
      throw PostgresError(.bug, "a member has a role that is none")
    }
    return Member(
      person: try row.get(0), email: try row.get(1), name: try row.get(2), role: role,
      isDisabled: try row.get(4), hasSecondFactor: try row.get(5), joinedAt: try row.get(6),
      updatedAt: try row.get(7))
  }
}
