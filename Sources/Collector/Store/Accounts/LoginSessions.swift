import Model
import OpenSSL
public import Postgres

/// The sessions of people: signing in, renewing, ending.
public enum LoginSessions {
  /// What a refresh token gave.
  public enum Renewal: Hashable, Sendable {
    /// The session goes on, with this token from now on.
    case renewed(LoginSession, RefreshToken)
    case refused(SessionRotation.Refusal)
  }

  /// Renews a session by a refresh token, which is replaced: `SessionRotation` decides. Throws a `bug`
  /// inside a transaction that is open, since one that is thrown away must not undo the end of a
  /// session.
  ///
  /// - Parameter kind: sessions of which kind are renewed; `nil`: of any. One of another is left as it is.
  public static func renew(
    _ token: RefreshToken, kind: LoginSession.Kind? = nil, from client: ClientMark,
    on connection: Connection
  ) throws -> Renewal {
    let (family, hash) = (try token.familyHash, try token.hash)
    return try connection.ownTransaction { connection in
      guard
        let stored = try stored(
          "WHERE s.family_hash = $1 FOR NO KEY UPDATE OF s", family, on: connection),
        kind == nil || stored.session.kind == kind
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
  /// it: for cookies. Notes the use, once a minute. `nil` where it can't be used, whyever. Throws a
  /// `bug` inside a transaction that is open, as `renew` does.
  public static func find(
    _ token: RefreshToken, kind: LoginSession.Kind, from client: ClientMark,
    on connection: Connection
  ) throws -> LoginSession? {
    guard !connection.isInTransaction else {
      throw PostgresError(.bug, "a cookie was looked up inside a transaction")
    }
    let hash = try token.hash
    guard
      let stored = try stored("WHERE s.family_hash = $1", try token.familyHash, on: connection),
      stored.session.kind == kind
    else { return nil }
    switch stored.rotation.decide(presented(hash, stored), at: stored.now) {
    case .rotate, .repeatNewest:
      return try note(client, stored.session, on: connection)
    case .endReused:
      try endReused(stored.session, from: client, on: connection)
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

  // MARK: - For the other files of this concept

  static func stored(
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

  /// The key that only who has `token` can make: under it the token after is kept, to be given again.
  private static func box(_ token: RefreshToken) throws -> SealingKey {
    guard let key = SealingKey(try SHA256.digest(Array("successor of \(token.text)".utf8))) else {
      throw PostgresError(.bug, "a digest is no key")
    }
    return key
  }
}
