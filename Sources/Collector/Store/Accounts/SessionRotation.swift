public import Postgres

/// What becomes of a session when one of its refresh tokens is shown: decided from the row and a
/// moment.
///
/// Each use replaces the token. The one just before the newest is still good for a short while, for an
/// answer that was lost or two requests at once; it gives the same newest token again, so that both
/// go on with one. Any older one was copied by somebody: it ends the session for both (OWASP OAuth2
/// Cheat Sheet, "Refresh Tokens").
public struct SessionRotation: Hashable, Sendable {
  /// How long the token before the newest is accepted, milliseconds; as long before it was replaced too,
  /// by a clock that was set back meanwhile, and no longer.
  public static let graceMs: Int64 = 30_000

  /// Which of the family was shown.
  public enum Presented: Hashable, Sendable, CaseIterable {
    case newest
    /// The one that the newest replaced.
    case previous
    /// Another that begins as the family does.
    case older
  }

  public enum Decision: Hashable, Sendable {
    /// Replace the newest by another.
    case rotate
    /// Give the newest again.
    case repeatNewest
    /// End the session: a token was used twice.
    case endReused
    case refuse(Refusal)
  }

  /// Why a session renews nothing.
  public enum Refusal: String, Hashable, Sendable, CaseIterable {
    /// There is none of such tokens.
    case unknown
    /// It was ended.
    case ended
    /// It was not used for too long.
    case idle
    /// It has lasted as long as it may.
    case expired
    /// The person is disabled.
    case disabled
    /// A token was used twice, and has just ended it.
    case reused
  }

  public var rotatedAt: Timestamp
  public var usedAt: Timestamp
  public var idleSeconds: Int64
  public var expiresAt: Timestamp
  public var isEnded: Bool
  public var isDisabled: Bool

  public init(
    rotatedAt: Timestamp, usedAt: Timestamp, idleSeconds: Int64, expiresAt: Timestamp,
    isEnded: Bool, isDisabled: Bool
  ) {
    self.rotatedAt = rotatedAt
    self.usedAt = usedAt
    self.idleSeconds = idleSeconds
    self.expiresAt = expiresAt
    self.isEnded = isEnded
    self.isDisabled = isDisabled
  }

  /// Why it can't be used at `now`; `nil` where it can.
  public func refusal(at now: Timestamp) -> Refusal? {
    if isEnded { return .ended }
    if isDisabled { return .disabled }
    if now >= expiresAt { return .expired }
    if now >= usedAt.adding(milliseconds: idleSeconds &* 1000) { return .idle }
    return nil
  }

  /// What to do about a token.
  public func decide(_ presented: Presented, at now: Timestamp) -> Decision {
    if let refusal = refusal(at: now) { return .refuse(refusal) }
    switch presented {
    case .newest: return .rotate
    case .previous:
      let isFresh =
        now < rotatedAt.adding(milliseconds: Self.graceMs)
        && now > rotatedAt.adding(milliseconds: -Self.graceMs)
      return isFresh ? .repeatNewest : .endReused
    case .older: return .endReused
    }
  }
}

/// How long a session lasts.
public struct SessionLimits: Hashable, Sendable {
  /// Without use.
  public var idleSeconds: Int64
  /// Whatever is done.
  public var lifetimeSeconds: Int64

  public init(idleSeconds: Int64, lifetimeSeconds: Int64) {
    self.idleSeconds = min(max(60, idleSeconds), 366 * 86_400)
    self.lifetimeSeconds = min(max(60, lifetimeSeconds), 366 * 86_400)
  }
}
