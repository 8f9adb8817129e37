import JSON
import Model
public import OpenSSL
public import Postgres

/// People in the store. They belong to no organization: what of them an organization may see is in
/// `MembershipQueries`, and these are for the person, and for operators.
public enum PersonQueries {
  /// Makes a person: for operators, and the program where an invitation or a setup link is taken up.
  /// Throws `notAllowed` and `emailTaken`.
  public static func create(
    _ draft: PersonDraft, in write: AuditedWrite
  ) throws -> PersonRecord {
    try AuthorityQueries.requireOperator(write)
    let id = PersonID.random()
    let inserted = try write.connection.query(
      """
      INSERT INTO person (id, email, email_key, name, password_hash, is_operator, created_at,
        updated_at)
      VALUES ($1, $2, $3, $4, $5, $6, now(), now()) ON CONFLICT (email_key) DO NOTHING
      """, id, draft.email.text, draft.email.key, draft.name, draft.passwordHash, draft.isOperator)
    guard inserted.affected == 1 else { throw AccountRefusal.emailTaken }
    try record(
      "person.create", id,
      ["email": .string(draft.email.text), "is_operator": .bool(draft.isOperator)], in: write)
    return try present(id, on: write.connection)
  }

  /// One person; `nil` where there is none.
  public static func get(
    _ id: PersonID, on connection: Connection
  ) throws(PostgresError) -> PersonRecord? {
    let rows = try connection.query(PersonRecord.columns + " FROM person p WHERE p.id = $1", id)
    return try first(rows)
  }

  /// The person of an address, disabled ones too.
  public static func find(
    _ email: EmailAddress, on connection: Connection
  ) throws(PostgresError) -> PersonRecord? {
    let rows = try connection.query(
      PersonRecord.columns + " FROM person p WHERE p.email_key = $1", email.key)
    return try first(rows)
  }

  /// What is needed to let somebody in.
  public struct Credentials: Hashable, Sendable {
    public var person: PersonRecord
    /// `nil`: no password opens this account.
    public var passwordHash: PasswordHash?
  }

  /// The credentials that belong to an address; `nil` where nobody has it, or is disabled. To answer
  /// in the same time whether or not there are any, give `PasswordGate.verify` what there is.
  public static func credentials(
    of email: EmailAddress, on connection: Connection
  ) throws(PostgresError) -> Credentials? {
    let rows = try connection.query(
      PersonRecord.columns
        + """
        , p.password_hash FROM person p WHERE p.email_key = $1 AND p.disabled_at IS NULL
        """, email.key)
    guard let row = rows.first else { return nil }
    return Credentials(
      person: try PersonRecord(row),
      passwordHash: try row.get(9, as: String?.self).flatMap { PasswordHash(text: $0) })
  }

  /// At most `limit` people whose address comes after `after` (an `EmailAddress.key`): for operators.
  public static func list(
    after: String?, limit: Int, on connection: Connection
  ) throws(PostgresError) -> [PersonRecord] {
    var records: [PersonRecord] = []
    for row in try connection.query(
      PersonRecord.columns
        + " FROM person p WHERE p.email_key > $1 ORDER BY p.email_key LIMIT $2", after ?? "", limit)
    {
      records.append(try PersonRecord(row))
    }
    return records
  }

  /// Whether anybody could ever sign in: a first start has nobody.
  public static func isThereAnybody(on connection: Connection) throws(PostgresError) -> Bool {
    try connection.query("SELECT 1 FROM person LIMIT 1").count > 0
  }

  /// Changes name, address or both: for the person themselves, of whom the password was just asked
  /// again where it is the address, and for operators. `nil` where there is no such person; throws
  /// `notAllowed` and `emailTaken`.
  public static func change(
    _ id: PersonID, name: String? = nil, email: EmailAddress? = nil, in write: AuditedWrite
  ) throws -> PersonRecord? {
    try AuthorityQueries.requireSelfOrOperator(id, write)
    guard let old = try lock(id, on: write.connection) else {
      write.nothingChanged()
      return nil
    }
    guard let held = EmailAddress(old.email) else {
      throw PostgresError(.bug, "a person's address is none")
    }
    let (name, email) = (name ?? old.name, email ?? held)
    if old.name == name, old.email == email.text {
      write.nothingChanged()
      return old
    }
    guard try rewrite(id, name, email, write.connection) else { throw AccountRefusal.emailTaken }
    try record(
      "person.update", id,
      [
        "name": [.string(old.name), .string(name)],
        "email": [.string(old.email), .string(email.text)],
      ],
      in: write)
    return try present(id, on: write.connection)
  }

  /// Whether the address was nobody else's, and the row was written.
  private static func rewrite(
    _ id: PersonID, _ name: String, _ email: EmailAddress, _ connection: Connection
  ) throws(PostgresError) -> Bool {
    let taken = try connection.query(
      "SELECT 1 FROM person WHERE email_key = $2 AND id <> $1", id, email.key)
    if taken.count > 0 { return false }
    do {
      try connection.query(
        "UPDATE person SET name = $2, email = $3, email_key = $4, " + touched + " WHERE id = $1",
        id, name, email.text, email.key)
      return true
    } catch {
      guard error.isUniqueViolation else { throw error }
      return false
    }
  }

  // MARK: - For the other files of this concept

  static let touched: SQL = """
    updated_at = greatest(now(), updated_at + interval '1 microsecond')
    """

  /// The person, whose row and whose standing among the operators stay as they are until the
  /// transaction ends.
  public static func lockStanding(
    _ id: PersonID, in write: AuditedWrite
  ) throws(PostgresError) -> PersonRecord? {
    try write.connection.lock(.people)
    return try lock(id, on: write.connection)
  }

  /// The person, whose row stands still until the transaction ends.
  public static func lock(
    _ id: PersonID, on connection: Connection
  ) throws(PostgresError) -> PersonRecord? {
    let rows = try connection.query(
      PersonRecord.columns + " FROM person p WHERE p.id = $1 FOR NO KEY UPDATE", id)
    return try first(rows)
  }

  static func present(
    _ id: PersonID, on connection: Connection
  ) throws(PostgresError) -> PersonRecord {
    guard let person = try get(id, on: connection) else {
      throw PostgresError(.bug, "a person who was just written is not there")
    }
    return person
  }

  private static func first(_ rows: Rows) throws(PostgresError) -> PersonRecord? {
    guard let row = rows.first else { return nil }
    return try PersonRecord(row)
  }
}
