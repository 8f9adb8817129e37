import JSON
import Model
public import Postgres

extension OrganizationQueries {
  /// Makes an organization, with an owner unless it is left to operators: for operators, who make no
  /// owner by a key. Throws `notAllowed`, `mayNotGive` and `nameTaken`.
  public static func create(
    name: String, owner: PersonID?, in write: AuditedWrite
  ) throws -> OrganizationRecord {
    try AuthorityQueries.requireOperator(write, orKey: true)
    if owner != nil, write.context.actor.kind == .apiKey { throw AccountRefusal.mayNotGive(.owner) }
    let rows = try write.connection.query(
      "INSERT INTO organization (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING id", name
    )
    guard let row = rows.first else { throw AccountRefusal.nameTaken }
    let id = OrganizationID(rawValue: try row.get(0))
    try write.record(
      AuditEntry("organization.create", organization: id, change: ["name": .string(name)]))
    if let owner {
      guard try MembershipQueries.insert(owner, .owner, id, write.connection) else {
        throw PostgresError(.bug, "a new organization has members")
      }
      try MembershipQueries.record("member.add", owner, nil, .owner, id, write)
    }
    guard let record = try get(id, on: write.connection) else {
      throw PostgresError(.bug, "an organization that was just made is not there")
    }
    return record
  }

  /// Renames an organization. `nil` where there is none of that number; throws `lacksScope` without
  /// `organization:write` in it, and `nameTaken`.
  public static func rename(
    _ id: OrganizationID, to name: String, in write: AuditedWrite
  ) throws -> OrganizationRecord? {
    try AuthorityQueries.standing(of: write, in: id).require(.organizationWrite)
    try write.connection.query(
      "SELECT 1 FROM organization WHERE id = $1 FOR NO KEY UPDATE", id.rawValue)
    guard let old = try get(id, on: write.connection) else {
      write.nothingChanged()
      return nil
    }
    if old.name == name {
      write.nothingChanged()
      return old
    }
    do {
      try write.connection.query(
        """
        UPDATE organization SET name = $2,
          updated_at = greatest(now(), updated_at + interval '1 microsecond')
        WHERE id = $1
        """, id.rawValue, name)
    } catch let error where error.isUniqueViolation {
      throw AccountRefusal.nameTaken
    }
    try write.record(
      AuditEntry(
        "organization.update", organization: id, objectID: old.uuid.description,
        change: ["name": [.string(old.name), .string(name)]]))
    return try get(id, on: write.connection)
  }

  /// One organization as an operator's list has it.
  public struct Summary: Hashable, Sendable {
    public var uuid: OrganizationUUID
    public var name: String
    /// The role of whoever asks; `nil` where they are no member.
    public var role: Role?
  }

  /// At most `limit` organizations, by name after `after`, as the operator `person` sees them.
  public static func list(
    for person: PersonID, after: String?, limit: Int, on connection: Connection
  ) throws(PostgresError) -> [Summary] {
    var list: [Summary] = []
    for row in try connection.query(
      """
      SELECT o.uuid, o.name, m.role FROM organization o
      LEFT JOIN membership m ON m.organization_id = o.id AND m.person_id = $3
      WHERE o.name > $1 COLLATE "C" ORDER BY o.name COLLATE "C" LIMIT $2
      """, after ?? "", limit, person)
    {
      list.append(
        Summary(
          uuid: try row.get(0), name: try row.get(1),
          role: try row.get(2, as: String?.self).flatMap(Role.init(rawValue:))))
    }
    return list
  }
}
