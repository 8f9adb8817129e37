import Linux
import Synchronization

/// Lets what would be logged again and again through, and tells how often it was held back since.
///
/// A store that is away for a minute is a handful of lines, not thousands.
public final class LogDamper: Sendable {
  private struct State {
    var quietUntilMs: Int64 = 0
    var heldBack = 0
  }

  private let state = Mutex(State())
  private let periodMs: Int64

  /// Lets one through in each period.
  public init(periodMs: Int64 = 10_000) {
    self.periodMs = periodMs
  }

  /// How many were held back since the last that was let through; `nil` where this one is to be
  /// held back as well.
  public func pass() -> Int? {
    pass(nowMs: AgentClock.monotonicNanoseconds() / 1_000_000)
  }

  /// As `pass()`, at a time of a clock that never steps.
  func pass(nowMs: Int64) -> Int? {
    state.withLock { state in
      guard nowMs >= state.quietUntilMs else {
        state.heldBack += 1
        return nil
      }
      defer {
        state.quietUntilMs = nowMs + periodMs
        state.heldBack = 0
      }
      return state.heldBack
    }
  }
}
