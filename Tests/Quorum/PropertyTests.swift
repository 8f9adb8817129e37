import Model
import Testing

@testable import Quorum

/// Properties that hold whatever happens, tried on random logs; the seed is printed with a failure.
@Suite struct `Over random logs` {
  let regions = ["a", "b", "c", "d", "e"]

  func panel(_ random: inout SplitMix, now: Int64, silent: Bool? = nil) -> Panel {
    Panel(
      regions.enumerated().map { index, region in
        let isSilent = silent ?? (random.next() % 8 == 0)
        let presence = Presence(
          boot: BootID(high: 0, low: UInt64(index)), heardAgoMs: Int64(random.next() % 5_000),
          agentNowMs: now, watermarkMs: now - Int64(random.next() % 20_000), silent: isSilent)
        let voter = Voter(
          agent: AgentKey(index + 1), region: region, domain: "p\(index % 3)", presence: presence)
        return Seat(region: region, voter: random.next() % 50 == 0 ? nil : voter)
      })
  }

  func observation(
    _ random: inout SplitMix, now: Int64, kinds: [VoteKind], state: MonitorState,
    lateMs: Int64? = nil
  ) -> Observation {
    let index = Int(random.next() % UInt64(regions.count))
    let episode: Episode? =
      switch state.stage {
      case .settled, .down: nil
      case .suspect(let episode): episode
      case .recovering(let episode): episode
      }
    let started = now - (lateMs ?? Int64(random.next() % 10_000))
    return Observation(
      region: regions[index], agent: AgentKey(index + 1), boot: BootID(high: 0, low: UInt64(index)),
      epoch: 1, startedMs: started, startedAt: started,
      kind: kinds[Int(random.next() % UInt64(kinds.count))],
      answers: random.next() % 4 == 0 ? nil : episode?.rounds.last?.id)
  }

  var configured: Event.Change {
    .configured(Settings(epoch: 1, intervalMs: 60_000, timeoutMs: 10_000))
  }

  func opens(_ step: Step) -> Bool {
    step.directives.contains {
      switch $0 {
      case .openIncident(let severity, _): severity != .unknown
      case .recordVerdict(let record): record.verdict != .up && record.verdict != .unknown
      default: false
      }
    }
  }

  @Test(arguments: 0..<40)
  func `silence and unknowns alone never say down`(_ seed: UInt64) {
    var random = SplitMix(seed: seed)
    var state = MonitorState()
    var now: Int64 = 1_000_000
    _ = state.step(Event(at: now, panel: panel(&random, now: now), configured))
    for _ in 0..<500 {
      now += Int64(random.next() % 5_000)
      let change: Event.Change =
        random.next() % 2 == 0
        ? .tick
        : .observed(
          observation(
            &random, now: now, kinds: [.up, .unknown, .degraded], state: state))
      let step = state.step(Event(at: now, panel: panel(&random, now: now), change))
      #expect(
        !step.directives.contains {
          if case .recordVerdict(let record) = $0 { record.verdict == .down } else { false }
        }, "seed \(seed)")
    }
  }

  @Test(arguments: 0..<40)
  func `late data neither opens nor closes anything`(_ seed: UInt64) {
    var random = SplitMix(seed: seed)
    var state = MonitorState()
    var now: Int64 = 1_000_000
    _ = state.step(Event(at: now, panel: panel(&random, now: now, silent: false), configured))
    let isDown = seed % 2 == 0
    for index in 0..<400 {
      now += 300
      let live = panel(&random, now: now, silent: false)
      var news = observation(
        &random, now: now, kinds: isDown && index > 100 ? [.attributable] : [.up], state: state)
      news.startedMs = now - 20
      _ = state.step(Event(at: now, panel: live, .observed(news)))
    }
    let incident = state.incident
    let verdict = state.verdict
    #expect(isDown == (verdict?.verdict == .down), "seed \(seed)")
    for _ in 0..<500 {
      let live = panel(&random, now: now, silent: false)
      let late = observation(
        &random, now: now, kinds: VoteKind.allCases, state: state,
        lateMs: 75_001 + Int64(random.next() % 1_000_000))
      let step = state.step(Event(at: now, panel: live, .observed(late)))
      #expect(!opens(step), "seed \(seed)")
    }
    #expect(state.incident == incident, "seed \(seed)")
    #expect(state.verdict?.verdict == verdict?.verdict, "seed \(seed)")
  }

  func rounds(_ state: MonitorState) -> Int {
    switch state.stage {
    case .settled, .down: 0
    case .suspect(let episode), .recovering(let episode): episode.rounds.count
    }
  }

  @Test(arguments: 0..<30)
  func `any log keeps its incidents in order and repeats exactly`(_ seed: UInt64) {
    var random = SplitMix(seed: seed)
    var state = MonitorState()
    var log: [Event] = []
    var now: Int64 = 1_000_000
    var open: Severity?
    var last: [Directive] = []
    func obey(_ step: Step) {
      for directive in step.directives {
        switch directive {
        case .openIncident(let severity, let startedAt):
          #expect(open == nil, "seed \(seed)")
          #expect(startedAt <= now, "seed \(seed)")
          open = severity
        case .changeSeverity(let severity):
          #expect(open != nil && open != severity, "seed \(seed)")
          open = severity
        case .closeIncident(let endedAt, _):
          #expect(open != nil, "seed \(seed)")
          #expect(endedAt <= now, "seed \(seed)")
          open = nil
        case .recordVerdict(let record):
          #expect(record.startedAt <= record.decidedAt, "seed \(seed)")
          #expect(record.verdict != .down || record.tally.isDown, "seed \(seed)")
        case .askProbes(let ask):
          #expect(Set(ask.voters.map(\.region)).count == ask.voters.count, "seed \(seed)")
        case .markIncident: #expect(open != nil, "seed \(seed)")
        case .tell(let notice):
          #expect(notice.urgency != .none, "seed \(seed)")
          #expect(
            state.maintenance == nil || notice.kind == .ended || notice.kind == .steady,
            "seed \(seed)")
        case .forgetVote: break
        }
      }
      last = step.directives
    }
    for index in 0..<600 {
      now += Int64(random.next() % 3_000)
      let change: Event.Change =
        switch index == 0 ? 0 : 1 + random.next() % 20 {
        case 0: configured
        case 1: .tick
        case 2:
          random.next() % 4 == 0
            ? .maintenance(random.next() % 2 == 0 ? .began : .ended)
            : .overdue(region: regions[Int(random.next() % 5)], agent: 1)
        case 3:
          .configured(
            Settings(
              epoch: 1, intervalMs: 60_000, timeoutMs: 10_000, policy: random.policy(),
              active: random.next() % 5 != 0))
        default:
          .observed(observation(&random, now: now, kinds: VoteKind.allCases, state: state))
        }
      let event = Event(at: now, panel: panel(&random, now: now), change)
      log.append(event)
      let step = state.step(event)
      obey(step)
      // What is due at once would be stepped for ever.
      #expect(step.wakeAt.map { $0 > now } ?? true, "seed \(seed)")
      #expect(rounds(state) <= 20, "seed \(seed)")
      #expect(state.incident == open, "seed \(seed)")
    }
    var again = MonitorState()
    var repeated: [Directive] = []
    for event in log { repeated = again.step(event).directives }
    #expect(again == state, "seed \(seed)")
    #expect(repeated == last, "seed \(seed)")
  }
}
