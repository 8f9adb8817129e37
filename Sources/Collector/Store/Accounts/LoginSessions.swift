import JSON
import Model
public import OpenSSL
public import Postgres

/// The sessions of people: signing in, renewing, ending.
public enum LoginSessions {
  /// What a refresh token gave.
  public enum Renewal: Hashable, Sendable {
    /// The session goes on, with this token from now on.
    case renewed(LoginSession, RefreshToken)
    case refused(SessionRotation.Refusal)
  }

  /// Begins a session of a person who has just proven who they are; its token is in the answer and
  /// nowhere else. Throws `changedMeanwhile` where the person was disabled, or has another password
  /// than the one that was verified.
  ///
  /// - Parameter verified: what the password was verified against (or rehashed to); `nil` where it was
  ///   none that let the person in.
  public static func begin(
    _ kind: LoginSession.Kind, of person: PersonID, limits: SessionLimits? = nil,
    verified: PasswordHash? = nil, from client: ClientMark, in write: AuditedWrite
  ) throws -> (session: LoginSession, token: RefreshToken) {
    let id = LoginSessionID.random()
    let token = RefreshToken.random()
    let limits = limits ?? kind.limits
    let begun = try write.connection.query(
      """
      INSERT INTO login_session (id, person_id, kind, family_hash, token_hash, rotated_at, created_at,
        used_at, idle_s, expires_at, address, user_agent)
      SELECT $1, p.id, $3, $4, $5, now(), now(), now(), $6, now() + $7 * interval '1 second',
        $8::inet, $9
      FROM person p WHERE p.id = $2 AND p.disabled_at IS NULL
        AND ($10::text IS NULL OR p.password_hash = $10)
      FOR SHARE OF p
      """, id, person, kind.rawValue, try token.familyHash, try token.hash, limits.idleSeconds,
      limits.lifetimeSeconds, client.storedAddress, client.storedUserAgent,
      verified?.text)
    guard begun.affected == 1 else { throw AccountRefusal.changedMeanwhile }
    try write.record(
      AuditEntry(
        "session.create", organization: nil, objectID: id.description,
        change: ["kind": .string(kind.rawValue), "person": .string(person.description)]))
    guard let session = try stored("WHERE s.id = $1", id, on: write.connection)?.session else {
      throw PostgresError(.bug, "a session that was just begun is not there")
    }
    return (session, token)
  }

  /// Renews a session by a refresh token, which is replaced: `SessionRotation` decides. Inside a
  /// transaction of the caller's, the new token holds only once that is committed.
  public static func renew(
    _ token: RefreshToken, from client: ClientMark, on connection: Connection
  ) throws -> Renewal {
    let (family, hash) = (try token.familyHash, try token.hash)
    return try connection.joiningTransaction { connection in
      guard
        let stored = try stored(
          "WHERE s.family_hash = $1 FOR NO KEY UPDATE OF s", family, on: connection)
      else { return .refused(.unknown) }
      switch stored.rotation.decide(presented(hash, stored), at: stored.now) {
      case .refuse(let refusal): return .refused(refusal)
      case .endReused:
        try endReused(stored.session, from: client, on: connection)
        return .refused(.reused)
      case .rotate: return try rotate(stored, token, from: client, on: connection)
      case .repeatNewest:
        guard let sealed = stored.successorSealed,
          let newest = RefreshToken(
            String(decoding: try box(token).open(sealed, context: family), as: UTF8.self))
        else { throw PostgresError(.bug, "a session has lost its newest token") }
        return .renewed(try note(client, stored.session, on: connection), newest)
      }
    }
  }

  /// The session whose newest token this is, or the one before within its grace, without replacing
  /// it: for cookies. Notes the use, once a minute. `nil` where it can't be used, whyever.
  public static func find(
    _ token: RefreshToken, kind: LoginSession.Kind, from client: ClientMark,
    on connection: Connection
  ) throws -> LoginSession? {
    let hash = try token.hash
    guard
      let stored = try stored("WHERE s.family_hash = $1", try token.familyHash, on: connection),
      stored.session.kind == kind
    else { return nil }
    switch stored.rotation.decide(presented(hash, stored), at: stored.now) {
    case .rotate, .repeatNewest:
      return try note(client, stored.session, on: connection)
    case .endReused:
      try connection.joiningTransaction { connection in
        try endReused(stored.session, from: client, on: connection)
      }
      return nil
    case .refuse: return nil
    }
  }

  /// Whether a session can be used at this moment: for access tokens that name it, where ten minutes
  /// are too long to wait.
  public static func isLive(
    _ id: LoginSessionID, of person: PersonID, on connection: Connection
  ) throws(PostgresError) -> Bool {
    guard
      let stored = try stored("WHERE s.id = $1 AND s.person_id = $2", id, person, on: connection)
    else { return false }
    return stored.rotation.refusal(at: stored.now) == nil
  }

