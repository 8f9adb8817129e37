import JSON
import Model
public import OpenSSL
public import Postgres

extension PersonQueries {
  /// Sets a new password, and ends all sessions but `kept`. `false` where there is no such person.
  public static func setPassword(
    _ hash: PasswordHash, of id: PersonID, keeping kept: LoginSessionID? = nil,
    in write: AuditedWrite
  ) throws -> Bool {
    guard try lock(id, on: write.connection) != nil else {
      write.nothingChanged()
      return false
    }
    try write.connection.query(
      "UPDATE person SET password_hash = $2, " + touched + " WHERE id = $1", id, hash.text)
    let ended = try LoginSessions.endAll(
      of: id, but: kept, .passwordChanged, on: write.connection)
    try record("person.password", id, ["sessions_ended": .integer(Int64(ended))], in: write)
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

  /// Lets a person do nothing any more, at once: their sessions end, and the keys that they made allow
  /// nothing while it lasts. `nil` where there is no such person; throws
  /// `AccountRefusal.lastOperator`. An organization whose only owner is disabled is left to operators.
  public static func disable(
    _ id: PersonID, in write: AuditedWrite
  ) throws -> PersonRecord? {
    try write.connection.lock(.people)
    guard let old = try lock(id, on: write.connection) else {
      write.nothingChanged()
      return nil
    }
    if old.disabledAt != nil {
      write.nothingChanged()
      return old
    }
    if old.isOperator { try requireAnotherOperator(than: id, on: write.connection) }
    try write.connection.query(
      "UPDATE person SET disabled_at = now(), " + touched + " WHERE id = $1", id)
    let ended = try LoginSessions.endAll(of: id, but: nil, .disabled, on: write.connection)
    try record("person.disable", id, ["sessions_ended": .integer(Int64(ended))], in: write)
    return try present(id, on: write.connection)
  }

  /// Undoes `disable`; the sessions stay ended.
  public static func enable(
    _ id: PersonID, in write: AuditedWrite
  ) throws -> PersonRecord? {
    guard let old = try lock(id, on: write.connection) else {
      write.nothingChanged()
      return nil
    }
    if old.disabledAt == nil {
      write.nothingChanged()
      return old
    }
    try write.connection.query(
      "UPDATE person SET disabled_at = NULL, " + touched + " WHERE id = $1", id)
    try record("person.enable", id, nil, in: write)
    return try present(id, on: write.connection)
  }

  /// Makes a person an operator, or no longer. `nil` where there is no such person; throws
  /// `AccountRefusal.lastOperator`.
  public static func setOperator(
    _ isOperator: Bool, of id: PersonID, in write: AuditedWrite
  ) throws -> PersonRecord? {
    try write.connection.lock(.people)
    guard let old = try lock(id, on: write.connection) else {
      write.nothingChanged()
      return nil
    }
    if old.isOperator == isOperator {
      write.nothingChanged()
      return old
    }
    if !isOperator, old.disabledAt == nil {
      try requireAnotherOperator(than: id, on: write.connection)
    }
    try write.connection.query(
      "UPDATE person SET is_operator = $2, " + touched + " WHERE id = $1", id, isOperator)
    try record(
      "person.operator", id, ["is_operator": [.bool(old.isOperator), .bool(isOperator)]], in: write)
    return try present(id, on: write.connection)
  }

  static func record(
    _ action: String, _ id: PersonID, _ change: JSONValue?, in write: AuditedWrite
  ) throws(PostgresError) {
    try write.record(
      AuditEntry(action, organization: nil, objectID: id.description, change: change))
  }

  private static func requireAnotherOperator(
    than id: PersonID, on connection: Connection
  ) throws {
    let others = try connection.query(
      "SELECT 1 FROM person WHERE is_operator AND disabled_at IS NULL AND id <> $1 LIMIT 1", id)
    if others.count == 0 { throw AccountRefusal.lastOperator }
  }
}
