import JSON
import Model
import Postgres

extension LoginSessions {
  /// Ends one of a person's sessions; again does nothing. `false` where the person has none of that id.
  /// Throws `notAllowed` unless they ask, or an operator.
  public static func end(
    _ id: LoginSessionID, of person: PersonID, _ reason: LoginSession.End, in write: AuditedWrite
  ) throws -> Bool {
    try AuthorityQueries.requireSelfOrOperator(person, write)
    let rows = try write.connection.query(
      """
      UPDATE login_session SET ended_at = now(), end_reason = $3, successor_sealed = NULL
      WHERE id = $1 AND person_id = $2 AND ended_at IS NULL
      """, id, person, reason.rawValue)
    if rows.affected == 1 {
      try write.record(
        AuditEntry(
          "session.revoke", organization: nil, objectID: id.description,
          change: ["person": .string(person.description), "reason": .string(reason.rawValue)]))
      return true
    }
    write.nothingChanged()
    return try stored("WHERE s.id = $1 AND s.person_id = $2", id, person, on: write.connection)
      != nil
  }

  /// Ends all of a person's sessions but `kept`; returns how many. Throws `notAllowed` unless they ask,
  /// or an operator.
  public static func endAll(
    of person: PersonID, but kept: LoginSessionID? = nil, _ reason: LoginSession.End,
    in write: AuditedWrite
  ) throws -> Int {
    try AuthorityQueries.requireSelfOrOperator(person, write)
    _ = try PersonQueries.lock(person, on: write.connection)
    let count = try endAll(of: person, but: kept, reason, on: write.connection)
    try write.record(
      AuditEntry(
        "session.revoke", organization: nil,
        change: [
          "person": .string(person.description), "reason": .string(reason.rawValue),
          "count": .integer(Int64(count)),
        ]))
    return count
  }

  /// The same for the other files of this concept, which tell the audit log themselves. The person's row
  /// is locked.
  static func endAll(
    of person: PersonID, but kept: LoginSessionID?, _ reason: LoginSession.End,
    on connection: Connection
  ) throws(PostgresError) -> Int {
    try connection.query(
      """
      UPDATE login_session SET ended_at = now(), end_reason = $3, successor_sealed = NULL
      WHERE person_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $2
      """, person, kept, reason.rawValue
    ).affected
  }
}
