/// How long to wait before the next attempt to connect: decorrelated jitter, so that agents which
/// lost the same collector do not come back together.
public struct Backoff: Equatable, Sendable {
  /// The least and the most that one wait may last, in milliseconds.
  public static let rangeMs: ClosedRange<Int64> = 500...60_000
  /// The most that the first wait after a stable session may last.
  public static let firstAfterSessionMs: Int64 = 5_000
  /// A session that lived this long was stable: the waits begin anew.
  public static let stableMs: Int64 = 60_000
  /// The waits after a refused proof grow from and to these.
  public static let refusedRangeMs: ClosedRange<Int64> = 30_000...900_000

  private var previousMs: Int64 = Backoff.rangeMs.lowerBound
  private var refusals: Int64 = 0

  public init() {}

  /// The wait after an attempt that failed, or a session that was not stable.
  public mutating func afterFailure(using generator: inout some RandomNumberGenerator) -> Int64 {
    let ceiling = min(Self.rangeMs.upperBound, previousMs * 3)
    previousMs = Int64.random(in: Self.rangeMs.lowerBound...ceiling, using: &generator)
    return previousMs
  }

  /// The wait after a session that ended; `livedMs` decides whether it was stable.
  public mutating func afterSession(
    livedMs: Int64, using generator: inout some RandomNumberGenerator
  ) -> Int64 {
    refusals = 0
    guard livedMs >= Self.stableMs else { return afterFailure(using: &generator) }
    previousMs = Self.rangeMs.lowerBound
    return Int64.random(in: 0...Self.firstAfterSessionMs, using: &generator)
  }

  /// The wait after the collector did not accept the agent's proof: 30 s, doubling to 15 min, plus
  /// up to a tenth.
  public mutating func afterRefusal(using generator: inout some RandomNumberGenerator) -> Int64 {
    let doubled = Self.refusedRangeMs.lowerBound << min(refusals, 10)
    refusals += 1
    let wait = min(Self.refusedRangeMs.upperBound, doubled)
    return wait + Int64.random(in: 0...wait / 10, using: &generator)
  }
}

/// Which collector of the list is tried next.
public struct CollectorChoice: Equatable, Sendable {
  /// So many failures in a row move on to the next.
  public static let failureLimit = 3
  /// After a time within this range another collector is left for the first of the list.
  public static let returnRangeMs: ClosedRange<Int64> = 300_000...900_000

  public let count: Int
  /// The position in the list, from 0.
  public private(set) var index = 0
  private var failures = 0
  /// When to go back to the first; `nil` while it is the one in use.
  public private(set) var returnAtMs: Int64?
  /// The one that worked when the first was tried again.
  private var fallback: Int?

  /// - Precondition: `count` is at least 1.
  public init(count: Int) {
    self.count = max(1, count)
  }

  /// The attempt at the present one failed.
  public mutating func failed(
    atMs nowMs: Int64, using generator: inout some RandomNumberGenerator
  ) {
    failures += 1
    if let fallback {
      move(to: fallback, atMs: nowMs, using: &generator)
      self.fallback = nil
    } else if failures >= Self.failureLimit {
      move(to: (index + 1) % count, atMs: nowMs, using: &generator)
    }
  }

  /// A session began.
  public mutating func succeeded() {
    failures = 0
    fallback = nil
  }

  /// Whether it is time to leave the present collector for the first.
  public func isReturnDue(atMs nowMs: Int64) -> Bool {
    returnAtMs.map { nowMs >= $0 } ?? false
  }

  /// Makes the first the present one; one failure there leads back.
  public mutating func returnToFirst() {
    fallback = index
    index = 0
    failures = 0
    returnAtMs = nil
  }

  private mutating func move(
    to next: Int, atMs nowMs: Int64, using generator: inout some RandomNumberGenerator
  ) {
    index = next
    failures = 0
    returnAtMs =
      next == 0 ? nil : nowMs + Int64.random(in: Self.returnRangeMs, using: &generator)
  }
}
