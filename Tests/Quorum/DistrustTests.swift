import Model
import Testing

@testable import Quorum

@Suite struct `Distrust, as the engine reads it` {
  private static let now: Int64 = 1_700_000_000_000
  private let settings = Settings(epoch: 1, intervalMs: 60_000, timeoutMs: 10_000)

  private func panel(_ at: Int64, trust: Trust = .trusted) -> Panel {
    Panel(
      ["a", "b", "c"].enumerated().map { index, region in
        Seat(
          region: region,
          voter: Voter(
            agent: AgentKey(index), region: region, domain: region,
            presence: Presence(
              boot: .zero, heardAgoMs: 0, agentNowMs: at, watermarkMs: at, silent: false),
            trust: index == 0 ? trust : .trusted))
      })
  }

  private func finding(_ index: Int, _ kind: VoteKind, at: Int64) -> Event.Change {
    let isTimeout = kind == .ambiguous
    return .observed(
      Observation(
        region: ["a", "b", "c"][index], agent: AgentKey(index), boot: .zero, epoch: 1,
        startedMs: at, startedAt: at, kind: kind,
        evidence: Evidence(reason: isTimeout ? 201 : nil)))
  }

  /// A monitor that is up, but for the first agent, which timed out while it was not trusted.
  private func doubtful() -> MonitorState {
    var state = MonitorState()
    let distrusted = panel(Self.now, trust: .distrusted(reason: "canaries"))
    _ = state.step(Event(at: Self.now, panel: distrusted, .configured(settings)))
    for (index, kind) in [VoteKind.ambiguous, .up, .up].enumerated() {
      _ = state.step(
        Event(at: Self.now, panel: distrusted, finding(index, kind, at: Self.now - 100)))
    }
    return state
  }

  private func asked(_ step: Step) -> [Ask] {
    step.directives.compactMap { if case .askProbes(let ask) = $0 { ask } else { nil } }
  }

  @Test func `a failure of a distrusted agent opens nothing until the agent is trusted`() {
    var state = doubtful()
    #expect(state.stage == .settled)
    #expect(state.verdict?.verdict == .up)
    let distrusted = panel(Self.now + 20_000, trust: .distrusted(reason: "canaries"))
    let quiet = state.step(Event(at: Self.now + 20_000, panel: distrusted, .tick))
    #expect(asked(quiet).isEmpty)
    let trusted = panel(Self.now + 21_000)
    #expect(trusted.distrusting("a", "canaries")["a"]?.trust == .distrusted(reason: "canaries"))
    #expect(trusted.distrusting("a", "canaries")["b"]?.trust == .trusted)
    let step = state.step(Event(at: Self.now + 21_000, panel: trusted, .tick))
    #expect(asked(step).flatMap(\.voters).map(\.region) == ["a", "b", "c"])
  }

  @Test func `a slow probe of an agent that is not trusted opens nothing`() {
    var state = doubtful()
    let distrusted = panel(Self.now, trust: .distrusted(reason: "loop_lag"))
    let step = state.step(
      Event(at: Self.now, panel: distrusted, .overdue(region: "a", agent: 0)))
    #expect(asked(step).isEmpty && state.stage == .settled)
    _ = state.step(Event(at: Self.now, panel: distrusted, .overdue(region: "b", agent: 1)))
    #expect(state.stage != .settled)
  }

  @Test func `turning canaries off ends the distrust that they gave, and on asks for them`() {
    var trust = AgentTrust(hasCanaries: true)
    trust.take(.canaries(boot: .zero, startedMs: 5, failing: 5, of: 5), at: 10)
    trust.use(canaries: false)
    #expect(!trust.doubts.contains { $0.reason == .canaries })
    #expect(trust.weigh(endedMs: 0) == .unknown, "it has just begun")
    trust.take(.tick, at: 60_010)
    #expect(trust.weigh(endedMs: 0) == .counts)
    trust.use(canaries: true)
    #expect(trust.weigh(endedMs: 0) == .waits)
  }

  @Test func `a clock that is set back does not make distrust last`() {
    var trust = AgentTrust(hasCanaries: false)
    trust.take(.alive(boot: .zero, loopLagMs: 0, clockSteps: 0), at: 10_000_000)
    #expect(!trust.isTrusted)
    trust.take(.tick, at: 1_000)
    #expect(trust.wakeAt == 61_000)
    trust.take(.tick, at: 61_000)
    #expect(trust.isTrusted)
  }
}
