// Stage `suspect`: rounds are asked until they agree, or until it is clear that they will not.
extension Stepper {
  mutating func advanceSuspect(_ present: Episode, _ settings: Settings) -> Bool {
    var episode = present
    expire(&episode, settings)
    state.stage = .suspect(episode)
    guard canDecide(settings) else {
      state.stage = .settled
      return true
    }
    guard let current = episode.rounds.last else {
      return nextRound(episode, confirms: false, settings)
    }
    let policy = settings.policy
    if assigned(settings) == 1 { return advanceSolo(episode, current, settings) }

    let previous = episode.rounds.dropLast().last
    // While a region fails for its own reasons, two chance failures more would be enough: that is
    // never certain.
    if state.listed.isEmpty,
      let certain = [previous, current].compactMap({ $0 }).first(where: { $0.isCertain(policy) })
    {
      declareDown(certain, settings)
      return true
    }
    if let previous, previous.saysDown(policy), current.saysDown(policy) {
      declareDown(current, settings)
      return true
    }
    let confirmAt = current.putAt &+ tempo.confirmAfterMs
    if !current.isComplete || !(previous?.isComplete ?? true) {
      // The confirming round does not wait for the answers that it may confirm.
      guard !current.confirms, current.maySayDown(policy) else { return false }
      return at >= confirmAt
        ? nextRound(episode, confirms: true, settings) : waiting(until: confirmAt)
    }
    if current.saysDown(policy) {
      return at >= confirmAt
        ? nextRound(episode, confirms: true, settings) : waiting(until: confirmAt)
    }
    if isClean(current), previous.map(isClean) ?? true {
      settle()
      return true
    }
    let failing = current.hasUp ? regionsToList(episode.rounds) : []
    if failing.isEmpty, episode.rounds.count < tempo.roundLimit {
      let due = current.putAt &+ tempo.roundSpacingMs
      return at >= due ? nextRound(episode, confirms: false, settings) : waiting(until: due)
    }
    list(failing)
    settle()
    return true
  }

  /// The one assigned region is believed after it failed several times over a while.
  private mutating func advanceSolo(
    _ episode: Episode, _ current: Round, _ settings: Settings
  ) -> Bool {
    guard current.isComplete else { return false }
    if !current.up.isEmpty {
      settle()
      return true
    }
    let failures = episode.rounds.filter { !$0.failing.isEmpty }
    if let ballot = current.ballots.first(where: { current.failing.contains($0.region) }),
      failures.count + 1 >= tempo.soloFailures, let last = ballot.startedAt,
      let first = ballot.failingSince, last &- first >= tempo.soloSpanMs
    {
      declareDown(current, solo: true, settings)
      return true
    }
    guard episode.rounds.count < tempo.soloLimit || !current.failing.isEmpty else {
      settle()
      return true
    }
    let due = current.putAt &+ tempo.soloSpacingMs
    return at >= due ? nextRound(episode, confirms: false, settings) : waiting(until: due)
  }

  /// The regions of which it is clear by now that they fail while others do not: those that failed in
  /// three rounds, and with them those that failed in two. What a network loses here and there is no
  /// fault of a region.
  private func regionsToList(_ rounds: [Round]) -> [String] {
    func isNew(_ region: String) -> Bool { !state.listed.contains { $0.region == region } }
    guard persistentlyFailing(rounds, inAtLeast: tempo.roundsToListOne).contains(where: isNew)
    else {
      return []
    }
    return persistentlyFailing(rounds).filter(isNew)
  }

  private mutating func nextRound(
    _ episode: Episode, confirms: Bool, _ settings: Settings
  ) -> Bool {
    var episode = episode
    askRound(.confirm, confirms: confirms, in: &episode, settings)
    state.stage = .suspect(episode)
    return true
  }

  private mutating func waiting(until moment: Int64) -> Bool {
    wake(at: moment)
    return false
  }

  /// Nobody failed, somebody was up, and whoever raised the doubt has taken it back.
  private func isClean(_ round: Round) -> Bool {
    guard !round.hasFailure, round.hasUp else { return false }
    let failures = standingFailures
    guard !failures.isEmpty else { return true }
    let up = round.up
    return !failures.contains { !up.contains($0) && panel[$0]?.isLive == true }
  }

  private mutating func declareDown(_ round: Round, solo: Bool = false, _ settings: Settings) {
    let failing = round.ballots.filter { $0.isCounted && $0.kind?.isFailure == true }
    let fresh = failing.filter { ballot in
      !state.listed.contains { $0.region == ballot.region }
    }
    let startedAt = (fresh.isEmpty ? failing : fresh).compactMap(\.failingSince).min() ?? at
    state.listed = []
    state.blindSince = nil
    state.slowness = nil
    state.watch = Watch(since: at)
    state.stage = .down(Outage(upRegions: round.up.sorted()))
    conclude(.down, startedAt: startedAt, ballots: round.ballots, solo: solo, settings)
    // What a maintenance does is no flapping.
    guard state.maintenance == nil else { return }
    var damping = state.damping ?? Damping()
    damping.add(at: at)
    if damping.isSuppressing { directives.append(.markIncident(.flapping)) }
    state.damping = damping
  }
}
