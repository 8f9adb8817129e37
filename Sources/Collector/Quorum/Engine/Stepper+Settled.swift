// Stage `settled`: up, degraded, with listed regions, or unknown.
extension Stepper {
  mutating func advanceSettled(_ settings: Settings) -> Bool {
    let ballots = standingBallots(settings)
    let tally = Tally(ballots, policy: settings.policy)
    let doubted = ballots.contains { ballot in
      ballot.isCounted && ballot.kind?.isFailure == true
        && !state.listed.contains { $0.region == ballot.region }
        // Who says that it is asked too often is not asked more for that, unless the scheduled
        // probes say down by themselves.
        && (ballot.evidence?.status != 429 || tally.isDown)
    }
    if doubted, canDecide(settings) {
      state.stage = .suspect(newEpisode())
      return true
    }
    guard tally.hasQuorum else {
      state.slowness?.interrupt()
      blind(ballots, settings)
      return false
    }
    state.blindSince = nil
    let lastSuccess = advanceListed(ballots, settings)
    let turnedAt = look(isSlow: tally.isMostlyDegraded, settings)
    let regions = state.listed.map(\.region)
    if let first = state.listed.map(\.since).min() {
      let verdict: Verdict = isPartial(regions, tally, settings) ? .partial : .regional
      let same = state.verdict.map { $0.verdict == verdict } ?? false
      conclude(
        verdict, startedAt: same ? state.verdict?.startedAt ?? first : first, ballots: ballots,
        regions: regions,
        domain: verdict == .regional ? failingDomain(ballots, settings) : nil, settings)
    } else {
      conclude(
        state.slowness?.isDegraded == true ? .degraded : .up,
        startedAt: lastSuccess ?? turnedAt ?? at, ballots: ballots, settings)
    }
    return false
  }

  /// Several regions of several providers that make up three tenths of the votes are more than a
  /// regional matter.
  private func isPartial(
    _ regions: [String], _ tally: Tally, _ settings: Settings
  ) -> Bool {
    let failing = Set(regions.compactMap { panel[$0]?.domain })
    return regions.count >= 2 && failing.count >= min(2, domains(settings).count)
      && regions.count * 1_000 >= tally.voting * tempo.partialShare
  }

  /// The provider whose regions fail, most of them, while others' are up; `nil` where it is not one
  /// provider's matter, or where that one has a single region, whose matter it is then.
  private func failingDomain(_ ballots: [Ballot], _ settings: Settings) -> String? {
    let failing = Set(state.listed.map { panel[$0.region]?.domain })
    guard failing.count == 1, let first = failing.first, let domain = first else { return nil }
    let own = panel.seats.count {
      $0.voter?.domain == domain && settings.policy.counts($0.region)
    }
    let isOtherUp = ballots.contains {
      $0.domain != domain && $0.isCounted && $0.kind?.isUp == true
    }
    return own >= 2 && state.listed.count * 2 > own && isOtherUp ? domain : nil
  }

  /// Counts cycles of being slow; answers since when the opposite of what was said holds, if so.
  private mutating func look(isSlow: Bool, _ settings: Settings) -> Int64? {
    var slowness = state.slowness ?? Slowness()
    let turnedAt = slowness.look(
      isSlow: isSlow, at: at, intervalMs: settings.intervalMs, cycles: tempo.slowCycles)
    if let end = slowness.cycleEndsAt { wake(at: end) }
    state.slowness = slowness.isDegraded || slowness.cycleEndsAt != nil ? slowness : nil
    return turnedAt
  }

  /// Lets listed regions go that were up twice; answers the first success of the last to leave.
  private mutating func advanceListed(_ ballots: [Ballot], _ settings: Settings) -> Int64? {
    var left: Int64?
    var kept: [ListedRegion] = []
    for var listed in state.listed {
      guard let ballot = ballots.first(where: { $0.region == listed.region }), ballot.isCounted,
        let kind = ballot.kind
      else {
        kept.append(listed)
        continue
      }
      guard kind.isUp else {
        listed.firstUp = nil
        listed.recheck = nil
        listed.recheckAt = nil
        kept.append(listed)
        continue
      }
      let firstUp = listed.firstUp ?? ballot.startedAt ?? at
      if listed.recheck != nil, ballot.answers == listed.recheck {
        left = max(left ?? firstUp, firstUp)
        continue
      }
      let due = listed.recheckAt ?? at &+ tempo.recoverySpacingMs
      listed.firstUp = firstUp
      listed.recheckAt = due
      if at >= due, let agent = ballot.agent {
        state.episodes &+= 1
        let id = RoundID(episode: state.episodes, round: 1)
        ask(id, .recheck, of: [Ask.Asked(region: listed.region, agent: agent)], settings)
        listed.recheck = id
        listed.recheckAt =
          at &+ settings.timeoutMs &+ tempo.deadlineSlackMs &+ tempo.patienceMs
      }
      wake(at: listed.recheckAt ?? due)
      kept.append(listed)
    }
    state.listed = kept
    return left
  }
}
