/// Whether most voters find the monitor slow, told by cycles: one interval each, judged by the votes
/// that stand at its end.
///
/// Three cycles in a row make it degraded, and three that say otherwise make it up again; however
/// many votes change in between. Only while the votes differ from what was said do cycles run.
public struct Slowness: Hashable, Sendable, Codable {
  /// What has been said.
  public var isDegraded = false
  /// When the votes came to say otherwise, collector time (ms).
  public var since: Int64 = 0
  /// When the present cycle ends, collector time (ms); `nil` where the votes say what was said.
  public var cycleEndsAt: Int64?
  /// How many cycles in a row have said otherwise.
  public var cycles = 0

  public init() {}

  /// Takes in what the votes say at `now` (collector time, ms).
  ///
  /// - Returns: since when the opposite of what was said holds, if that is so now.
  mutating func look(
    isSlow: Bool, at now: Int64, intervalMs: Int64, cycles limit: Int
  ) -> Int64? {
    let differs = isSlow != isDegraded
    guard let end = cycleEndsAt else {
      if differs {
        since = now
        cycles = 0
        cycleEndsAt = now &+ intervalMs
      }
      return nil
    }
    guard now >= end else { return nil }
    guard differs else {
      cycleEndsAt = nil
      return nil
    }
    cycles += 1
    guard cycles >= limit else {
      // After a long silence of steps it is one cycle, not many: what was between is not known.
      cycleEndsAt = now &+ intervalMs
      return nil
    }
    isDegraded = isSlow
    cycleEndsAt = nil
    return since
  }

  /// Too few votes are known: the cycles in a row are broken.
  mutating func interrupt() { cycleEndsAt = nil }
}
