import Model
import Testing

@testable import Quorum

/// Results that come hours late, in any order: a hundred thousand of them, over ten random logs.
@Suite struct `Late data` {
  static let regions = ["a", "b", "c", "d", "e"]

  /// A monitor whose agents answer what they are asked by what holds now.
  struct Scene {
    var state = MonitorState()
    var now: Int64 = 10_000_000
    var failing: Set<String>
    /// Directives other than questions.
    var said: [Directive] = []

    var panel: Panel {
      Panel(
        regions.enumerated().map { index, region in
          let presence = Presence(
            boot: BootID(high: 0, low: UInt64(index)), heardAgoMs: 0, agentNowMs: now,
            watermarkMs: now - 1_000, silent: false)
          return Seat(
            region: region,
            voter: Voter(
              agent: AgentKey(index + 1), region: region, domain: "p\(index)", presence: presence))
        })
    }

    func finding(_ index: Int, _ kind: VoteKind, agoMs: Int64, _ answers: RoundID?) -> Observation {
      Observation(
        region: regions[index], agent: AgentKey(index + 1),
        boot: BootID(high: 0, low: UInt64(index)), epoch: 1, startedMs: now - agoMs,
        startedAt: now - agoMs, kind: kind, answers: answers)
    }

    mutating func step(_ change: Event.Change) {
      var changes = [change]
      while !changes.isEmpty {
        let step = state.step(Event(at: now, panel: panel, changes.removeFirst()))
        for directive in step.directives {
          guard case .askProbes(let ask) = directive else {
            said.append(directive)
            continue
          }
          for voter in ask.voters {
            let kind: VoteKind = failing.contains(voter.region) ? .attributable : .up
            changes.append(.observed(finding(Int(voter.agent) - 1, kind, agoMs: 10, ask.id)))
          }
        }
      }
    }

    /// Whether anything was opened, closed, changed or told.
    var hasActed: Bool {
      said.contains {
        switch $0 {
        case .openIncident, .changeSeverity, .closeIncident, .tell, .markIncident, .recordVerdict:
          true
        case .forgetVote, .askProbes: false
        }
      }
    }
  }

  static let limitMs = Freshness.limitMs(intervalMs: 60_000, timeoutMs: 10_000)

  /// The questions of the open rounds, which late answers may name.
  func open(_ state: MonitorState) -> [RoundID] {
    switch state.stage {
    case .settled, .down: []
    case .suspect(let episode), .recovering(let episode): episode.rounds.map(\.id)
    }
  }

  @Test(arguments: 0..<10)
  func `opens and closes nothing, however much comes in whatever order`(_ seed: Int) {
    let failing: [Set<String>] = [[], Set(Self.regions), ["b"], ["a", "d"], []]
    let verdicts: [Verdict] = [.up, .down, .regional, .partial, .up]
    var random = SplitMix(seed: UInt64(seed))
    var scene = Scene(failing: failing[seed % 5])
    scene.step(.configured(Settings(epoch: 1, intervalMs: 60_000, timeoutMs: 10_000)))
    // Long enough for every episode to be over and everything to be told.
    for _ in 0..<200 {
      scene.now += 1_000
      scene.step(.tick)
    }
    #expect(scene.state.verdict?.verdict == verdicts[seed % 5])
    let before = scene.state
    scene.said = []

    for number in 0..<10_000 {
      if number % 4 == 0 { scene.now += 25 }
      let kind = VoteKind.allCases[Int(random.next() % UInt64(VoteKind.allCases.count))]
      let ago = Self.limitMs + 1 + Int64(random.next() % 7_200_000)
      var answers = open(scene.state).last
      if answers == nil || random.next() % 2 == 0 {
        answers = RoundID(
          episode: Int32(random.next() % UInt64(max(1, scene.state.episodes))), round: 1)
      }
      let late = scene.finding(
        Int(random.next() % 5), kind, agoMs: ago, random.next() % 3 == 0 ? nil : answers)
      scene.step(.observed(late))
    }
    #expect(!scene.hasActed, "seed \(seed): \(scene.said.prefix(3))")
    #expect(scene.state.verdict == before.verdict, "seed \(seed)")
    #expect(scene.state.incident == before.incident, "seed \(seed)")
    #expect(scene.state.attention == before.attention, "seed \(seed)")
    #expect(scene.state.listed.map(\.region) == before.listed.map(\.region), "seed \(seed)")
  }
}
