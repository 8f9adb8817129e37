import Model

// What news does to votes, seats and open rounds, before anything is decided.
extension Stepper {
  mutating func take(_ change: Event.Change) {
    switch change {
    case .configured(let settings): configure(settings)
    case .observed(let observation): observe(observation)
    case .overdue(let region, let agent): suspectOverdue(region: region, agent: agent)
    case .dropped(let id, let region, let agent):
      answer(id, region: region) { ballot in
        if ballot.agent == agent { ballot.uncounted = .dropped }
      }
    case .delayed(let id, let region, let agent, let byMs):
      answer(id, region: region) { ballot in
        if ballot.agent == agent { ballot.delayMs = max(ballot.delayMs ?? 0, byMs) }
      }
    case .maintenance(let edge): take(edge)
    case .tick: break
    }
  }

  /// An edit that raises the epoch makes history of all votes; what was said to people stands until
  /// the new question is answered.
  private mutating func configure(_ settings: Settings) {
    let previous = state.settings
    state.settings = settings
    guard previous?.epoch != settings.epoch || previous?.active != settings.active else { return }
    state.votes = []
    for index in state.seats.indices { state.seats[index].introducedAt = nil }
    state.blindSince = nil
    for index in state.listed.indices {
      state.listed[index].firstUp = nil
      state.listed[index].recheck = nil
      state.listed[index].recheckAt = nil
    }
    switch state.stage {
    case .settled: break
    case .suspect: state.stage = .settled
    case .down, .recovering: state.stage = .down(Outage(upRegions: []))
    }
  }

  private mutating func observe(_ observation: Observation) {
    guard let settings = state.settings, settings.active else { return }
    let region = observation.region
    guard observation.epoch == settings.epoch, let voter = panel[region],
      voter.agent == observation.agent, let presence = voter.presence,
      presence.boot == observation.boot
    else { return }
    let age = Freshness.ageMs(startedMs: observation.startedMs, presence: presence)
    guard
      age <= Freshness.limitMs(intervalMs: settings.intervalMs, timeoutMs: settings.timeoutMs)
    else {
      outrun(by: observation)
      return
    }
    let place = state.votes.firstIndex { $0.observation.region == region }
    let previous = place.map { state.votes[$0] }
    let isNews =
      previous.map {
        $0.observation.agent != observation.agent || $0.observation.boot != observation.boot
          || $0.observation.startedMs <= observation.startedMs
      } ?? true
    let vote = StandingVote(
      observation, as: voter.trust.weigh(observation.kind), after: previous,
      followsQuestion: state.askedAt.map { at &- age < $0 &+ tempo.refusedMs } ?? false)
    if vote.limited == true {
      // A scheduled probe may find the same by itself, and is to be told then.
      directives.append(.forgetVote(region: region, agent: observation.agent))
      rest()
    }
    if isNews {
      if let place {
        state.votes[place] = vote
      } else {
        state.votes.append(vote)
        state.votes.sort {
          $0.observation.region.utf8.lexicographicallyPrecedes($1.observation.region.utf8)
        }
      }
    }
    if let id = observation.answers {
      answer(id, region: region) { ballot in
        ballot.fill(vote, voter: voter, ageMs: age)
      }
    }
  }

  /// An outage's target that is asked too often is left alone for a while.
  private mutating func rest() {
    guard case .down(var outage) = state.stage else { return }
    outage.pausedUntil = max(outage.pausedUntil ?? .min, at &+ tempo.refusedPauseMs)
    state.stage = .down(outage)
  }

  /// A finding came too late to vote, yet is younger than the vote that stands: that is no longer
  /// known to hold, and its agent is asked anew.
  private mutating func outrun(by late: Observation) {
    guard let standing = vote(late.region)?.observation, standing.agent == late.agent,
      standing.boot == late.boot, standing.startedMs < late.startedMs
    else { return }
    directives.append(.forgetVote(region: late.region, agent: late.agent))
    forget(late.region)
  }

  /// Changes the pending ballot of `region` in the open round `id`; a round that is over, or a
  /// ballot that is not awaited, stays as it is.
  private mutating func answer(
    _ id: RoundID, region: String, with fill: (inout Ballot) -> Void
  ) {
    // The stage is taken out while its ballot is filled in, so that nothing of it is copied.
    let stage = state.stage
    state.stage = .settled
    switch consume stage {
    case .suspect(var episode):
      episode.fill(id, region: region, with: fill)
      state.stage = .suspect(episode)
    case .recovering(var episode):
      episode.fill(id, region: region, with: fill)
      state.stage = .recovering(episode)
    case .settled: break
    case .down(let outage): state.stage = .down(outage)
    }
  }

