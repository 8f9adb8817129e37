import JSON
public import OpenSSL
public import Postgres

/// A person's second factor: one-time codes, and recovery codes for when the device is lost.
///
/// Trying a code is a try to sign in: `LoginAttempts.charge(codesOf:)` comes before it. What changes it
/// is for the person alone, taking it away for operators too, and throws `notAllowed` otherwise.
public enum SecondFactor {
  /// Seconds since 1970, by the database's clock.
  private static let now: SQL = "floor(extract(epoch FROM clock_timestamp()))::int8"

  /// Draws a secret that waits to be confirmed; the present one, if any, holds until then. `nil` where
  /// there is no such person.
  public static func prepare(
    _ person: PersonID, sealing: SealingKey, in write: AuditedWrite
  ) throws -> TOTP? {
    try AuthorityQueries.requireSelf(person, write)
    guard try PersonQueries.lock(person, on: write.connection) != nil else {
      write.nothingChanged()
      return nil
    }
    let totp = try TOTP.random()
    try write.connection.query(
      "UPDATE person SET totp_pending_sealed = $2 WHERE id = $1", person,
      try SealedTOTP.seal(totp, person: person, sealing))
    try PersonQueries.record("person.second_factor.prepare", person, nil, in: write)
    return totp
  }

  /// Makes the waiting secret the one that counts, since `code` shows that the person has it. The
  /// recovery codes in the answer replace all earlier ones and are nowhere else. Ends all sessions but
  /// the one in which the person asks, in which the code was shown. Throws `wrongCode`.
  public static func confirm(
    _ code: String, of person: PersonID, sealing: SealingKey, in write: AuditedWrite
  ) throws -> [RecoveryCode] {
    try AuthorityQueries.requireSelf(person, write)
    let rows = try write.connection.query(
      "SELECT totp_pending_sealed, " + now + " FROM person WHERE id = $1 FOR NO KEY UPDATE", person)
    guard let row = rows.first, let sealed = try row.get(0, as: [UInt8]?.self) else {
      throw AccountRefusal.wrongCode
    }
    let totp = try SealedTOTP.open(sealed, person: person, sealing)
    guard let step = try totp.accept(code, now: TOTP.step(atSeconds: try row.get(1)), last: nil)
    else { throw AccountRefusal.wrongCode }
    try write.connection.query(
      "UPDATE person SET totp_sealed = totp_pending_sealed, totp_pending_sealed = NULL, "
        + "totp_since = now(), totp_step = $2, " + PersonQueries.touched + " WHERE id = $1", person,
      step)
    let codes = try replaceCodes(of: person, on: write.connection)
    let kept = write.context.actor.session
    let ended = try LoginSessions.endAll(
      of: person, but: kept, .secondFactorChanged, on: write.connection)
    try write.connection.query(
      "UPDATE login_session SET second_factor = true WHERE id = $1 AND person_id = $2", kept, person
    )
    try PersonQueries.record(
      "person.second_factor.enable", person, ["sessions_ended": .integer(Int64(ended))], in: write)
    return codes
  }

  /// Whether `code` is right, and was not used before. `false` too where the person has no such
  /// factor.
  public static func verify(
    _ code: String, of person: PersonID, sealing: SealingKey, on connection: Connection
  ) throws -> Bool {
    try connection.joiningTransaction { connection in
      let rows = try connection.query(
        "SELECT totp_sealed, " + now + ", totp_step FROM person "
          + "WHERE id = $1 AND disabled_at IS NULL FOR NO KEY UPDATE", person)
      guard let row = rows.first, let sealed = try row.get(0, as: [UInt8]?.self) else {
        return false
      }
      let totp = try SealedTOTP.open(sealed, person: person, sealing)
      guard
        let step = try totp.accept(
          code, now: TOTP.step(atSeconds: try row.get(1)), last: try row.get(2))
      else { return false }
      try connection.query("UPDATE person SET totp_step = $2 WHERE id = $1", person, step)
      return true
    }
  }

  /// Uses up a recovery code. `false` where it is none, or was used.
  public static func useRecoveryCode(
    _ text: String, of person: PersonID, in write: AuditedWrite
  ) throws -> Bool {
    let rows = try write.connection.query(
      """
      UPDATE recovery_code SET used_at = now()
      WHERE person_id = $1 AND code_hash = $2 AND used_at IS NULL
      """, person, try RecoveryCode.hash(text, of: person))
    guard rows.affected == 1 else {
      write.nothingChanged()
      return false
    }
    try PersonQueries.record(
      "person.recovery_code.use", person,
      ["left": .integer(try recoveryCodesLeft(of: person, on: write.connection))], in: write)
    return true
  }

  /// How many recovery codes a person has left.
  public static func recoveryCodesLeft(
    of person: PersonID, on connection: Connection
  ) throws(PostgresError) -> Int64 {
    let rows = try connection.query(
      "SELECT count(*) FROM recovery_code WHERE person_id = $1 AND used_at IS NULL", person)
    return try rows.first?.get(0) ?? 0
  }

  /// Makes new recovery codes in place of all earlier ones. `nil` where the person has no second
  /// factor.
  public static func renewRecoveryCodes(
    of person: PersonID, in write: AuditedWrite
  ) throws -> [RecoveryCode]? {
    try AuthorityQueries.requireSelf(person, write)
    guard try PersonQueries.lock(person, on: write.connection)?.hasSecondFactor == true else {
      write.nothingChanged()
      return nil
    }
    let codes = try replaceCodes(of: person, on: write.connection)
    try PersonQueries.record("person.recovery_code.renew", person, nil, in: write)
    return codes
  }

  /// Takes the second factor and its recovery codes away. `false` where there was none.
  public static func remove(
    _ person: PersonID, in write: AuditedWrite
  ) throws -> Bool {
    try AuthorityQueries.requireSelfOrOperator(person, write)
    let rows = try write.connection.query(
      "UPDATE person SET totp_sealed = NULL, totp_pending_sealed = NULL, totp_since = NULL, "
        + PersonQueries.touched + " WHERE id = $1 AND totp_sealed IS NOT NULL", person)
    guard rows.affected == 1 else {
      write.nothingChanged()
      return false
    }
    try write.connection.query("DELETE FROM recovery_code WHERE person_id = $1", person)
    try PersonQueries.record("person.second_factor.disable", person, nil, in: write)
    return true
  }

  private static func replaceCodes(
    of person: PersonID, on connection: Connection
  ) throws -> [RecoveryCode] {
    let codes = try (0..<RecoveryCode.count).map { _ in try RecoveryCode.random() }
    try connection.query("DELETE FROM recovery_code WHERE person_id = $1", person)
    try connection.query(
      "INSERT INTO recovery_code (person_id, code_hash) SELECT $1, unnest($2::bytea[])", person,
      try codes.map { try RecoveryCode.hash($0.text, of: person) })
    return codes
  }
}
