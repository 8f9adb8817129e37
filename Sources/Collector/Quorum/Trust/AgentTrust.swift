import Model

/// Whether an agent's ambiguous failures count, and why not: what is known of its surroundings.
///
/// A pure state machine, one an agent: `take` tells it what happened, `trust` says how it stands and
/// `weigh` what one ambiguous failure is worth. Ups always count, and so do failures that the target
/// itself gave. Integers only; it reads no clock.
///
/// With canaries an agent is asked rather than sampled: an ambiguous failure waits until a set of
/// canaries has passed that began after it. Contradiction by peers while the canaries pass is the
/// way's fault, not the agent's, and distrusts nobody; without canaries it is all there is.
public struct AgentTrust: Hashable, Sendable, Codable {
  /// Why an agent is distrusted; where several hold, the first of these is named.
  public enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
    /// Two fifths of its canaries fail.
    case canaries
    /// Its targets fail while trusted peers see them up.
    case contradicted
    /// Its loop ran late: timings, and timeouts, say little.
    case loopLag = "loop_lag"
    case clockStep = "clock_step"
    /// Its session broke again and again.
    case disconnects
    /// It began anew and has not shown yet that it sees.
    case restarted
  }

  /// Something that bears on trust.
  public enum Change: Hashable, Sendable {
    /// An ALIVE: which start of the agent, its loop's lag (p99, ms), and how often its wall clock
    /// stepped since that start.
    case alive(boot: BootID, loopLagMs: Int64, clockSteps: Int64)
    case disconnected
    /// A set of canaries that began at `startedMs` (agent time) has finished.
    case canaries(boot: BootID, startedMs: Int64, failing: Int, of: Int)
    /// A trusted peer sees up what this agent found failing within the last minute; it has
    /// `assigned` monitors in all.
    case contradicted(monitor: Int64, assigned: Int)
    /// Time passed.
    case tick
  }

  /// What an ambiguous failure is worth.
  public enum Weight: Hashable, Sendable {
    case counts
    /// Nothing yet: a set of canaries that began after it has to pass first.
    case waits
    /// Nothing: the agent is distrusted.
    case unknown
  }

  /// One reason to distrust, and when it was last given, collector time (ms).
  public struct Doubt: Hashable, Sendable, Codable {
    public var reason: Reason
    public var at: Int64
  }

  /// A monitor on which a peer contradicted the agent, and when, collector time (ms).
  public struct Contradiction: Hashable, Sendable, Codable {
    public var monitor: Int64
    public var at: Int64
  }

  public private(set) var hasCanaries: Bool
  /// At most one a reason, in the order of `Reason`.
  public private(set) var doubts: [Doubt]
  private var boot: BootID?
  private var clockSteps: Int64
  /// When the last set that passed, and the last that did not, began: agent time (ms).
  private var passedMs: Int64?
  private var failedMs: Int64?
  private var disconnects: [Int64]
  private var contradictions: [Contradiction]

  public init(hasCanaries: Bool) {
    self.hasCanaries = hasCanaries
    doubts = []
    clockSteps = 0
    disconnects = []
    contradictions = []
  }

  /// How its findings are to be weighed now.
  public var trust: Trust {
    doubts.first.map { .distrusted(reason: $0.reason.rawValue) } ?? .trusted
  }

  public var isTrusted: Bool { doubts.isEmpty }

  /// The collector time (ms) at which a tick may restore trust; `nil` while trusted.
  public var wakeAt: Int64? { doubts.map { $0.at &+ TrustLimits.cleanMs }.min() }

  /// What an ambiguous failure is worth that the agent found at `endedMs` (agent time).
  public func weigh(endedMs: Int64) -> Weight {
    guard isTrusted else { return .unknown }
    guard hasCanaries else { return .counts }
    if let passedMs, passedMs >= endedMs { return .counts }
    return .waits
  }

  /// The agent asks canaries from now on, or no longer: its operators turned them on or off.
  public mutating func use(canaries: Bool) {
    guard canaries != hasCanaries else { return }
    hasCanaries = canaries
    passedMs = nil
    failedMs = nil
    contradictions = []
    if !canaries { doubts.removeAll { $0.reason == .canaries } }
  }

  /// Takes `change` in, at collector time `at` (ms).
  ///
  /// - Returns: whether the agent came to be trusted or distrusted by it.
  @discardableResult
  public mutating func take(_ change: Change, at: Int64) -> Bool {
    let before = isTrusted
    // Where the clock was set back, a doubt lasts no longer for it.
    for index in doubts.indices { doubts[index].at = min(doubts[index].at, at) }
    switch change {
    case .alive(let boot, let loopLagMs, let steps):
      begin(boot, at: at)
      if loopLagMs > TrustLimits.loopLagMs { doubt(.loopLag, at: at) }
      if steps != clockSteps { doubt(.clockStep, at: at) }
      clockSteps = steps
    case .disconnected:
      disconnects.removeAll { at &- $0 > TrustLimits.disconnectsMs }
      disconnects.append(at)
      if disconnects.count >= TrustLimits.disconnects { doubt(.disconnects, at: at) }
    case .canaries(let boot, let startedMs, let failing, let count):
      begin(boot, at: at)
      judge(startedMs: startedMs, failing: failing, of: count, at: at)
    case .contradicted(let monitor, let assigned):
      guard !hasCanaries else { break }
      contradictions.removeAll {
        at &- $0.at > TrustLimits.contradictionMs || $0.monitor == monitor
      }
      contradictions.append(Contradiction(monitor: monitor, at: at))
      if contradictions.count >= TrustLimits.contradictions,
        contradictions.count * 1_000 >= assigned * TrustLimits.contradictedShare
      {
        doubt(.contradicted, at: at)
      }
    case .tick: break
    }
    restore(at: at)
    return isTrusted != before
  }

  private mutating func begin(_ boot: BootID, at: Int64) {
    guard self.boot != boot else { return }
    self.boot = boot
    clockSteps = 0
    passedMs = nil
    failedMs = nil
    contradictions = []
    doubt(.restarted, at: at)
  }

  private mutating func judge(startedMs: Int64, failing: Int, of count: Int, at: Int64) {
    guard hasCanaries, count > 0 else { return }
    if failing * 5 >= count * 2 {
      failedMs = max(failedMs ?? startedMs, startedMs)
      doubt(.canaries, at: at)
    } else {
      passedMs = max(passedMs ?? startedMs, startedMs)
      // It sees: that is all that a start has to show.
      doubts.removeAll { $0.reason == .restarted }
    }
  }

  private mutating func doubt(_ reason: Reason, at: Int64) {
    doubts.removeAll { $0.reason == reason }
    doubts.append(Doubt(reason: reason, at: at))
    doubts.sort { Self.rank($0.reason) < Self.rank($1.reason) }
  }

  private static func rank(_ reason: Reason) -> Int {
    Reason.allCases.firstIndex(of: reason) ?? Reason.allCases.count
  }

  /// A doubt is over after a clean minute; canaries must have been seen to pass at its end.
  private mutating func restore(at: Int64) {
    doubts.removeAll { doubt in
      guard at &- doubt.at >= TrustLimits.cleanMs else { return false }
      guard doubt.reason == .canaries, let failedMs else { return true }
      return (passedMs ?? failedMs) &- failedMs >= TrustLimits.cleanMs &- TrustLimits.setEveryMs
    }
  }
}

/// The limits of trust, in one place.
public enum TrustLimits {
  /// For how long nothing must be amiss before an agent is trusted again.
  public static let cleanMs: Int64 = 60_000
  /// How often a distrusted agent asks its canaries.
  public static let setEveryMs: Int64 = 10_000
  public static let loopLagMs: Int64 = 500
  /// So many broken sessions within `disconnectsMs` are too many.
  public static let disconnects = 3
  public static let disconnectsMs: Int64 = 300_000
  /// So many contradicted monitors within `contradictionMs`, and so large a share in per mille, are
  /// too many.
  public static let contradictions = 3
  public static let contradictedShare = 300
  public static let contradictionMs: Int64 = 60_000
}
