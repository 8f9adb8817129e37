public import Postgres

/// A person as the store holds one; their secrets are left out.
public struct PersonRecord: Hashable, Sendable {
  public var id: PersonID
  public var email: String
  public var name: String
  /// Whether they stand above organizations.
  public var isOperator: Bool
  public var hasPassword: Bool
  /// Whether signing in takes a one-time code too.
  public var hasSecondFactor: Bool
  public var createdAt: Timestamp
  public var updatedAt: Timestamp
  public var disabledAt: Timestamp?

  /// Where a page of `PersonQueries.list` ended.
  public var position: String { EmailAddress(email)?.key ?? email }
  /// Changes with every change of the person.
  public var version: String { String(updatedAt.microseconds) }

  static let columns: SQL = """
    SELECT p.id, p.email, p.name, p.is_operator, p.password_hash IS NOT NULL,
      p.totp_sealed IS NOT NULL, p.created_at, p.updated_at, p.disabled_at
    """

  init(_ row: Row) throws(PostgresError) {
    id = try row.get(0)
    email = try row.get(1)
    name = try row.get(2)
    isOperator = try row.get(3)
    hasPassword = try row.get(4)
    hasSecondFactor = try row.get(5)
    createdAt = try row.get(6)
    updatedAt = try row.get(7)
    disabledAt = try row.get(8)
  }
}

/// What a new person begins with.
public struct PersonDraft: Hashable, Sendable {
  public var email: EmailAddress
  public var name: String
  /// Made with `PasswordGate`; `nil` for one who signs in elsewhere.
  public var passwordHash: String?
  public var isOperator: Bool

  public init(
    email: EmailAddress, name: String, passwordHash: String? = nil, isOperator: Bool = false
  ) {
    self.email = email
    self.name = name
    self.passwordHash = passwordHash
    self.isOperator = isOperator
  }
}
