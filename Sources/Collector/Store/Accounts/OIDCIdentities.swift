import JSON
public import Postgres

/// Who people are at providers of identities (OpenID Connect Core 1.0 section 2: issuer and subject
/// together name somebody for ever; an e-mail address does not).
public enum OIDCIdentities {
  /// One identity of a person.
  public struct Record: Hashable, Sendable {
    /// Names it among its person's, where neither an issuer nor a subject can stand as it is.
    public var id: LinkedIdentityID
    public var issuer: String
    public var subject: String
    public var createdAt: Timestamp
    public var lastUsedAt: Timestamp?
  }

  /// The person of an identity, and notes that it was used; `nil` where it is nobody's, or its person
  /// is disabled.
  public static func find(
    issuer: String, subject: String, on connection: Connection
  ) throws(PostgresError) -> PersonID? {
    let rows = try connection.query(
      """
      UPDATE oidc_identity i SET last_used_at = now() FROM person p
      WHERE i.issuer = $1 AND i.subject = $2 AND p.id = i.person_id AND p.disabled_at IS NULL
      RETURNING i.person_id
      """, issuer, subject)
    guard let row = rows.first else { return nil }
    return try row.get(0)
  }

  /// Makes an identity a person's; again does nothing. Throws `identityTaken` where it is another's, and
  /// `notAllowed` unless the person asks, an operator or the program.
  public static func link(
    issuer: String, subject: String, to person: PersonID, in write: AuditedWrite
  ) throws {
    try AuthorityQueries.requireSelfOrOperator(person, write)
    let inserted = try write.connection.query(
      """
      INSERT INTO oidc_identity (issuer, subject, person_id, created_at)
      VALUES ($1, $2, $3, now()) ON CONFLICT DO NOTHING
      """, issuer, subject, person)
    if inserted.affected == 1 {
      try PersonQueries.record(
        "person.identity.link", person, ["issuer": .string(issuer), "subject": .string(subject)],
        in: write)
      return
    }
    let own = try write.connection.query(
      "SELECT 1 FROM oidc_identity WHERE issuer = $1 AND subject = $2 AND person_id = $3", issuer,
      subject, person)
    if own.count == 0 { throw AccountRefusal.identityTaken }
    write.nothingChanged()
  }

  /// A person's identities.
  public static func list(
    of person: PersonID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    var records: [Record] = []
    for row in try connection.query(
      "SELECT " + name
        + """
        , issuer, subject, created_at, last_used_at FROM oidc_identity
        WHERE person_id = $1 ORDER BY issuer, subject
        """, person)
    {
      records.append(
        Record(
          id: try row.get(0), issuer: try row.get(1), subject: try row.get(2),
          createdAt: try row.get(3), lastUsedAt: try row.get(4)))
    }
    return records
  }

  /// Takes an identity from a person. `false` where it is not theirs; throws `notAllowed` as `link` does.
  public static func unlink(
    _ id: LinkedIdentityID, from person: PersonID, in write: AuditedWrite
  ) throws -> Bool {
    try AuthorityQueries.requireSelfOrOperator(person, write)
    let rows = try write.connection.query(
      "DELETE FROM oidc_identity WHERE person_id = $1 AND $2 = " + name
        + " RETURNING issuer, subject", person, id)
    guard let row = rows.first else {
      write.nothingChanged()
      return false
    }
    try PersonQueries.record(
      "person.identity.unlink", person,
      ["issuer": .string(try row.get(0)), "subject": .string(try row.get(1))], in: write)
    return true
  }

  private static let name: SQL = """
    encode(substr(sha256(convert_to(issuer || chr(10) || subject, 'UTF8')), 1, 16), 'hex')::uuid
    """
}
