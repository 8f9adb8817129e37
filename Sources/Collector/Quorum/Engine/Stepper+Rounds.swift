// Asking rounds, and giving up on answers that will not come.
extension Stepper {
  mutating func newEpisode() -> Episode {
    state.episodes &+= 1
    return Episode(number: state.episodes, openedAt: at, rounds: [])
  }

  mutating func ask(
    _ id: RoundID, _ purpose: Ask.Purpose, of voters: [Ask.Asked], _ settings: Settings
  ) {
    state.askedAt = at
    directives.append(
      .askProbes(
        Ask(
          id: id, purpose: purpose, epoch: settings.epoch, voters: voters,
          deadlineMs: settings.timeoutMs &+ tempo.deadlineSlackMs)))
  }

  /// Asks all live voters at once.
  mutating func askRound(
    _ purpose: Ask.Purpose, confirms: Bool = false, in episode: inout Episode,
    _ settings: Settings
  ) {
    let id = RoundID(episode: episode.number, round: Int32(episode.rounds.count + 1))
    var ballots: [Ballot] = []
    var asked: [Ask.Asked] = []
    for seat in panel.seats {
      var ballot = Ballot(
        region: seat.region, agent: seat.voter?.agent, domain: seat.voter?.domain)
      ballot.answers = id
      ballot.trust = seat.voter?.trust
      guard settings.policy.counts(seat.region) else {
        ballots.append(standingBallot(seat, settings))
        continue
      }
      if let voter = seat.voter, voter.isLive {
        ballot.uncounted = .pending
        asked.append(Ask.Asked(region: seat.region, agent: voter.agent))
        if let held = state.seats.firstIndex(where: { $0.region == seat.region }) {
          state.seats[held].introducedAt = at
        }
      } else {
        ballot.uncounted = seat.voter == nil ? .vacant : .silent
      }
      ballots.append(ballot)
    }
    episode.rounds.append(Round(id: id, askedAt: at, confirms: confirms, ballots: ballots))
    ask(id, purpose, of: asked, settings)
  }

  /// Gives up on answers whose agents fell silent, lost the seat, or had their time; wakes for the
  /// rest.
  mutating func expire(_ episode: inout Episode, _ settings: Settings) {
    let patience = settings.timeoutMs &+ tempo.deadlineSlackMs &+ tempo.patienceMs
    for round in episode.rounds.indices {
      let askedAt = episode.rounds[round].askedAt
      for index in episode.rounds[round].ballots.indices {
        guard episode.rounds[round].ballots[index].uncounted == .pending else { continue }
        let ballot = episode.rounds[round].ballots[index]
        // A question that has not been put yet is not late.
        let deadline = askedAt &+ min(ballot.delayMs ?? 0, tempo.mostDelayMs) &+ patience
        if let voter = panel[ballot.region], voter.agent == ballot.agent {
          if !voter.isLive {
            episode.rounds[round].ballots[index].uncounted = .silent
          } else if at >= deadline {
            episode.rounds[round].ballots[index].uncounted = .unanswered
          } else {
            wake(at: deadline)
          }
        } else {
          episode.rounds[round].ballots[index].uncounted = .replaced
        }
      }
    }
  }

  /// The regions that failed in `roundsToList` of these rounds at least, or in so many as are given,
  /// and were not up when last heard.
  func persistentlyFailing(_ rounds: [Round], inAtLeast count: Int? = nil) -> [String] {
    panel.seats.map(\.region).filter { region in
      let answers = rounds.compactMap { round in
        round.ballot(region).flatMap { $0.isCounted ? $0.kind : nil }
      }
      return answers.last?.isFailure == true
        && answers.count(where: \.isFailure) >= count ?? tempo.roundsToList
    }
  }

  /// Puts `regions` on the list of those that fail while others do not.
  mutating func list(_ regions: [String]) {
    for region in regions where !state.listed.contains(where: { $0.region == region }) {
      let since = vote(region)?.failingSince ?? at
      state.listed.append(ListedRegion(region: region, since: since))
    }
    state.listed.sort { $0.region.utf8.lexicographicallyPrecedes($1.region.utf8) }
  }

  /// Ends an episode: failures of regions that are not listed were transient, or remain open; their
  /// next finding decides anew, whatever it is.
  mutating func settle() {
    state.stage = .settled
    for region in standingFailures {
      guard let vote = vote(region) else { continue }
      directives.append(.forgetVote(region: region, agent: vote.observation.agent))
      forget(region)
    }
  }

  /// Regions that count, whose last finding counts for a failure, and that are not listed.
  var standingFailures: [String] {
    state.votes.filter { vote in
      let region = vote.observation.region
      let kind = panel[region]?.trust.weigh(vote.observation.kind) ?? vote.observation.kind
      return kind.isFailure && vote.limited != true
        && state.settings?.policy.counts(region) != false
        && !state.listed.contains { $0.region == region }
    }.map(\.observation.region)
  }

  /// Lets a region's vote go, so that its agent is asked anew.
  mutating func forget(_ region: String) {
    state.votes.removeAll { $0.observation.region == region }
    if let held = state.seats.firstIndex(where: { $0.region == region }) {
      state.seats[held].introducedAt = nil
    }
  }

  func vote(_ region: String) -> StandingVote? {
    state.votes.first { $0.observation.region == region }
  }
}
