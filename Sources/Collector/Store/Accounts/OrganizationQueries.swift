import JSON
public import Postgres
public import Quorum

/// Organizations in the store.
public enum OrganizationQueries {
  /// The organization called `name`, made by the installation where it is missing.
  public static func findOrCreate(
    name: String, on connection: Connection
  ) throws -> OrganizationID {
    try AuditTrail.write(by: Administrator.context, on: connection) { write in
      try findOrCreate(name: name, in: write)
    }
  }

  /// The same in a write of the program's. Its row stays locked until the transaction ends, so that what
  /// is decided about its keys is decided one at a time.
  static func findOrCreate(
    name: String, in write: AuditedWrite
  ) throws(PostgresError) -> OrganizationID {
    let rows = try write.connection.query(
      """
      INSERT INTO organization (name) VALUES ($1)
      ON CONFLICT (name) DO UPDATE SET name = excluded.name
      RETURNING id, xmax = 0
      """, name)
    guard let row = rows.first else {
      throw PostgresError(.bug, "an organization was neither made nor found")
    }
    let id = OrganizationID(rawValue: try row.get(0))
    if try row.get(1, as: Bool.self) {
      try write.record(
        AuditEntry("organization.create", organization: id, change: ["name": .string(name)]))
    } else {
      write.nothingChanged()
    }
    return id
  }

  /// The organization; `nil` where there is none of that number.
  public static func get(
    _ id: OrganizationID, on connection: Connection
  ) throws -> OrganizationRecord? {
    try connection.query(OrganizationRecord.columns, id.rawValue).first.map {
      try OrganizationRecord($0)
    }
  }

  /// The number of the organization of that name outside the store; `nil` where there is none. Not for
  /// people: `AuthorityQueries.access` asks whether they have business there.
  public static func find(
    _ uuid: OrganizationUUID, on connection: Connection
  ) throws(PostgresError) -> OrganizationID? {
    let rows = try connection.query("SELECT id FROM organization WHERE uuid = $1", uuid)
    guard let row = rows.first else { return nil }
    return OrganizationID(rawValue: try row.get(0))
  }

  /// The policy of monitors that have none of their own.
  public static func policy(
    of id: OrganizationID, on connection: Connection
  ) throws -> Policy {
    let rows = try connection.query("SELECT policy FROM organization WHERE id = $1", id.rawValue)
    guard let row = rows.first else { throw PostgresError(.bug, "an organization is not there") }
    return try PolicyDocument.decode(try row.get(0, as: JSONText.self).text)
  }

  /// The same, which stands still until the transaction ends.
  static func policyForInheriting(
    of id: OrganizationID, on connection: Connection
  ) throws -> Policy {
    try connection.query("SELECT 1 FROM organization WHERE id = $1 FOR SHARE", id.rawValue)
    return try policy(of: id, on: connection)
  }

  /// Changes the policy that monitors without one of their own inherit; all of them are looked at
  /// when it commits.
  ///
  /// The organization's row is locked (`policyForInheriting` waits for that), so that no monitor begins
  /// to inherit meanwhile; decisions are not held up. `edit` is given it as it is and answers the new
  /// policy; what it throws undoes all.
  public static func changePolicy(
    of id: OrganizationID, on connection: Connection,
    _ edit: (OrganizationRecord) throws -> Policy
  ) throws -> OrganizationRecord? {
    try connection.joiningTransaction { connection in
      try connection.query(
        "SELECT 1 FROM organization WHERE id = $1 FOR NO KEY UPDATE", id.rawValue)
      guard let old = try get(id, on: connection) else { return nil }
      let policy = try edit(old)
      if policy == old.policy { return old }
      try connection.query(
        """
        UPDATE organization SET policy = $2,
          updated_at = greatest(now(), updated_at + interval '1 microsecond')
        WHERE id = $1
        """, id.rawValue, JSONText(PolicyDocument.json(policy).text))
      return try get(id, on: connection)
    }
  }

  /// A monitor that could never be decided.
  public struct Obstacle: Hashable, Sendable {
    /// One such monitor, and how many there are.
    public var monitorName: String
    public var count: Int64
    public var problem: Policy.Problem
  }

  /// The first problem that `policy` has with the regions that monitors which inherit it name; `nil`
  /// where it has none.
  public static func obstacle(
    to policy: Policy, in id: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Obstacle? {
    let rows = try connection.query(
      """
      SELECT regions, min(name), count(*) FROM monitor
      WHERE organization_id = $1 AND policy IS NULL AND deleted_at IS NULL AND regions IS NOT NULL
      GROUP BY regions ORDER BY min(key)
      """, id.rawValue)
    for row in rows {
      if let problem = policy.problem(regions: try row.get(0, as: [String].self)) {
        return Obstacle(monitorName: try row.get(1), count: try row.get(2), problem: problem)
      }
    }
    return nil
  }
}
