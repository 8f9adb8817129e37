public import Postgres

/// One sign-in of a person, as its owner sees it; its tokens are gone.
public struct LoginSession: Hashable, Sendable {
  /// What a person signed in with.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Pages: the token is in a cookie.
    case browser
    /// The command line.
    case command

    /// How long it lasts unless it is said: in a browser half a day idle and two weeks in all, on a
    /// command line a month and three.
    public var limits: SessionLimits {
      switch self {
      case .browser: SessionLimits(idleSeconds: 12 * 3600, lifetimeSeconds: 14 * 86_400)
      case .command: SessionLimits(idleSeconds: 30 * 86_400, lifetimeSeconds: 90 * 86_400)
      }
    }
  }

  /// Why a session was ended.
  public enum End: String, Hashable, Sendable, CaseIterable {
    case signedOut = "signed_out"
    case revoked
    /// One of its tokens was used twice.
    case reused
    case passwordChanged = "password_changed"
    case secondFactorChanged = "second_factor_changed"
    /// The person had begun more than `LoginSessions.most` others since it was used.
    case crowded
    case disabled
  }

  public var id: LoginSessionID
  public var person: PersonID
  public var kind: Kind
  public var createdAt: Timestamp
  /// To the minute.
  public var usedAt: Timestamp
  /// When it ends even if it is used.
  public var expiresAt: Timestamp
  /// Of the last use that was noted.
  public var address: String?
  public var userAgent: String?
  /// Whether a second factor was shown in it.
  public var hasSecondFactor: Bool
  public var endedAt: Timestamp?
  public var end: End?

  static let columns: SQL = """
    SELECT s.id, s.person_id, s.kind, s.created_at, s.used_at, s.expires_at, host(s.address),
      s.user_agent, s.ended_at, s.end_reason, s.rotated_at, s.idle_s, p.disabled_at IS NOT NULL, now(),
      s.token_hash, s.previous_hash, s.successor_sealed, s.second_factor
    FROM login_session s JOIN person p ON p.id = s.person_id

    """

  init(_ row: Row) throws(PostgresError) {
    id = try row.get(0)
    person = try row.get(1)
    kind = Kind(rawValue: try row.get(2)) ?? .browser
    createdAt = try row.get(3)
    usedAt = try row.get(4)
    expiresAt = try row.get(5)
    address = try row.get(6)
    userAgent = try row.get(7)
    hasSecondFactor = try row.get(17)
    endedAt = try row.get(8)
    end = try row.get(9, as: String?.self).flatMap(End.init(rawValue:))
  }
}

/// A session's row under its lock, with the moment at which it was read.
struct StoredSession {
  var session: LoginSession
  var rotation: SessionRotation
  var now: Timestamp
  var tokenHash: [UInt8]
  var previousHash: [UInt8]?
  var successorSealed: [UInt8]?

  init(_ row: Row) throws(PostgresError) {
    session = try LoginSession(row)
    rotation = SessionRotation(
      rotatedAt: try row.get(10), usedAt: session.usedAt, idleSeconds: try row.get(11),
      expiresAt: session.expiresAt, isEnded: session.endedAt != nil, isDisabled: try row.get(12))
    now = try row.get(13)
    tokenHash = try row.get(14)
    previousHash = try row.get(15)
    successorSealed = try row.get(16)
  }
}
