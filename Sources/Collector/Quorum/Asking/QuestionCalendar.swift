/// How many questions were dealt to each second, for one target's host or for one agent.
///
/// A second is a bucket that holds so many tokens; whoever wants one of a second whose tokens are
/// gone takes one of a later second.
public struct QuestionCalendar: Hashable, Sendable {
  /// The second that `counts` begins with, since 1970.
  public private(set) var first: Int64
  /// Questions in each second from there; 0 in all later ones.
  public private(set) var counts: [Int32]

  public init(first: Int64 = 0, counts: [Int32] = []) {
    self.first = first
    self.counts = counts
  }

  /// How many questions `second` has.
  public func count(in second: Int64) -> Int32 {
    let (index, overflow) = second.subtractingReportingOverflow(first)
    guard !overflow, index >= 0, index < counts.count else { return 0 }
    return counts[Int(index)]
  }

  /// Deals one more to `second`, which is not before `first`, nor long after.
  mutating func add(to second: Int64) {
    if counts.isEmpty { first = second }
    let (distance, overflow) = second.subtractingReportingOverflow(first)
    guard !overflow, distance >= 0, distance < Self.mostSeconds else { return }
    let index = Int(distance)
    while counts.count <= index { counts.append(0) }
    counts[index] += 1
  }

  /// Forgets what is over at `second`, but for a little that a slower worker may still ask about;
  /// and everything, if it began so much later that the clock must have been set back.
  mutating func turn(to second: Int64) {
    let (over, overflow) = (second &- Self.keptSeconds).subtractingReportingOverflow(first)
    guard !overflow, over != 0, !counts.isEmpty else { return }
    if over < -2 * Self.keptSeconds {
      counts = []
    } else if over > 0 {
      counts.removeFirst(Int(min(over, Int64(counts.count))))
      first = second &- Self.keptSeconds
    }
  }

  private static let keptSeconds: Int64 = 2

  /// The first second to which something may be dealt.
  var earliest: Int64 { counts.isEmpty ? .min : first }

  /// The last second with a question; `nil` where there is none.
  public var last: Int64? { counts.isEmpty ? nil : first &+ Int64(counts.count) &- 1 }

  /// Longer is no backlog, but a clock that jumped: what lies beyond is not counted.
  static let mostSeconds: Int64 = 3_600
}
