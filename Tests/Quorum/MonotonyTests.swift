import Model
import Testing

@testable import Quorum

/// One more up never makes a set of votes say down, silence never does, and a failure never takes it
/// back: tried on random votes under random policies, every vote in turn.
@Suite struct `A set of votes` {
  /// What can become of one vote.
  enum Turn: CaseIterable {
    case up
    case degraded
    case silent
    case limited
    case unknown
    case attributable
    case ambiguous

    func apply(to ballot: Ballot) -> Ballot {
      var ballot = ballot
      ballot.uncounted = nil
      switch self {
      case .up: ballot.kind = .up
      case .degraded: ballot.kind = .degraded
      case .attributable: ballot.kind = .attributable
      case .ambiguous: ballot.kind = .ambiguous
      case .silent:
        ballot.kind = nil
        ballot.uncounted = .silent
      case .unknown:
        ballot.kind = .unknown
        ballot.uncounted = .unknown
      case .limited:
        ballot.kind = .attributable
        ballot.uncounted = .limited
      }
      return ballot
    }
  }

  /// Votes of which one in ten is a refused question.
  static func votes(_ random: inout SplitMix) -> [Ballot] {
    `The voting arithmetic`.ballots(&random).map { ballot in
      random.next() % 10 == 0 ? Turn.limited.apply(to: ballot) : ballot
    }
  }

  @Test(arguments: 0..<10)
  func `says down no sooner for an up in place of any vote, nor later for a failure`(_ seed: UInt64)
  {
    var random = SplitMix(seed: seed)
    var turned = 0
    for _ in 0..<1_000 {
      let policy = `The voting arithmetic`.policy(&random)
      let votes = Self.votes(&random)
      for index in votes.indices where policy.counts(votes[index].region) {
        func isDown(_ turn: Turn) -> Bool {
          var others = votes
          others[index] = turn.apply(to: votes[index])
          return Tally(others, policy: policy).isDown
        }
        let up = isDown(.up)
        let fails = isDown(.ambiguous)
        // What says nothing lies between the two.
        let between = [Turn.silent, .unknown, .limited].map(isDown)
        turned += up != fails ? 1 : 0
        if up != isDown(.degraded) || fails != isDown(.attributable)
          || up && between.contains(false) || between.contains(true) && !fails
        {
          Issue.record("seed \(seed): vote \(index) of \(votes) under \(policy)")
        }
      }
    }
    #expect(turned > 300, "in \(turned) votes it matters")
  }

  @Test(arguments: 0..<10)
  func `says down no sooner for one region more that is up`(_ seed: UInt64) {
    var random = SplitMix(seed: seed)
    for _ in 0..<2_000 {
      let policy = `The voting arithmetic`.policy(&random)
      let votes = Self.votes(&random)
      var more = Ballot(
        region: "r\(votes.count)", agent: 99, domain: "p\(random.next() % 6)")
      more.kind = random.next() % 2 == 0 ? .up : .degraded
      if !Tally(votes, policy: policy).isDown, Tally(votes + [more], policy: policy).isDown {
        Issue.record("seed \(seed): \(votes) under \(policy)")
      }
    }
  }

  @Test(arguments: 0..<10)
  func `that says nothing, or only that it is up, never says down`(_ seed: UInt64) {
    var random = SplitMix(seed: seed)
    let mute = [Turn.up, .degraded, .silent, .limited, .unknown]
    for _ in 0..<2_000 {
      let policy = `The voting arithmetic`.policy(&random)
      let votes = Self.votes(&random).map { ballot in
        mute[Int(random.next() % UInt64(mute.count))].apply(to: ballot)
      }
      if Tally(votes, policy: policy).isDown {
        Issue.record("seed \(seed): \(votes) under \(policy)")
      }
    }
  }
}

/// The same of whole logs. A world of random outages is lived once; then every step of its log is
/// taken again, and beside it what would have been with one observation more.
///
/// What holds of a log is less than one might say at first. An answer that is awaited is taken for an
/// up until it is there; so an up that comes adds nothing to what its round says, but it can end the
/// waiting, and DOWN is said then which would have been said later, or not at all if the next round
/// had found the target well. And an up in place of a black hole leaves a round in which every
/// failure is the target's own word, which needs no second. What no up can do is to make a round say
/// down, or to bring about a DOWN that the same answer's failing to come would not have.
@Suite struct `Over the logs of random worlds` {
  static let minute: Int64 = 60_000

