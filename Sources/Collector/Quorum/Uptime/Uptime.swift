/// How much of a span a monitor was up, from the verdicts that held in it.
///
/// UP, DEGRADED and REGIONAL count as up, and PARTIAL does unless it is chosen to count as down: the
/// target answered where most asked. What was not whole is told beside it, so that it is never
/// swallowed by a hundred per cent. UNKNOWN, and times of which nothing was said, are neither up nor
/// down: they lower the coverage and open the range between the least and the most that is possible.
/// Times that don't count at all, such as pauses, are taken out of the span.
public struct Uptime: Hashable, Sendable, Codable {
  /// The whole span, ms, without what doesn't count.
  public var spanMs: Int64
  /// What was taken out of the span, ms.
  public var excludedMs: Int64
  public var upMs: Int64
  public var downMs: Int64
  /// Times of which nothing is known.
  public var unknownMs: Int64
  /// Times, counted in `upMs` or `downMs` as well, that were not whole.
  public var degradedMs: Int64
  public var regionalMs: Int64
  public var partialMs: Int64

  /// One million: shares are told in parts of it, rounded down, so that no whole is shown where a
  /// millisecond is missing.
  public static let whole: Int64 = 1_000_000

  /// What part of the known time it was up; `nil` where nothing is known.
  public var share: Int64? { Self.part(upMs, of: upMs &+ downMs) }
  /// Of how much of the span anything is known; `nil` of an empty span.
  public var coverage: Int64? { Self.part(upMs &+ downMs, of: spanMs) }
  /// The share if all unknown time was down.
  public var least: Int64? { Self.part(upMs, of: spanMs) }
  /// The share if all unknown time was up.
  public var most: Int64? { Self.part(upMs &+ unknownMs, of: spanMs) }

  /// Adds up `intervals`, which don't overlap, within `from` and `to` (collector time, ms; the end is
  /// not in it).
  ///
  /// - Parameters:
  ///   - excluded: times that don't count, in any order.
  ///   - partialIsDown: whether a team counts PARTIAL as an outage.
  public init(
    _ intervals: [VerdictInterval], from: Int64, to: Int64, excluding excluded: [TimeSpan] = [],
    partialIsDown: Bool = false
  ) {
    let whole = TimeSpan(from: from, to: to)
    let gaps = TimeSpan.union(excluded, within: whole)
    excludedMs = gaps.reduce(0) { $0 &+ $1.lengthMs }
    spanMs = whole.lengthMs &- excludedMs
    upMs = 0
    downMs = 0
    degradedMs = 0
    regionalMs = 0
    partialMs = 0
    for interval in intervals {
      let counted = TimeSpan(from: interval.from, to: interval.to).cut(to: whole)
      let length = counted.lengthMs &- counted.covered(by: gaps)
      switch interval.verdict {
      case .up: upMs &+= length
      case .degraded:
        upMs &+= length
        degradedMs &+= length
      case .regional:
        upMs &+= length
        regionalMs &+= length
      case .partial:
        if partialIsDown { downMs &+= length } else { upMs &+= length }
        partialMs &+= length
      case .down: downMs &+= length
      case .unknown: break
      }
    }
    unknownMs = max(0, spanMs &- upMs &- downMs)
  }

  private static func part(_ part: Int64, of all: Int64) -> Int64? {
    guard all > 0, part >= 0, part <= all else { return nil }
    return all.dividingFullWidth(part.multipliedFullWidth(by: whole)).quotient
  }
}

/// A time in which one verdict held, collector time (ms); the end is not in it.
public struct VerdictInterval: Hashable, Sendable, Codable {
  public var verdict: Verdict
  public var from: Int64
  public var to: Int64

  public init(verdict: Verdict, from: Int64, to: Int64) {
    self.verdict = verdict
    self.from = from
    self.to = to
  }

  /// The intervals of verdicts in the order in which they were reached; the last holds until `end`.
  ///
  /// A verdict holds since its backdated start, so it may take back what an earlier one said of that
  /// time: an outage that was confirmed through a time of not seeing began before it.
  ///
  /// - Parameter decisions: what was decided, and since when it holds; `nil` where nothing was said
  ///   any more (the monitor was paused).
  public static func intervals(
    of decisions: [(verdict: Verdict?, startedAt: Int64)], until end: Int64
  ) -> [VerdictInterval] {
    var held: [(verdict: Verdict?, startedAt: Int64)] = []
    for decision in decisions {
      while let last = held.last, last.startedAt >= decision.startedAt { held.removeLast() }
      held.append(decision)
    }
    var intervals: [VerdictInterval] = []
    for (index, decision) in held.enumerated() {
      let to = index + 1 < held.count ? held[index + 1].startedAt : end
      guard let verdict = decision.verdict, to > decision.startedAt else { continue }
      intervals.append(VerdictInterval(verdict: verdict, from: decision.startedAt, to: to))
    }
    return intervals
  }
}
