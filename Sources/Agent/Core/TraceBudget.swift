/// Decides how many ways are traced: few at once and few a minute, all slots together, so that an
/// outage of everything is no storm of packets.
///
/// What finds no room is not traced later: by then the way may be another.
public struct TraceBudget: Sendable {
  public static let mostAtOnce = 4
  public static let mostPerMinute = 12

  private static let minuteMs: Int64 = 60_000

  private let atOnce: Int
  private var running = 0
  /// When the last ones began, in agent time, the oldest first.
  private var begunMs: [Int64] = []

  /// - Parameter atOnce: how many may run at the same time, where that is fewer than usual.
  public init(atOnce: Int = mostAtOnce) {
    self.atOnce = min(atOnce, Self.mostAtOnce)
  }

  /// Whether a trace may begin now; if so it is counted, and `ended` must follow.
  public mutating func begins(nowMs: Int64) -> Bool {
    begunMs.removeAll { nowMs &- $0 >= Self.minuteMs }
    guard running < atOnce, begunMs.count < Self.mostPerMinute else { return false }
    running += 1
    begunMs.append(nowMs)
    return true
  }

  public mutating func ended() { running = max(0, running - 1) }
}
