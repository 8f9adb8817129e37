import Postgres

extension Connection {
  /// Runs `body` in the transaction that is open, or in one of its own where none is: for writes that
  /// are called alone and as a part of more. What `body` throws must go on to who began the
  /// transaction, which it undoes whole.
  func joiningTransaction<T>(_ body: (Connection) throws -> T) throws -> T {
    isInTransaction ? try body(self) : try transaction("BEGIN", body)
  }

  /// The same, but one of its own is run again where it met another (kind `retry`).
  func joiningRetryingTransaction<T>(_ body: (Connection) throws -> T) throws -> T {
    isInTransaction ? try body(self) : try retryingTransaction("BEGIN", body)
  }

  /// Runs `body` in a transaction of its own, again where it met another: for what must stay though the
  /// one who asked is refused. Throws a `bug` inside a transaction that is open, whose end could undo
  /// it.
  func ownTransaction<T>(_ body: (Connection) throws -> T) throws -> T {
    guard !isInTransaction else {
      throw PostgresError(.bug, "what must not be undone was begun inside a transaction")
    }
    return try retryingTransaction("BEGIN", body)
  }

  /// Waits until nobody else changes an organization's members, keys or use, and lets nobody do so until
  /// the transaction ends.
  func lock(_ kind: Int32, _ organization: OrganizationID) throws(PostgresError) {
    try query("SELECT pg_advisory_xact_lock($1, $2)", kind, organization.rawValue)
  }
}

/// The advisory locks of accounts: see `AdvisoryLock`.
///
/// Whoever takes several takes them in this order, so that nobody waits for each other: what is of the
/// installation, a person's row, the members, the keys, the quota of an organization, then rows (an
/// organization's, a key's, an invitation's, a session's).
enum AccountLock {
  /// Members, roles and invitations of an organization are changed by one transaction at a time.
  static let members: Int32 = 0x7570_6205
  /// An organization's keys are made and revoked by one transaction at a time.
  static let keys: Int32 = 0x7570_6208
  /// What counts against an organization's quota is added by one transaction at a time.
  static let quota: Int32 = 0x7570_6206
  /// The installation's operators, its first person and its signing keys likewise: the second number
  /// says which of them.
  static let installation: Int32 = 0x7570_6207
}

extension Connection {
  /// What of the installation one transaction changes at a time.
  enum InstallationLock: Int32 {
    case people = 1
    case signingKeys = 2
  }

  func lock(_ what: InstallationLock) throws(PostgresError) {
    try query("SELECT pg_advisory_xact_lock($1, $2)", AccountLock.installation, what.rawValue)
  }
}
