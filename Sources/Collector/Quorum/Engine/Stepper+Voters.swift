// Whose votes count, by the policy.
extension Stepper {
  /// How many assigned regions' votes count.
  func assigned(_ settings: Settings) -> Int {
    guard !settings.policy.ignored.isEmpty else { return panel.seats.count }
    return panel.seats.count { settings.policy.counts($0.region) }
  }

  /// The heard voters whose votes count.
  func liveVoters(_ settings: Settings) -> [Voter] {
    panel.live.filter { settings.policy.counts($0.region) }
  }

  /// Whether enough voters are heard for a round to decide anything.
  func canDecide(_ settings: Settings) -> Bool {
    let policy = settings.policy
    let live = panel.seats.count { seat in
      seat.voter?.isLive == true && policy.counts(seat.region)
    }
    return live >= policy.leastVotes(assigned: assigned(settings))
      && policy.mustFail.allSatisfy { panel[$0]?.isLive == true && policy.counts($0) }
  }

  /// The providers among the voters whose votes count.
  func domains(_ settings: Settings) -> Set<String> {
    Set(
      panel.seats.lazy.filter { settings.policy.counts($0.region) }.compactMap(\.voter?.domain))
  }
}
