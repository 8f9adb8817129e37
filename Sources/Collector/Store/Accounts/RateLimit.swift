public import Postgres

/// How much may be tried, as a bucket of `burst` tries that fills by one each `refill`; kept as one
/// moment, at which the bucket is full again (the generic cell rate algorithm of ATM Forum TM 4.0,
/// section 4.4.3, in its form of a virtual schedule).
public struct RateLimit: Hashable, Sendable {
  /// Tries that may come at once; at least 1.
  public var burst: Int64
  /// How long one try takes to come back, milliseconds; at least 1.
  public var refillMs: Int64

  public init(burst: Int64, refillMs: Int64) {
    self.burst = min(max(1, burst), 1_000_000)
    self.refillMs = min(max(1, refillMs), 86_400_000)
  }

  /// What became of a try.
  public enum Answer: Hashable, Sendable {
    /// It may be made; the bucket is full again at `clearAt`, and `left` more may come at once.
    case allowed(clearAt: Timestamp, left: Int64)
    /// It may not be made until so many milliseconds have passed.
    case refused(retryAfterMs: Int64)
  }

  /// Takes one try at `now` from a bucket that is full at `clearAt` (`nil`: now).
  public func take(clearAt: Timestamp?, now: Timestamp) -> Answer {
    let refill = refillMs * 1000
    // A clock that was set back must not lock anybody out for longer than an empty bucket does.
    let most = burst * refill
    let owed = min(max(0, (clearAt?.microseconds ?? 0) &- now.microseconds), most)
    let lacking = owed + refill - most
    if lacking > 0 { return .refused(retryAfterMs: (lacking + 999) / 1000) }
    return .allowed(
      clearAt: Timestamp(microseconds: now.microseconds &+ owed &+ refill),
      left: (most - owed - refill) / refill)
  }
}
