import Model
import Testing

@testable import Quorum

/// The ways in which such decisions go wrong elsewhere, one test a way.
@Suite struct `Where others go wrong` {
  func presence(
    _ agent: AgentKey, now: Int64, silent: Bool = false, agentClock: Int64 = 0, boot: UInt64 = 1
  ) -> Presence {
    Presence(
      boot: BootID(high: UInt64(agent), low: boot), heardAgoMs: 0, agentNowMs: now + agentClock,
      watermarkMs: now + agentClock, silent: silent)
  }

  /// Three regions; agent `index + 1` stands in region `index`.
  func panel(
    now: Int64, clocks: [Int64] = [0, 0, 0], boots: [UInt64] = [1, 1, 1],
    domains: [String] = ["p", "q", "r"]
  ) -> Panel {
    Panel(
      (0..<3).map { index in
        let agent = AgentKey(index + 1)
        return Seat(
          region: "r\(index)",
          voter: Voter(
            agent: agent, region: "r\(index)", domain: domains[index],
            presence: presence(
              agent, now: now, agentClock: clocks[index], boot: boots[index])))
      })
  }

  func finding(
    _ index: Int, _ kind: VoteKind, startedMs: Int64, at startedAt: Int64, boot: UInt64 = 1,
    answers: RoundID? = nil
  ) -> Event.Change {
    .observed(
      Observation(
        region: "r\(index)", agent: AgentKey(index + 1),
        boot: BootID(high: UInt64(index + 1), low: boot), epoch: 1, startedMs: startedMs,
        startedAt: startedAt, kind: kind, answers: answers))
  }

  /// A monitor that is up in three regions at `now`.
  func upState(now: Int64, _ panel: Panel, clocks: [Int64] = [0, 0, 0]) -> MonitorState {
    var state = MonitorState()
    let settings = Settings(epoch: 1, intervalMs: 60_000, timeoutMs: 10_000)
    _ = state.step(Event(at: now, panel: panel, .configured(settings)))
    for index in 0..<3 {
      let started = now - 100 + clocks[index]
      _ = state.step(
        Event(at: now, panel: panel, finding(index, .up, startedMs: started, at: started)))
    }
    #expect(state.verdict?.verdict == .up)
    return state
  }

  func asked(_ step: Step) -> Ask? {
    for case .askProbes(let ask) in step.directives { return ask }
    return nil
  }

  @Test func `clocks that are years off change nothing but what people read`() throws {
    let now: Int64 = 1_700_000_000_000
    let clocks: [Int64] = [-315_000_000_000, 3_600_000, 0]
    let panel = panel(now: now, clocks: clocks)
    var state = upState(now: now, panel, clocks: clocks)
    var ask: Ask?
    for index in 0..<3 {
      let started = now - 20 + clocks[index]
      let step = state.step(
        Event(
          at: now, panel: panel, finding(index, .attributable, startedMs: started, at: started)))
      ask = ask ?? asked(step)
    }
    let id = try #require(ask).id
    for index in 0..<3 {
      let started = now - 10 + clocks[index]
      _ = state.step(
        Event(
          at: now, panel: panel,
          finding(index, .attributable, startedMs: started, at: started, answers: id)))
    }
    #expect(state.verdict?.verdict == .down)
  }

  @Test func `only answers of the round count in it, not what a schedule happens to find`() throws {
    let now: Int64 = 1_700_000_000_000
    let panel = panel(now: now)
    var state = upState(now: now, panel)
    let first = state.step(
      Event(at: now, panel: panel, finding(0, .attributable, startedMs: now - 50, at: now - 50)))
    let id = try #require(asked(first)).id
    // All three fail by schedule; nobody has answered yet.
    for index in 0..<3 {
      _ = state.step(
        Event(
          at: now, panel: panel,
          finding(index, .attributable, startedMs: now - 10, at: now - 10)))
    }
    #expect(state.verdict?.verdict == .up)
    // An answer to another round is no answer to this one.
    let other = RoundID(episode: id.episode, round: 9)
    for index in 0..<3 {
      _ = state.step(
        Event(
          at: now, panel: panel,
          finding(index, .attributable, startedMs: now - 5, at: now - 5, answers: other)))
    }
    #expect(state.verdict?.verdict == .up)
    for index in 0..<3 {
      _ = state.step(
        Event(
          at: now, panel: panel,
          finding(index, .attributable, startedMs: now - 2, at: now - 2, answers: id)))
    }
    #expect(state.verdict?.verdict == .down)
  }

  @Test func `what an agent found before it restarted is history`() {
    let now: Int64 = 1_700_000_000_000
    var state = upState(now: now, panel(now: now))
    let later = now + 1_000
    let restarted = panel(now: later, boots: [2, 1, 1])
    let step = state.step(
      Event(
        at: later, panel: restarted,
        finding(0, .attributable, startedMs: later - 10, at: later - 10, boot: 1)))
    // Not an episode; the agent is asked as one without a vote.
    #expect(asked(step)?.purpose == nil || asked(step)?.purpose == .introduce)
    #expect(state.stage == .settled)
  }

  @Test func `failures of one provider alone are regional, not down`() throws {
    var world = World(policy: Policy(.majority, upCap: 1))
    world.domains = ["a": "p", "b": "p", "c": "q"]
    world.truth = { region, at in region != "c" && at >= 600_000 ? .refused : .up }
    world.run(until: 900_000)
    #expect(world.said == [.up, .regional])
    #expect(world.verdicts[1].regions == ["a", "b"])
  }

  @Test func `an ambiguous failure of an agent that is not trusted is neither yes nor no`() {
    #expect(Trust.distrusted(reason: "canaries").weigh(.ambiguous) == .unknown)
    #expect(Trust.distrusted(reason: "canaries").weigh(.attributable) == .attributable)
    #expect(Trust.distrusted(reason: "canaries").weigh(.up) == .up)
    #expect(Trust.trusted.weigh(.ambiguous) == .ambiguous)
  }

  @Test func `a voter that answers late holds its round, one that falls silent does not`() throws {
    let now: Int64 = 1_700_000_000_000
    let live = panel(now: now)
    var state = upState(now: now, live)
    let first = state.step(
      Event(at: now, panel: live, finding(0, .attributable, startedMs: now - 50, at: now - 50)))
    let id = try #require(asked(first)).id
    for index in 0..<2 {
      _ = state.step(
        Event(
          at: now, panel: live,
          finding(index, .attributable, startedMs: now - 2, at: now - 2, answers: id)))
    }
    #expect(state.verdict?.verdict == .up)
    // Region r2 has not answered. It may yet say up; its agent falls silent, and then it can't.
    var seats = live.seats
    seats[2].voter?.presence?.silent = true
    let step = state.step(Event(at: now + 500, panel: Panel(seats), .tick))
    #expect(state.verdict?.verdict == .down)
    guard case .recordVerdict(let record) = step.directives.first else {
      Issue.record("no verdict: \(step.directives)")
      return
    }
    #expect(record.ballots.map(\.uncounted) == [nil, nil, .silent])
  }
}
