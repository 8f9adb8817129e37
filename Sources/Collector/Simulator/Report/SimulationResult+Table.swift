// The table that people read.
extension SimulationResult {
  /// The heading of `rows`.
  public static let heading = [
    "POLICY", "FALSE/TY", "95 %", "MISSED >=60S", "30-60S", "ANSWERED P50/95", "BLACK HOLE P50/95",
    "RECOVERED P50/95", "PAGES/OUTAGE", "REGIONAL FALSE/TY", "EXTRA",
  ]

  /// One row a policy.
  public var rows: [[String]] {
    policies.map { figures in
      let interval = figures.falseDownInterval
      return [
        figures.name, Decimal.text(figures.falseDown, 3),
        "\(Decimal.text(interval.low, 3))-\(Decimal.text(interval.high, 3))",
        Self.share(figures.score.missed60, figures.missed60),
        Self.share(figures.score.missed30, figures.missed30to60),
        Self.pair(figures.detectAnswered), Self.pair(figures.detectBlackHole),
        Self.pair(figures.recover), Decimal.text(figures.pagesPerOutage, 3),
        Decimal.text(figures.falseRegional, 3),
        Decimal.text(figures.extraProbes * 100, 1) + " %",
      ]
    }
  }

  /// What the table leaves out, as sentences.
  public var notes: [String] {
    var notes: [String] = []
    if isPartial {
      notes.append(
        "PARTIAL: it was stopped when \(worlds.count) of \(plan.worlds) worlds had passed.")
    }
    let seeds = worlds.isEmpty ? "none" : "\(worlds[0].seed) to \(worlds[worlds.count - 1].seed)"
    notes.append(
      "\(Decimal.text(policies.first?.targetYears ?? 0, 1)) target-years, "
        + "\(Int(plan.scenario.agents)) agents, seeds \(seeds), scenario \(plan.scenario.name).")
    for figures in policies where figures.name.hasPrefix(Simulation.ours) {
      let score = figures.score
      notes.append(
        "\(figures.name): \(score.falseDown) false pages in all, "
          + "\(score.falseDownInFaults) while an agent, a provider or the collector's link failed; "
          + "\(score.falsePartial) false partial; upper 95 % bound "
          + "\(Decimal.text(figures.falseDownUpper95, 5)) a target-year.")
      if score.partials5m > 0 {
        notes.append(
          "\(figures.name): of \(score.partials5m) regional faults of 5 minutes and more "
            + "\(score.missedPartials5m) untold (\(Decimal.text(figures.missedRegional * 100, 2)) %), "
            + "told after \(Decimal.text(figures.detectRegional(0.5) ?? 0, 1)) s (p50); of "
            + "\(score.brownouts) brownouts \(score.missedBrownouts) untold.")
      }
      if score.flaps > 0 {
        notes.append(
          "\(figures.name): \(score.flapPages) pages for \(score.flaps) flaps.")
      }
    }
    if let step = stepMicroseconds {
      notes.append("One step of the engine took \(Decimal.text(step, 2)) us on average.")
    }
    return notes
  }

  private static func share(_ count: Int, _ share: Double) -> String {
    count == 0 ? "0" : "\(Decimal.text(share * 100, 2)) %"
  }

  private static func pair(_ quantile: (Double) -> Double?) -> String {
    guard let middle = quantile(0.5), let high = quantile(0.95) else { return "-" }
    return "\(Decimal.text(middle, 1))/\(Decimal.text(high, 1))"
  }
}

/// Numbers with a fixed count of decimal places.
enum Decimal {
  static func text(_ number: Double, _ places: Int) -> String {
    guard number.isFinite, abs(number) < 1e15 else { return "-" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let whole = Int64((abs(number) * scale).rounded())
    let sign = number < 0 && whole > 0 ? "-" : ""
    let unit = Int64(scale)
    guard places > 0 else { return sign + String(whole) }
    let digits = String(whole % unit)
    let zeros = String(repeating: "0", count: places - digits.utf8.count)
    return "\(sign)\(whole / unit).\(zeros)\(digits)"
  }
}
