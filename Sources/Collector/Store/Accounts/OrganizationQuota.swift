/// What an organization may have at most; `nil` is no bound.
public struct OrganizationQuota: Hashable, Sendable {
  public var mostMonitors: Int32?
  /// The shortest interval that a monitor may have, seconds.
  public var leastIntervalSeconds: Int32?
  /// Of all its monitors in all their regions.
  public var mostProbesPerSecond: Double?

  public init(
    mostMonitors: Int32? = nil, leastIntervalSeconds: Int32? = nil,
    mostProbesPerSecond: Double? = nil
  ) {
    self.mostMonitors = mostMonitors
    self.leastIntervalSeconds = leastIntervalSeconds
    self.mostProbesPerSecond = mostProbesPerSecond
  }

  /// What may be set as each of them.
  public static let monitorRange: ClosedRange<Int32> = 0...1_000_000
  public static let intervalRange: ClosedRange<Int32> = 1...86_400
  public static let probesRange: ClosedRange<Double> = 0...1_000_000

  /// Whether each bound is within its range; a number that is none is not.
  public var isSettable: Bool {
    mostMonitors.map { Self.monitorRange ~= $0 } ?? true
      && leastIntervalSeconds.map { Self.intervalRange ~= $0 } ?? true
      && mostProbesPerSecond.map { Self.probesRange ~= $0 } ?? true
  }

  /// What an organization has.
  public struct Use: Hashable, Sendable {
    /// Paused ones too.
    public var monitors: Int64
    /// Paused ones left out.
    public var probesPerSecond: Double

    public init(monitors: Int64, probesPerSecond: Double) {
      self.monitors = monitors
      self.probesPerSecond = probesPerSecond
    }
  }

  /// What one monitor counts for.
  public struct Load: Hashable, Sendable {
    public var intervalSeconds: Int32
    /// In how many it is probed.
    public var regions: Int
    public var isPaused: Bool

    public init(intervalSeconds: Int32, regions: Int, isPaused: Bool) {
      self.intervalSeconds = intervalSeconds
      self.regions = regions
      self.isPaused = isPaused
    }

    public var probesPerSecond: Double {
      isPaused ? 0 : Double(regions) / Double(max(1, intervalSeconds))
    }
  }

  /// The bound that a change would go beyond.
  public enum Problem: Error, Hashable, Sendable {
    case monitors(most: Int32)
    case interval(leastSeconds: Int32)
    case probes(most: Double, wished: Double)
  }

  /// Whether a monitor may become `new`, which was `old` (`nil`: is made), with `use` as it is before.
  ///
  /// What an organization has already stays when its quota is made smaller: only what asks for more
  /// is refused.
  public func problem(use: Use, old: Load?, new: Load) -> Problem? {
    if old == nil, let most = mostMonitors, use.monitors >= Int64(most) {
      return .monitors(most: most)
    }
    if let least = leastIntervalSeconds, new.intervalSeconds < least,
      new.intervalSeconds < old?.intervalSeconds ?? .max
    {
      return .interval(leastSeconds: least)
    }
    let more = new.probesPerSecond - (old?.probesPerSecond ?? 0)
    let wished = use.probesPerSecond + more
    // A hair's breadth is the rounding of sums.
    if more > 0, let most = mostProbesPerSecond, wished > most * (1 + 1e-9) {
      return .probes(most: most, wished: wished)
    }
    return nil
  }
}
