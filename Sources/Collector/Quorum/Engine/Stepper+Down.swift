// Stages `down` and `recovering`: an outage ends by two rounds that find it over.
extension Stepper {
  mutating func advanceDown(_ outage: Outage, _ settings: Settings) -> Bool {
    let ballots = standingBallots(settings)
    guard canDecide(settings) else {
      blind(ballots, settings)
      return false
    }
    let up = ballots.filter { $0.isCounted && $0.kind?.isUp == true }
    let news = up.filter { !outage.upRegions.contains($0.region) }
    // A region that was up and fails now is news when it is up again.
    let still = outage.upRegions.filter { region in up.contains { $0.region == region } }
    state.stage = .down(Outage(upRegions: still, pausedUntil: outage.pausedUntil))

    state.blindSince = nil
    // Seeing again after blindness, asking another question since an edit, and another agent's
    // taking a seat are reasons to ask as well.
    guard !news.isEmpty || state.verdict?.verdict == .unknown || hasStranger(settings) else {
      watch(outage, settings)
      return false
    }
    if let pause = outage.pausedUntil, at < pause {
      wake(at: pause)
      return false
    }
    var recovery = newEpisode()
    recovery.firstSuccess = news.compactMap(\.startedAt).min()
    askRound(.recovery, in: &recovery, settings)
    state.stage = .recovering(recovery)
    return true
  }

  /// Whether a heard voter was never asked in its seat.
  private func hasStranger(_ settings: Settings) -> Bool {
    state.seats.contains {
      $0.introducedAt == nil && panel[$0.region]?.isLive == true
        && settings.policy.counts($0.region)
    }
  }

  mutating func advanceRecovering(_ present: Episode, _ settings: Settings) -> Bool {
    var episode = present
    expire(&episode, settings)
    let firstUp = episode.rounds.flatMap(\.ballots)
      .filter { $0.isCounted && $0.kind?.isUp == true }.compactMap(\.startedAt).min()
    episode.firstSuccess = [episode.firstSuccess, firstUp].compactMap { $0 }.min()
    state.stage = .recovering(episode)
    guard let current = episode.rounds.last, current.isComplete else { return false }

    let tally = current.tally(settings.policy)
    if tally.isDown || (tally.up == 0 && tally.down > 0) || !tally.hasQuorum {
      return fallBack(current, settings)
    }
    guard episode.rounds.count >= 2 else { return recheck(episode, current, settings) }
    let failing = persistentlyFailing(episode.rounds)
    if failing.isEmpty, !tally.isMostlyUp {
      guard episode.rounds.count < tempo.recoveryLimit else { return fallBack(current, settings) }
      return recheck(episode, current, settings)
    }
    if failing.isEmpty {
      conclude(
        .up, startedAt: episode.firstSuccess ?? at, ballots: current.ballots, settings)
    }
    state.watch = nil
    list(failing)
    settle()
    return true
  }

  /// The outage goes on.
  private mutating func fallBack(_ round: Round, _ settings: Settings) -> Bool {
    let pause = at &+ recoverySpacing(after: round)
    state.stage = .down(Outage(upRegions: round.up.sorted(), pausedUntil: pause))
    wake(at: pause)
    let tally = round.tally(settings.policy)
    if tally.isDown, state.verdict?.verdict == .unknown {
      let since = round.ballots.filter { $0.isCounted }.compactMap(\.failingSince).min() ?? at
      conclude(.down, startedAt: since, ballots: round.ballots, settings)
    }
    return false
  }

  /// From one round of a recovery to the next: longer where the target refuses to be asked so often.
  private func recoverySpacing(after round: Round) -> Int64 {
    round.ballots.contains { $0.uncounted == .limited }
      ? tempo.refusedPauseMs : tempo.recoverySpacingMs
  }

  private mutating func recheck(
    _ episode: Episode, _ current: Round, _ settings: Settings
  ) -> Bool {
    let due = current.putAt &+ recoverySpacing(after: current)
    guard at >= due else {
      wake(at: due)
      return false
    }
    var episode = episode
    askRound(.recovery, in: &episode, settings)
    state.stage = .recovering(episode)
    return true
  }
}
