/// What came of a plan.
public struct SimulationResult: Sendable {
  public let plan: SimulationPlan
  /// In order of their seeds.
  public let worlds: [WorldResult]

  /// Whether it was stopped before all worlds had passed.
  public var isPartial: Bool { worlds.count < plan.worlds }

  /// The figures of each policy, in the plan's order.
  public var policies: [PolicyFigures] {
    plan.policies.indices.map { index in
      var total = Score()
      for world in worlds { total.add(world.scores[index]) }
      return PolicyFigures(name: plan.policies[index], total)
    }
  }

  /// How many false pages each world's seed saw, by policy.
  public func falseDown(_ policy: Int) -> [(seed: UInt64, pages: Int)] {
    worlds.map { ($0.seed, $0.scores[policy].falseDown) }
  }

  /// What a step of the engine cost on average, in µs; `nil` if that was not measured.
  public var stepMicroseconds: Double? {
    var timing = StepTiming()
    for world in worlds { timing.add(world.timing) }
    guard timing.measured > 0 else { return nil }
    return Double(timing.nanoseconds) / Double(timing.measured) / 1_000
  }
}

/// One policy's figures, as they are published.
public struct PolicyFigures: Sendable {
  public let name: String
  let score: Score

  init(name: String, _ score: Score) {
    self.name = name
    self.score = score
  }

  public var targetYears: Double { Double(score.targetMs) / WorldTrace.year }

  /// Pages that no true outage met, per target and year; with the bound below which the truth lies
  /// in 95 % of all cases, and the two-sided interval.
  public var falseDown: Double { Double(score.falseDown) / targetYears }
  public var falseDownUpper95: Double {
    Mathematics.poissonUpper95(score.falseDown) / targetYears
  }
  public var falseDownInterval: (low: Double, high: Double) {
    let interval = Mathematics.poissonInterval(score.falseDown)
    return (interval.low / targetYears, interval.high / targetYears)
  }
  public var falseRegional: Double { Double(score.falseRegional) / targetYears }
  public var falsePartial: Double { Double(score.falsePartial) / targetYears }

  /// The share of outages that were never told; 0 where there were none.
  public var missed60: Double { Self.share(score.missed60, of: score.outages60) }
  public var missed30to60: Double { Self.share(score.missed30, of: score.outages30) }
  public var missedRegional: Double { Self.share(score.missedPartials5m, of: score.partials5m) }
  public var missedBrownouts: Double { Self.share(score.missedBrownouts, of: score.brownouts) }

  /// Seconds; `nil` where nothing was detected.
  public func detect(_ share: Double) -> Double? {
    Self.quantile(score.detectAnswered + score.detectBlackHole, share)
  }
  public func detectAnswered(_ share: Double) -> Double? {
    Self.quantile(score.detectAnswered, share)
  }
  public func detectBlackHole(_ share: Double) -> Double? {
    Self.quantile(score.detectBlackHole, share)
  }
  public func recover(_ share: Double) -> Double? { Self.quantile(score.recover, share) }
  public func detectRegional(_ share: Double) -> Double? {
    Self.quantile(score.detectPartial, share)
  }

  public var pagesPerOutage: Double {
    score.pagedOutages == 0 ? 0 : Double(score.pages) / Double(score.pagedOutages)
  }

  /// Probes asked for beside the scheduled ones, as a share of those.
  public var extraProbes: Double {
    score.scheduledProbes == 0
      ? 0 : Double(score.askedProbes) / Double(score.scheduledProbes)
  }

  static func share(_ count: Int, of all: Int) -> Double {
    all == 0 ? 0 : Double(count) / Double(all)
  }

  static func quantile(_ times: [Int32], _ share: Double) -> Double? {
    guard !times.isEmpty else { return nil }
    let sorted = times.sorted()
    let index = min(sorted.count - 1, Int(Double(sorted.count) * share))
    return Double(sorted[index]) / 1_000
  }
}