  /// Twelve minutes of two to seven regions under a random policy; moods of the network change every
  /// half minute, of all regions at once as often as of one.
  static func world(_ seed: UInt64, policy: Policy? = nil, regions: Int? = nil) -> World {
    var random = SplitMix(seed: seed)
    let count = regions ?? 2 + Int(random.next() % 6)
    let names = (0..<count).map { "r\($0)" }
    var world = World(regions: names, policy: policy ?? random.policy())
    for name in names { world.domains[name] = "p\(random.next() % 4)" }
    let moods: [World.Finding] = [
      .refused, .blackHole, .refused, .degraded, .lost, .tooMany, .dropped, .up,
    ]
    var common: [World.Finding?] = []
    var own: [[World.Finding?]] = []
    for _ in 0..<24 {
      func mood(_ oneIn: UInt64) -> World.Finding? {
        random.next() % oneIn == 0 ? moods[Int(random.next() % UInt64(moods.count))] : nil
      }
      common.append(mood(3))
      own.append(names.map { _ in mood(4) })
    }
    let silent = names.map { _ in Int64(random.next() % 16) * minute }
    world.truth = { region, at in
      let place = min(Int(at / 30_000), 23)
      guard at > minute, let index = names.firstIndex(of: region) else { return .up }
      return own[place][index] ?? common[place] ?? .up
    }
    world.runs = { region, at in
      let since = silent[names.firstIndex(of: region) ?? 0]
      return since < 2 * minute || !(since..<since + minute).contains(at)
    }
    return world
  }

  static func lived(_ seed: UInt64) -> World {
    var world = world(seed)
    world.run(until: 12 * minute)
    return world
  }

  /// Events that no world gives: agents come, go and answer as they please.
  static func wild(_ seed: UInt64) -> [Event] {
    let source = `Over random logs`()
    var random = SplitMix(seed: seed)
    var state = MonitorState()
    var now = World.start
    var log: [Event] = []
    let policy = random.policy()
    let kinds: [VoteKind] = [
      .attributable, .attributable, .attributable, .ambiguous, .up, .unknown,
    ]
    for index in 0..<600 {
      now += Int64(random.next() % 1_000)
      let change: Event.Change =
        index == 0
        ? .configured(
          Settings(epoch: 1, intervalMs: 60_000, timeoutMs: 10_000, policy: policy))
        : .observed(source.observation(&random, now: now, kinds: kinds, state: state))
      let event = Event(at: now, panel: source.panel(&random, now: now), change)
      log.append(event)
      _ = state.step(event)
    }
    return log
  }

  static func saysDown(_ step: Step) -> Bool {
    step.directives.contains {
      if case .recordVerdict(let record) = $0 { record.verdict == .down } else { false }
    }
  }

  static func rounds(_ state: MonitorState) -> [Round] {
    switch state.stage {
    case .settled, .down: []
    case .suspect(let episode), .recovering(let episode): episode.rounds
    }
  }

  /// An answer, or with `nil` a scheduled finding, of a seat's agent just now.
  static func finding(
    _ seat: Seat, _ kind: VoteKind, at: Int64, epoch: Int32, answers: RoundID?
  ) -> Event.Change? {
    guard let voter = seat.voter, let presence = voter.presence else { return nil }
    return .observed(
      Observation(
        region: seat.region, agent: voter.agent, boot: presence.boot, epoch: epoch,
        startedMs: Freshness.agentNowMs(presence) - 10, startedAt: at - 10, kind: kind,
        answers: answers))
  }

  @Test(arguments: [true, false])
  func `one more up makes nothing down that was not said to be already`(_ isLived: Bool) {
    var settling = 0
    for seed in UInt64(0)..<30 {
      settling += countUps(isLived ? Self.lived(seed).log : Self.wild(seed), seed)
    }
    // Some ups end the waiting for a DOWN that is said already: the logs are worth trying.
    #expect(settling > 0)
  }