  /// A person's sessions that have not ended or run out, newest first.
  public static func list(
    of person: PersonID, on connection: Connection
  ) throws(PostgresError) -> [LoginSession] {
    var sessions: [LoginSession] = []
    for row in try connection.query(
      LoginSession.columns
        + "WHERE s.person_id = $1 AND s.ended_at IS NULL ORDER BY s.created_at DESC, s.id DESC",
      person)
    {
      let stored = try StoredSession(row)
      if stored.rotation.refusal(at: stored.now) == nil { sessions.append(stored.session) }
    }
    return sessions
  }

  /// Ends one of a person's sessions; again does nothing. `false` where the person has none of that id.
  public static func end(
    _ id: LoginSessionID, of person: PersonID, _ reason: LoginSession.End, in write: AuditedWrite
  ) throws -> Bool {
    let rows = try write.connection.query(
      """
      UPDATE login_session SET ended_at = now(), end_reason = $3, successor_sealed = NULL
      WHERE id = $1 AND person_id = $2 AND ended_at IS NULL
      """, id, person, reason.rawValue)
    if rows.affected == 1 {
      try write.record(entry(id, person, reason))
      return true
    }
    write.nothingChanged()
    return try stored("WHERE s.id = $1 AND s.person_id = $2", id, person, on: write.connection)
      != nil
  }

  /// Ends all of a person's sessions but `kept`; returns how many.
  public static func endAll(
    of person: PersonID, but kept: LoginSessionID? = nil, _ reason: LoginSession.End,
    in write: AuditedWrite
  ) throws -> Int {
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

  // MARK: - For the other files of this concept

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

  private static func stored(
    _ condition: SQL, _ values: any PostgresValue..., on connection: Connection
  ) throws(PostgresError) -> StoredSession? {
    let rows = try connection.query(LoginSession.columns + condition, with: values)
    guard let row = rows.first else { return nil }
    return try StoredSession(row)
  }

  private static func presented(
    _ hash: [UInt8], _ stored: StoredSession
  ) -> SessionRotation.Presented {
    if equalInConstantTime(hash, stored.tokenHash) { return .newest }
    if let previous = stored.previousHash, equalInConstantTime(hash, previous) { return .previous }
    return .older
  }

  private static func rotate(
    _ stored: StoredSession, _ token: RefreshToken, from client: ClientMark,
    on connection: Connection
  ) throws -> Renewal {
    let next = token.successor()
    let sealed = try box(token).seal(Array(next.text.utf8), context: try token.familyHash)
    try connection.query(
      """
      UPDATE login_session SET token_hash = $2, previous_hash = token_hash, successor_sealed = $3,
        rotated_at = now(), used_at = now(), address = $4::inet, user_agent = $5
      WHERE id = $1
      """, stored.session.id, try next.hash, sealed, client.storedAddress, client.storedUserAgent)
    var session = stored.session
    session.usedAt = stored.now
    session.address = client.storedAddress
    session.userAgent = client.storedUserAgent
    return .renewed(session, next)
  }

  /// Notes a use, where the last one noted is a minute old.
  private static func note(
    _ client: ClientMark, _ session: LoginSession, on connection: Connection
  ) throws(PostgresError) -> LoginSession {
    let rows = try connection.query(
      """
      UPDATE login_session SET used_at = now(), address = $2::inet, user_agent = $3
      WHERE id = $1 AND used_at < now() - interval '1 minute'
      RETURNING used_at
      """, session.id, client.storedAddress, client.storedUserAgent)
    guard let row = rows.first else { return session }
    var session = session
    session.usedAt = try row.get(0)
    session.address = client.storedAddress
    session.userAgent = client.storedUserAgent
    return session
  }

  private static func endReused(
    _ session: LoginSession, from client: ClientMark, on connection: Connection
  ) throws {
    let context = AuditContext(actor: .system("refresh token reuse"), address: client.address)
    try AuditTrail.write(by: context, on: connection) { write in
      _ = try end(session.id, of: session.person, .reused, in: write)
    }
  }

  private static func entry(
    _ id: LoginSessionID, _ person: PersonID, _ reason: LoginSession.End
  ) -> AuditEntry {
    AuditEntry(
      "session.revoke", organization: nil, objectID: id.description,
      change: ["person": .string(person.description), "reason": .string(reason.rawValue)])
  }

  /// The key that only who has `token` can make: under it the token after is kept, to be given again.
  private static func box(_ token: RefreshToken) throws -> SealingKey {
    guard let key = SealingKey(try SHA256.digest(Array("successor of \(token.text)".utf8))) else {
      throw PostgresError(.bug, "a digest is no key")
    }
    return key
  }
}
