import JSON
import Model
public import OpenSSL
import Postgres

extension LoginSessions {
  /// How many sessions a person may have: of more, those end that were not used for longest.
  public static let most = 100

  /// Begins a session of a person who has just shown `proof` of who they are; its token is in the answer
  /// and nowhere else.
  ///
  /// The write is the person's or the program's. Throws `changedMeanwhile` where the person was
  /// disabled, or has another password than the one that was verified, and `secondFactorRequired`
  /// where they have a second factor that was not shown: both are seen under a lock of the person's
  /// row, which is theirs until the session has begun.
  public static func begin(
    _ kind: LoginSession.Kind, of person: PersonID, limits: SessionLimits? = nil,
    proof: LoginProof, from client: ClientMark, in write: AuditedWrite
  ) throws -> (session: LoginSession, token: RefreshToken) {
    guard write.context.actor.kind == .system || write.context.actor.person == person else {
      throw AccountRefusal.notAllowed
    }
    let found = try lockCredentials(of: person, on: write.connection)
    if let refusal = proof.refusal(
      passwordHash: found.passwordHash, hasSecondFactor: found.hasSecondFactor)
    {
      throw refusal
    }
    return try insert(
      kind, of: person, limits: limits ?? kind.limits,
      hasSecondFactor: proof.shows(secondFactor: found.hasSecondFactor), from: client, in: write)
  }

  /// Gives a person who is signed in another password: ends all their sessions, and begins one in place
  /// of the one in which they ask, of the same kind, whose token is in the answer.
  ///
  /// - Parameter verified: what the present password was just verified against; `nil` of one who has
  ///   none yet.
  ///
  /// Throws `notAllowed` unless the person asks in a session that can be used, and `changedMeanwhile`
  /// where they have another password than the one that was verified.
  public static func changePassword(
    of person: PersonID, verified: PasswordHash?, to new: PasswordHash, from client: ClientMark,
    in write: AuditedWrite
  ) throws -> (session: LoginSession, token: RefreshToken) {
    guard write.context.actor.person == person, let id = write.context.actor.session else {
      throw AccountRefusal.notAllowed
    }
    let found = try lockCredentials(of: person, on: write.connection)
    guard found.passwordHash == verified?.text else { throw AccountRefusal.changedMeanwhile }
    guard
      let old = try stored(
        "WHERE s.id = $1 AND s.person_id = $2 FOR NO KEY UPDATE OF s", id, person,
        on: write.connection),
      old.rotation.refusal(at: old.now) == nil
    else { throw AccountRefusal.notAllowed }
    try PersonQueries.writePassword(new, of: person, in: write)
    let lifetime = old.session.expiresAt.microseconds &- old.session.createdAt.microseconds
    return try insert(
      old.session.kind, of: person,
      limits: SessionLimits(
        idleSeconds: old.rotation.idleSeconds, lifetimeSeconds: lifetime / 1_000_000),
      hasSecondFactor: old.session.hasSecondFactor, from: client, in: write)
  }

  /// What a person's sign-in is held against; it stands still until the transaction ends. Throws
  /// `changedMeanwhile` where they are disabled, or not there.
  private static func lockCredentials(
    of person: PersonID, on connection: Connection
  ) throws -> (passwordHash: String?, hasSecondFactor: Bool) {
    let rows = try connection.query(
      """
      SELECT password_hash, totp_sealed IS NOT NULL FROM person
      WHERE id = $1 AND disabled_at IS NULL FOR NO KEY UPDATE
      """, person)
    guard let row = rows.first else { throw AccountRefusal.changedMeanwhile }
    return (try row.get(0), try row.get(1))
  }

  private static func insert(
    _ kind: LoginSession.Kind, of person: PersonID, limits: SessionLimits, hasSecondFactor: Bool,
    from client: ClientMark, in write: AuditedWrite
  ) throws -> (session: LoginSession, token: RefreshToken) {
    let (id, token) = (LoginSessionID.random(), RefreshToken.random())
    try write.connection.query(
      """
      INSERT INTO login_session (id, person_id, kind, family_hash, token_hash, rotated_at, created_at,
        used_at, idle_s, expires_at, second_factor, address, user_agent)
      VALUES ($1, $2, $3, $4, $5, now(), now(), now(), $6, now() + $7 * interval '1 second', $8,
        $9::inet, $10)
      """, id, person, kind.rawValue, try token.familyHash, try token.hash, limits.idleSeconds,
      limits.lifetimeSeconds, hasSecondFactor, client.storedAddress, client.storedUserAgent)
    let crowded = try endCrowded(of: person, but: id, on: write.connection)
    var change = JSONObject()
    change["kind"] = .string(kind.rawValue)
    change["person"] = .string(person.description)
    change["second_factor"] = .bool(hasSecondFactor)
    if crowded > 0 { change["crowded"] = .integer(Int64(crowded)) }
    try write.record(
      AuditEntry(
        "session.create", organization: nil, objectID: id.description, change: .object(change)))
    guard let session = try stored("WHERE s.id = $1", id, on: write.connection)?.session else {
      throw PostgresError(.bug, "a session that was just begun is not there")
    }
    return (session, token)
  }

  private static func endCrowded(
    of person: PersonID, but newest: LoginSessionID, on connection: Connection
  ) throws(PostgresError) -> Int {
    try connection.query(
      """
      UPDATE login_session SET ended_at = now(), end_reason = $4, successor_sealed = NULL
      WHERE id IN (
        SELECT id FROM login_session
        WHERE person_id = $1 AND ended_at IS NULL AND id <> $2
          AND least(expires_at, used_at + idle_s * interval '1 second') > now()
        ORDER BY used_at DESC, created_at DESC, id OFFSET $3)
      """, person, newest, most - 1, LoginSession.End.crowded.rawValue
    ).affected
  }
}
