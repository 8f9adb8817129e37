// The plot: false pages on a log axis against time to detect, one labelled dot a policy.
extension SimulationResult {
  /// The plot as an SVG document. A policy that paged falsely not once is drawn hollow, at the 95 %
  /// bound below which its true rate lies.
  public var svg: String {
    var plot = Plot()
    for figures in policies {
      guard let detect = figures.detect(0.5) else { continue }
      let isBound = figures.score.falseDown == 0
      plot.points.append(
        Plot.Point(
          name: figures.name, x: detect, y: isBound ? figures.falseDownUpper95 : figures.falseDown,
          isBound: isBound, isOurs: figures.name.hasPrefix(Simulation.ours)))
    }
    let years = Decimal.text(policies.first?.targetYears ?? 0, 0)
    plot.subtitle =
      "\(years) target-years, \(Int(plan.scenario.agents)) agents, "
      + "\(Decimal.text(plan.scenario.interval, 0)) s interval, "
      + "\(Decimal.text(plan.scenario.loss * 100, 1)) % probe loss, "
      + "scenario \(plan.scenario.name)" + (isPartial ? "; stopped early" : "")
    return plot.svg
  }
}
