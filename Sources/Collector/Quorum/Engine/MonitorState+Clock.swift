extension MonitorState {
  /// A clock that is further behind than this was set back, ms; what is less is waited for.
  static let clockToleranceMs: Int64 = 60_000

  /// Takes over that it is `now` (collector time, ms), though the state was stepped later than that:
  /// the clock was set back. Does nothing within `clockToleranceMs`.
  ///
  /// What is reckoned from the time of steps (rounds, deadlines, pauses) moves back with it, so that
  /// as much is left of each as before. Times that people read move only if they lie in the future
  /// now: some come from another machine's clock, which may have been right all the time.
  mutating func follow(clock now: Int64) {
    let step = now &- steppedAt
    guard step < -Self.clockToleranceMs else { return }
    let latest = now &+ Self.clockToleranceMs
    func moved(_ time: Int64) -> Int64 { time &+ step }
    func told(_ time: Int64) -> Int64 { time > latest ? time &+ step : time }

    steppedAt = now
    askedAt = askedAt.map(moved)
    blindSince = blindSince.map(moved)
    if let startedAt = verdict?.startedAt { verdict?.startedAt = told(startedAt) }
    for index in seats.indices {
      seats[index].introducedAt = seats[index].introducedAt.map(moved)
    }
    for index in votes.indices {
      votes[index].observation.startedAt = told(votes[index].observation.startedAt)
      votes[index].failingSince = votes[index].failingSince.map(told)
    }
    for index in listed.indices {
      listed[index].since = told(listed[index].since)
      listed[index].firstUp = listed[index].firstUp.map(told)
      listed[index].recheckAt = listed[index].recheckAt.map(moved)
    }
    if let slowness {
      self.slowness?.since = told(slowness.since)
      self.slowness?.cycleEndsAt = slowness.cycleEndsAt.map(moved)
    }
    if let watch {
      self.watch?.since = moved(watch.since)
      self.watch?.askedAt = watch.askedAt.map(moved)
    }
    damping?.move(by: step)
    if let upkeep = maintenance { maintenance?.since = moved(upkeep.since) }
    if let attention { self.attention?.since = moved(attention.since) }
    stage = stage.mappingTimes(moved, told: told)
  }
}

extension Stage {
  /// The same stage with every time changed: by `moved` what is reckoned from the time of steps, by
  /// `told` what people read.
  fileprivate func mappingTimes(
    _ moved: (Int64) -> Int64, told: (Int64) -> Int64
  ) -> Stage {
    func mapped(_ episode: Episode) -> Episode {
      var episode = episode
      episode.openedAt = moved(episode.openedAt)
      episode.firstSuccess = episode.firstSuccess.map(told)
      for index in episode.rounds.indices {
        episode.rounds[index].askedAt = moved(episode.rounds[index].askedAt)
        for ballot in episode.rounds[index].ballots.indices {
          let old = episode.rounds[index].ballots[ballot]
          episode.rounds[index].ballots[ballot].startedAt = old.startedAt.map(told)
          episode.rounds[index].ballots[ballot].failingSince = old.failingSince.map(told)
        }
      }
      return episode
    }
    switch self {
    case .settled: return .settled
    case .suspect(let episode): return .suspect(mapped(episode))
    case .recovering(let episode): return .recovering(mapped(episode))
    case .down(var outage):
      outage.pausedUntil = outage.pausedUntil.map(moved)
      return .down(outage)
    }
  }
}
