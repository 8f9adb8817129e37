/// When a request that was put off is sent again.
///
/// Only statuses 429 and 503 are asked again. A GET, HEAD, PUT or DELETE may be repeated at any rate;
/// a POST or PATCH only where the collector names a time (`Retry-After`), by which it says that nothing
/// was done.
public struct RetryPolicy: Hashable, Sendable {
  /// How often a request is sent at most; 1 never repeats.
  public var attempts: Int
  /// The longest first pause; it doubles from one to the next.
  public var firstPauseMs: Int
  /// No pause is longer: where the collector asks for more, the request fails at once.
  public var longestPauseMs: Int

  public init(attempts: Int = 4, firstPauseMs: Int = 500, longestPauseMs: Int = 20_000) {
    self.attempts = max(1, attempts)
    self.firstPauseMs = max(1, min(firstPauseMs, 600_000))
    self.longestPauseMs = max(1, min(longestPauseMs, 600_000))
  }

  /// Never sends anything twice.
  public static let none = RetryPolicy(attempts: 1)

  /// The pause after this attempt (the first is 1), or `nil` where it was the last.
  ///
  /// - Parameter chance: even from 0 up to 1; clients that failed together come back apart.
  func pauseMs(
    after attempt: Int, method: String, problem: Problem, chance: Double
  ) -> Int? {
    guard attempt < attempts, problem.status == 429 || problem.status == 503 else { return nil }
    let chance = min(max(chance, 0), 1)
    if let seconds = problem.retryAfterSeconds {
      guard seconds >= 0, seconds <= longestPauseMs / 1000 else { return nil }
      // Later than asked for, never sooner.
      return min(seconds * 1000 + Int(chance * Double(firstPauseMs)), longestPauseMs)
    }
    guard ["GET", "HEAD", "PUT", "DELETE"].contains(method) else { return nil }
    let most = min(firstPauseMs << min(attempt - 1, 10), longestPauseMs)
    return most / 2 + Int(chance * Double(most - most / 2))
  }
}
