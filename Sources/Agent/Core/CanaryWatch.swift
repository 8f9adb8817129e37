import Model

/// When an agent asks its canaries, and what the last set of them said.
///
/// Canaries are asked, not sampled: once when the process begins, upon an ambiguous failure, and
/// from time to time while they fail and for a while after, so that trust can be regained. All are
/// asked at once, as a set. Times are agent time, in milliseconds.
public struct CanaryWatch: Sendable {
  /// A set that is to be asked now.
  public struct Question: Hashable, Sendable {
    public var number: UInt64
    /// Ordered by slot, as the bits of ALIVE are.
    public var canaries: [AssignedTarget]
  }

  /// A set that has finished.
  public struct Finding: Hashable, Sendable {
    public var startedMs: Int64
    /// The n-th bit: the n-th canary failed.
    public var failing: UInt8
  }

  /// Failures within this time share a set.
  static let shareMs: Int64 = 500
  /// Sets go on for so long after one that failed: the minute after which trust returns, and some.
  static let calmMs: Int64 = 70_000
  /// What a set may take beyond its limit before it is given up, its canaries with it.
  static let slackMs: Int64 = 1_000
  /// How long what should be asked of targets waits for a set, at most.
  static let patienceMs: Int64 = 4_000

  public private(set) var canaries: [AssignedTarget] = []
  /// The last set that has finished; `nil` before the first.
  public private(set) var last: Finding?
  private var sets: UInt64 = 0
  private var running: Running?
  /// When the last set that failed began.
  private var failedMs: Int64?
  /// The end of the youngest ambiguous failure that no set has begun after.
  private var uncoveredMs: Int64?

  private struct Running: Sendable {
    var number: UInt64
    var startedMs: Int64
    var endsMs: Int64
    /// Those that have not answered, and those that failed.
    var open: UInt8
    var failing: UInt8
  }

  public init() {}

  /// ALIVE's bitmaps: high byte asked, low byte failing.
  public var bitmaps: UInt16 {
    UInt16(configured) << 8 | UInt16(last?.failing ?? 0) & UInt16(configured)
  }

  private var configured: UInt8 { UInt8(truncatingIfNeeded: (1 << canaries.count) - 1) }

  /// Takes the canaries of a new assignment. Others than before are asked at once.
  public mutating func assign(_ canaries: [AssignedTarget]) {
    let new = Array(canaries.prefix(8))
    guard new != self.canaries else { return }
    self.canaries = new
    running = nil
    last = nil
    failedMs = nil
  }

  /// A probe that ended at `endedMs` failed in a way that the agent's surroundings could explain.
  public mutating func failed(endedMs: Int64) {
    guard !canaries.isEmpty else { return }
    uncoveredMs = max(uncoveredMs ?? endedMs, endedMs)
  }

  /// The set to ask now; `nil` where there is no need yet.
  public mutating func next(nowMs: Int64) -> Question? {
    guard let dueMs, nowMs >= dueMs else { return nil }
    sets += 1
    let limitMs = canaries.map { Int64($0.timeoutMs) }.max() ?? 0
    running = Running(
      number: sets, startedMs: nowMs, endsMs: nowMs + limitMs + Self.slackMs, open: configured,
      failing: 0)
    if let uncovered = uncoveredMs, uncovered <= nowMs { uncoveredMs = nil }
    return Question(number: sets, canaries: canaries)
  }

  /// A canary of a set has answered or failed; true where the set has finished by it.
  public mutating func answered(_ number: UInt64, index: Int, passed: Bool) -> Bool {
    guard var set = running, set.number == number, (0..<8).contains(index) else { return false }
    let bit = UInt8(1) << UInt8(index)
    guard set.open & bit != 0 else { return false }
    set.open &= ~bit
    if !passed { set.failing |= bit }
    running = set
    return finishIfDone()
  }

  /// Gives up a set that never ended; true where there was one.
  public mutating func expire(nowMs: Int64) -> Bool {
    guard var set = running, nowMs >= set.endsMs else { return false }
    set.failing |= set.open
    set.open = 0
    running = set
    return finishIfDone()
  }

  private mutating func finishIfDone() -> Bool {
    guard let set = running, set.open == 0 else { return false }
    running = nil
    last = Finding(startedMs: set.startedMs, failing: set.failing)
    if set.failing.nonzeroBitCount * 5 >= canaries.count * 2 { failedMs = set.startedMs }
    return true
  }

  /// When `next` or `expire` should be asked again; `nil` while there is no need.
  public var wakeAtMs: Int64? { running?.endsMs ?? dueMs }

  private var dueMs: Int64? {
    guard !canaries.isEmpty, running == nil else { return nil }
    guard let last else { return 0 }
    var due: Int64?
    if let uncoveredMs { due = max(uncoveredMs, last.startedMs + Self.shareMs) }
    if let failedMs, last.startedMs - failedMs < Self.calmMs {
      let everyMs = canaries.map { Int64($0.intervalSeconds) * 1_000 }.min() ?? 10_000
      due = min(due ?? .max, last.startedMs + everyMs)
    }
    return due
  }

  /// Whether what the collector asks of targets is to wait, since much fails at once and no set has
  /// begun since the failures: confirming must never become an attack by an agent that is blind.
  ///
  /// - Parameter heldSinceMs: since when the oldest question waits.
  public func holdsQuestions(
    failing: Int, of assigned: Int, heldSinceMs: Int64, nowMs: Int64
  ) -> Bool {
    guard !canaries.isEmpty, failing >= 3, failing * 10 > assigned * 3,
      nowMs - heldSinceMs < Self.patienceMs
    else { return false }
    return running != nil || uncoveredMs != nil
  }
}
