// Standing ballots, and what a conclusion owes to the store.
extension Stepper {
  /// Every seat's standing vote, as it counts now.
  func standingBallots(_ settings: Settings) -> [Ballot] {
    panel.seats.map { standingBallot($0, settings) }
  }

  func standingBallot(_ seat: Seat, _ settings: Settings) -> Ballot {
    var ballot = Ballot(
      region: seat.region, agent: seat.voter?.agent, domain: seat.voter?.domain)
    let isIgnored = !settings.policy.counts(seat.region)
    if isIgnored { ballot.uncounted = .ignored }
    guard let voter = seat.voter else {
      ballot.uncounted = ballot.uncounted ?? .vacant
      return ballot
    }
    ballot.trust = voter.trust
    guard let vote = vote(seat.region) else {
      ballot.uncounted = ballot.uncounted ?? (voter.isLive ? .pending : .silent)
      return ballot
    }
    guard let presence = voter.presence else {
      ballot.uncounted = ballot.uncounted ?? .silent
      return ballot
    }
    let age = Freshness.standingAgeMs(
      startedMs: vote.observation.startedMs, presence: presence)
    ballot.fill(vote, voter: voter, ageMs: age)
    if isIgnored {
      ballot.uncounted = .ignored
    } else if presence.silent {
      ballot.uncounted = .silent
    } else if presence.boot != vote.observation.boot {
      ballot.uncounted = .restarted
    } else if age
      > Freshness.standingLimitMs(
        intervalMs: settings.intervalMs, timeoutMs: settings.timeoutMs, presence: presence)
    {
      ballot.uncounted = .stale
    }
    return ballot
  }

  /// Makes `verdict` the one that stands, and the open incident what it asks for.
  ///
  /// - Parameters:
  ///   - startedAt: since when it holds, collector time (ms).
  ///   - endedAt: when the incident that it ends was over; `startedAt` unless given.
  mutating func conclude(
    _ verdict: Verdict, startedAt: Int64, ballots: [Ballot], regions: [String] = [],
    domain: String? = nil, solo: Bool = false, endedAt: Int64? = nil, _ settings: Settings
  ) {
    let standing = state.verdict
    if standing?.verdict != verdict || standing?.regions != regions || standing?.domain != domain {
      state.verdict = MonitorState.StandingVerdict(
        verdict: verdict, startedAt: startedAt, regions: regions, domain: domain)
      directives.append(
        .recordVerdict(
          VerdictRecord(
            verdict: verdict, epoch: settings.epoch, startedAt: startedAt, decidedAt: at,
            policy: settings.policy, tally: Tally(ballots, policy: settings.policy),
            ballots: ballots, regions: regions, domain: domain, solo: solo)))
    }
    adjustIncident(to: verdict.severity, startedAt: startedAt, endedAt: endedAt ?? startedAt)
  }

  private mutating func adjustIncident(
    to severity: Severity?, startedAt: Int64, endedAt: Int64
  ) {
    switch (state.incident, severity) {
    case (nil, nil): return
    case (nil, .some(let severity)):
      directives.append(.openIncident(severity: severity, startedAt: startedAt))
    case (.unknown, nil):
      directives.append(.closeIncident(endedAt: at, reason: .seeingAgain))
    case (.some, nil):
      directives.append(.closeIncident(endedAt: endedAt, reason: .recovered))
    case (.unknown, .some(let severity)):
      guard severity != .unknown else { return }
      directives.append(.closeIncident(endedAt: at, reason: .seeingAgain))
      directives.append(.openIncident(severity: severity, startedAt: startedAt))
    case (.some, .unknown):
      // Not seeing an outage is not its end.
      return
    case (.some(let present), .some(let severity)):
      guard present != severity else { return }
      directives.append(.changeSeverity(severity))
    }
    let isNew = state.incident == nil || state.incident == .unknown
    state.incident = severity
    if isNew, severity != nil, state.maintenance != nil {
      directives.append(.markIncident(.maintenance))
    }
  }

  /// Too few votes: waits for answers a while, then says so.
  mutating func blind(_ ballots: [Ballot], _ settings: Settings) {
    guard state.verdict?.verdict != .unknown else {
      wake(at: at &+ tempo.blindPollMs)
      return
    }
    let since = state.blindSince ?? at
    state.blindSince = since
    let limit = since &+ settings.timeoutMs &+ tempo.blindSlackMs
    guard at >= limit else {
      wake(at: limit)
      return
    }
    conclude(.unknown, startedAt: since, ballots: ballots, settings)
    wake(at: at &+ tempo.blindPollMs)
  }
}