  /// Tries one more up at every place of `log`; answers how many were followed by a DOWN.
  private func countUps(_ log: [Event], _ seed: UInt64) -> Int {
    var state = MonitorState()
    var settling = 0
    for event in log {
      _ = state.step(event)
      guard let policy = state.settings?.policy else { continue }
      let at = event.at + 1
      func fork(_ change: Event.Change?) -> Bool {
        guard let change else { return false }
        var other = state
        return Self.saysDown(other.step(Event(at: at, panel: event.panel, change)))
      }
      let tick = fork(.tick)
      for seat in event.panel.seats {
        // By schedule it is in no round at all.
        let up = fork(Self.finding(seat, .up, at: at, epoch: 1, answers: nil))
        #expect(!up || tick, "seed \(seed), by schedule at \(event.at - World.start)")
        for round in Self.rounds(state).suffix(2)
        where round.ballot(seat.region)?.uncounted == .pending {
          func answer(_ kind: VoteKind) -> Bool {
            fork(Self.finding(seat, kind, at: at, epoch: 1, answers: round.id))
          }
          guard answer(.up) else { continue }
          settling += 1
          let drop = Event.Change.dropped(
            round.id, region: seat.region, agent: seat.voter?.agent ?? 0)
          let place = "seed \(seed), round \(round.id) at \(event.at - World.start)"
          // Some round said so while the answer was taken for an up, and that alone suffices:
          #expect(Self.rounds(state).suffix(2).contains { $0.saysDown(policy) }, "\(place)")
          // without the answer, or with one that learned nothing, or failing, it is down as well.
          #expect(fork(drop) && answer(.unknown) && answer(.attributable), "\(place)")
          #expect(answer(.degraded), "\(place)")
        }
      }
    }
    return settling
  }

  @Test(arguments: 0..<40)
  func `each down rests on failures that were found, and on no up`(_ seed: UInt64) {
    let world = Self.lived(seed)
    for record in world.verdicts where record.verdict == .down {
      let failing = record.ballots.filter { $0.isCounted && $0.kind?.isFailure == true }
      #expect(failing.count >= max(record.tally.required, 1), "seed \(seed)")
      for ballot in failing {
        // Found by the agent that is named, at the time that is named.
        let isFound = world.log.contains { event in
          guard case .observed(let found) = event.change else { return false }
          return found.region == ballot.region && found.agent == ballot.agent
            && found.startedAt == ballot.startedAt && found.kind == ballot.kind
            && found.answers == ballot.answers
        }
        #expect(isFound && ballot.answers != nil, "seed \(seed): \(ballot.region)")
      }
      for index in record.ballots.indices where record.ballots[index].kind?.isUp == true {
        for turn in [`A set of votes`.Turn.silent, .unknown, .attributable] {
          var others = record.ballots
          others[index] = turn.apply(to: others[index])
          #expect(Tally(others, policy: record.policy).isDown, "seed \(seed)")
        }
      }
    }
  }

  /// Ups that nobody can overlook: more voters than the policy lets be up answer every question.
  @Test(
    arguments: [
      // The policy, the regions, and how many of them are up whatever else is.
      (Policy.standard, 2, 1), (.standard, 3, 1), (.standard, 4, 1), (.standard, 5, 2),
      (.standard, 7, 2), (Policy(.all), 5, 1), (Policy(.majority, upCap: 2), 6, 3),
      (Policy(.nOfM(4)), 5, 2), (Policy(.percent(60)), 5, 3), (Policy(.any), 3, 3),
    ], 0..<6 as Range<UInt64>)
  func `more ups than may be are never down`(
    _ row: (policy: Policy, regions: Int, up: Int), _ seed: UInt64
  ) {
    for isUp in [false, true] {
      var world = Self.world(seed, policy: row.policy, regions: row.regions)
      let truth = world.truth
      let runs = world.runs
      let well = (0..<row.up).map { "r\($0)" }
      // They may take their time, and the outage that they are spared is a real one.
      let up = World.Finding(kind: .up, tookMs: seed % 2 == 0 ? 50 : 4_000)
      world.truth = { region, at in
        if isUp, well.contains(region) { return up }
        return (5 * Self.minute..<8 * Self.minute).contains(at) ? .refused : truth(region, at)
      }
      world.runs = { region, at in well.contains(region) || runs(region, at) }
      world.run(until: 12 * Self.minute)
      if isUp {
        #expect(!world.said.contains(.down), "seed \(seed): \(world.said)")
      } else {
        #expect(world.said.contains(.down), "seed \(seed): \(world.said)")
      }
    }
  }
}
