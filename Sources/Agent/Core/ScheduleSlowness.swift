/// What is slow for one target: an estimate of the 95th percentile of its times, in 4 bytes.
///
/// Each time above the estimate raises it by a fifth, each one below lowers it by a hundredth; the
/// two balance where one time in twenty is above.
public struct Slowness: Hashable, Sendable {
  private var p95Ms: Float = 0

  public init() {}

  /// A probe that found its target up took so long.
  public mutating func note(totalMs: Float) {
    if p95Ms == 0 {
      p95Ms = max(0.1, totalMs)
    } else {
      p95Ms = max(0.1, p95Ms * (totalMs > p95Ms ? 1.208 : 1 / 1.01))
    }
  }

  /// A probe that has been running for longer than this many milliseconds is overdue.
  public var overdueAfterMs: Int64 { max(1_500, Int64(4 * min(p95Ms, 1_000_000))) }
}
