/// How an outage is watched for its end: one voter after the other is asked, so that recovery is
/// noticed before the schedule comes round.
public struct Watch: Hashable, Sendable, Codable {
  /// When the outage was declared, collector time (ms).
  public var since: Int64
  /// When somebody was last asked, collector time (ms), and in which region.
  public var askedAt: Int64?
  public var region: String?
}

extension Stepper {
  /// Asks the next region's voter if it is time.
  ///
  /// Regions that were up when the outage was confirmed are passed over: their being up is no news.
  mutating func watch(_ outage: Outage, _ settings: Settings) {
    guard var watch = state.watch else { return }
    let live = liveVoters(settings)
    guard !live.isEmpty else { return }
    // Nobody is asked before his last probe had its time.
    let ownPace = (settings.timeoutMs &+ Int64(live.count) &- 1) / Int64(live.count)
    let pace = max(tempo.watchPace(afterMs: at &- watch.since), paceMs ?? 0, ownPace)
    let due = max((watch.askedAt ?? watch.since) &+ pace, outage.pausedUntil ?? .min)
    guard at >= due else {
      wake(at: due)
      return
    }
    let failing = live.filter { !outage.upRegions.contains($0.region) }
    let turns = failing.isEmpty ? live : failing
    let next = turns.first { voter in
      watch.region.map { $0.utf8.lexicographicallyPrecedes(voter.region.utf8) } ?? true
    }
    guard let voter = next ?? turns.first else { return }
    watch.askedAt = at
    watch.region = voter.region
    state.watch = watch
    state.episodes &+= 1
    ask(
      RoundID(episode: state.episodes, round: 1), .watch,
      of: [Ask.Asked(region: voter.region, agent: voter.agent)], settings)
    wake(at: at &+ pace)
  }
}
