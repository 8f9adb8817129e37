import JSON
import Model
public import OpenSSL
public import Postgres

extension PersonQueries {
  /// Gives somebody else a new password, and ends all their sessions: for operators, where a password is
  /// lost. Who knows theirs changes it by `LoginSessions.changePassword`. `false` where there is no such
  /// person; throws `notAllowed`.
  public static func setPassword(
    _ hash: PasswordHash, of id: PersonID, in write: AuditedWrite
  ) throws -> Bool {
    try AuthorityQueries.requireOperator(write)
    guard try lock(id, on: write.connection) != nil else {
      write.nothingChanged()
      return false
    }
    try writePassword(hash, of: id, in: write)
    return true
  }

  /// Keeps the same password under today's parameters; nothing where it was changed meanwhile.
  public static func rehash(
    _ id: PersonID, from old: PasswordHash, to new: PasswordHash, on connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      "UPDATE person SET password_hash = $3 WHERE id = $1 AND password_hash = $2", id, old.text,
      new.text)
  }

  /// The hash of a person's own password, to ask for it again before something that matters; `nil`
  /// where there is none.
  public static func passwordHash(
    of id: PersonID, on connection: Connection
  ) throws(PostgresError) -> PasswordHash? {
    let rows = try connection.query(
      "SELECT password_hash FROM person WHERE id = $1 AND disabled_at IS NULL", id)
    guard let row = rows.first else { return nil }
    return try row.get(0, as: String?.self).flatMap { PasswordHash(text: $0) }
  }

  /// Writes the password and ends the sessions of a person whose row is locked.
  static func writePassword(
    _ hash: PasswordHash, of id: PersonID, in write: AuditedWrite
  ) throws(PostgresError) {
    try write.connection.query(
      "UPDATE person SET password_hash = $2, " + touched + " WHERE id = $1", id, hash.text)
    let ended = try LoginSessions.endAll(
      of: id, but: nil, .passwordChanged, on: write.connection)
    try record("person.password", id, ["sessions_ended": .integer(Int64(ended))], in: write)
  }
}
