/// How many names may be looked up at once.
///
/// A lookup has a thread of its own, which stays behind when a probe's limit ends the probe before
/// the name server has answered: nobody tells when such a thread ends, so that threads are counted.
public struct LookupGate: Hashable, Sendable {
  /// How long a lookup may stay behind at most, in microseconds: longer than a resolver goes on
  /// asking.
  static let longestUs: Int64 = 120_000_000

  /// The most lookups that are out, those that were left behind included. At least 1.
  public let limit: Int
  /// Lookups of probes that run.
  public private(set) var active = 0
  /// When the lookups that were left behind began to be so; some may have ended.
  private var left: [Int64] = []

  public init(limit: Int) {
    self.limit = max(1, limit)
  }

  /// A lookup begins.
  public mutating func begin() { active += 1 }

  /// A lookup has ended, or was left behind with its thread.
  public mutating func end(isLeftBehind: Bool, nowUs: Int64) {
    active -= 1
    if isLeftBehind { left.append(nowUs) }
  }

  /// Lookups that were left behind and may still be out.
  public var leftCount: Int { left.count }

  /// Takes notice of the threads that the process has, those of lookups among them.
  public mutating func note(threads: Int?, nowUs: Int64) {
    left.removeAll { nowUs - $0 > Self.longestUs }
    // At most as many are out as there are threads beside those of the lookups that run.
    if let threads { left.removeFirst(max(0, left.count - max(0, threads - active))) }
  }

  /// Whether one more may begin.
  public var hasRoom: Bool { active + left.count < limit }
}