  /// A slow probe of a region that was well is reason enough to ask everyone.
  private mutating func suspectOverdue(region: String, agent: AgentKey) {
    guard let settings = state.settings, settings.active, case .settled = state.stage,
      panel[region]?.agent == agent, panel[region]?.trust == .trusted,
      !state.listed.contains(where: { $0.region == region }), settings.policy.counts(region),
      canDecide(settings)
    else { return }
    state.stage = .suspect(newEpisode())
  }

  /// Notices who holds which seat; what a former holder found is no vote of the region.
  mutating func reseat(_ settings: Settings) {
    if !isSeatedAsBefore {
      takeSeats()
      state.votes.removeAll { vote in
        panel[vote.observation.region]?.agent != vote.observation.agent
      }
    }
    guard !state.listed.isEmpty else { return }
    state.listed.removeAll { listed in
      !panel.seats.contains { $0.region == listed.region }
        || !settings.policy.counts(listed.region)
    }
  }

  /// Whether every seat is held by whom the state remembers there.
  private var isSeatedAsBefore: Bool {
    var index = 0
    for place in panel.seats.indices {
      guard let agent = panel.seats[place].voter?.agent else { continue }
      guard index < state.seats.count, state.seats[index].agent == agent,
        state.seats[index].region == panel.seats[place].region
      else { return false }
      index += 1
    }
    return index == state.seats.count
  }

  private mutating func takeSeats() {
    var held: [MonitorState.HeldSeat] = []
    for seat in panel.seats {
      guard let voter = seat.voter else { continue }
      let same = state.seats.first { $0.region == seat.region && $0.agent == voter.agent }
      held.append(same ?? MonitorState.HeldSeat(region: seat.region, agent: voter.agent))
    }
    state.seats = held
  }

  /// Asks every heard voter without a valid vote for one, unless rounds ask it anyway; again after a
  /// while if it does not answer.
  mutating func introduce(_ settings: Settings) {
    switch state.stage {
    case .settled, .down: break
    case .suspect, .recovering: return
    }
    let patience = max(tempo.introduceAgainMs, settings.intervalMs)
    var asked: [Ask.Asked] = []
    for index in state.seats.indices {
      let seat = state.seats[index]
      guard let voter = panel[seat.region], voter.isLive else { continue }
      if let vote = state.votes.firstIndex(where: { $0.observation.region == seat.region }),
        state.votes[vote].observation.boot == voter.presence?.boot
      {
        state.seats[index].introducedAt = seat.introducedAt ?? at
        continue
      }
      if let last = seat.introducedAt, at < last &+ patience {
        wake(at: last &+ patience)
        continue
      }
      state.seats[index].introducedAt = at
      wake(at: at &+ patience)
      asked.append(Ask.Asked(region: seat.region, agent: seat.agent))
    }
    guard !asked.isEmpty else { return }
    state.episodes &+= 1
    ask(RoundID(episode: state.episodes, round: 1), .introduce, of: asked, settings)
  }
}

extension Episode {
  /// Changes the pending ballot of `region` in the round `id`, if there is one.
  fileprivate mutating func fill(
    _ id: RoundID, region: String, with fill: (inout Ballot) -> Void
  ) {
    guard let round = rounds.indices.first(where: { rounds[$0].id == id }),
      let ballot = rounds[round].ballots.indices.first(where: {
        rounds[round].ballots[$0].uncounted == .pending
          && rounds[round].ballots[$0].region == region
      })
    else { return }
    fill(&rounds[round].ballots[ballot])
  }
}

extension Ballot {
  /// Takes over what `vote` says.
  mutating func fill(_ vote: StandingVote, voter: Voter, ageMs: Int64) {
    let observation = vote.observation
    agent = voter.agent
    domain = voter.domain
    trust = voter.trust
    let weighed = voter.trust.weigh(observation.kind)
    kind = weighed
    self.ageMs = ageMs
    startedAt = observation.startedAt
    failingSince = vote.failingSince
    answers = observation.answers
    evidence = observation.evidence
    uncounted = weighed == .unknown ? .unknown : vote.limited == true ? .limited : nil
  }
}
