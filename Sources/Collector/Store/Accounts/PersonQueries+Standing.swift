import JSON
import Model
import Postgres

extension PersonQueries {
  /// Lets a person do nothing any more, at once: their sessions end, and the keys that they made allow
  /// nothing while it lasts. For operators. `nil` where there is no such person; throws `notAllowed` and
  /// `lastOperator`. An organization whose only owner is disabled is left to operators.
  public static func disable(
    _ id: PersonID, in write: AuditedWrite
  ) throws -> PersonRecord? {
    try write.connection.lock(.people)
    try AuthorityQueries.requireOperator(write)
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
    try record(
      "person.disable", id,
      [
        "sessions_ended": .integer(Int64(ended)),
        "keys_stopped": .integer(try keyCount(of: id, on: write.connection)),
      ], in: write)
    return try present(id, on: write.connection)
  }

  /// Undoes `disable`, for operators: the keys that the person made and that nobody revoked meanwhile
  /// allow again what they did, since to disable somebody is a pause; the sessions stay ended. Whoever
  /// does not trust the keys revokes them first: the audit log's entry says how many there are. `nil`
  /// where there is no such person; throws `notAllowed`.
  public static func enable(
    _ id: PersonID, in write: AuditedWrite
  ) throws -> PersonRecord? {
    try write.connection.lock(.people)
    try AuthorityQueries.requireOperator(write)
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
    try record(
      "person.enable", id,
      ["keys_working": .integer(try keyCount(of: id, on: write.connection))], in: write)
    return try present(id, on: write.connection)
  }

  /// Makes a person an operator, or no longer: for operators. Who is none any more loses the keys and
  /// the open invitations that they made where they are no member, for good. `nil` where there is no
  /// such person; throws `notAllowed` and `lastOperator`.
  public static func setOperator(
    _ isOperator: Bool, of id: PersonID, in write: AuditedWrite
  ) throws -> PersonRecord? {
    try write.connection.lock(.people)
    try AuthorityQueries.requireOperator(write)
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
    var change = JSONObject()
    change["is_operator"] = [.bool(old.isOperator), .bool(isOperator)]
    if !isOperator { try leaveAll(id, &change, on: write.connection) }
    try record("person.operator", id, .object(change), in: write)
    return try present(id, on: write.connection)
  }

  static func record(
    _ action: String, _ id: PersonID, _ change: JSONValue?, in write: AuditedWrite
  ) throws(PostgresError) {
    try write.record(
      AuditEntry(action, organization: nil, objectID: id.description, change: change))
  }

  private static func leaveAll(
    _ id: PersonID, _ change: inout JSONObject, on connection: Connection
  ) throws(PostgresError) {
    var sum = Departure()
    for organization in try Departure.organizations(withoutMembershipOf: id, on: connection) {
      sum.add(try Departure(of: id, from: organization, on: connection))
    }
    sum.note(in: &change)
  }

  /// How many keys of a person nobody revoked and no time ended.
  private static func keyCount(
    of id: PersonID, on connection: Connection
  ) throws(PostgresError) -> Int64 {
    let rows = try connection.query(
      """
      SELECT count(*) FROM api_key
      WHERE maker_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
      """, id)
    return try rows.first?.get(0) ?? 0
  }

  private static func requireAnotherOperator(
    than id: PersonID, on connection: Connection
  ) throws {
    let others = try connection.query(
      "SELECT 1 FROM person WHERE is_operator AND disabled_at IS NULL AND id <> $1 LIMIT 1", id)
    if others.count == 0 { throw AccountRefusal.lastOperator }
  }
}
