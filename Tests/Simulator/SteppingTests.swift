import JSON
import Quorum
import Testing

@testable import Simulator

/// A world in which much goes wrong in little time.
func busyScenario() -> Scenario {
  var scenario = Scenario()
  scenario.targets = 6
  scenario.outages = 300
  scenario.outageLongMedian = 600
  scenario.partials = 300
  scenario.partialLongMedian = 1_200
  scenario.networkFaults = 200
  scenario.stalls = 500
  scenario.partitions = 200
  scenario.restarts = 40
  scenario.restartBurst = 3
  scenario.providerFaults = 60
  scenario.collectorFaults = 60
  scenario.transits = 100
  scenario.contentNetworkOutages = 60
  scenario.edits = 200
  scenario.editInRound = 0.05
  return scenario
}

@Suite struct `Skipping quiet stretches` {
  @Test(arguments: [UInt64(1), 2], [true, false])
  func `changes nothing of what is said`(seed: UInt64, canaries: Bool) throws {
    var scenario = busyScenario()
    scenario.canaries = canaries
    var plan = SimulationPlan(
      scenario: scenario, seed: seed, targetYears: 0.08, policies: ["upblit", "upblit-lean"])
    let skipped = try #require(Simulation.world(0, of: plan))
    plan.fullStepping = true
    let stepped = try #require(Simulation.world(0, of: plan))
    #expect(skipped.scores[0].steps > 1_000)
    #expect(skipped.scores[0].pages > 5)
    #expect(skipped.scores == stepped.scores)
  }

  @Test(arguments: [0.002, 0.05])
  func `passes over no probe that finds anything but an ordinary up`(loss: Double) {
    var scenario = busyScenario()
    scenario.loss = loss
    let trace = WorldTrace(scenario: scenario, seed: 7, length: 20 * 86_400_000)
    let interval = scenario.intervalMs
    for target in trace.target.prefix(3) {
      for agent in 0..<trace.agents {
        for (stretch, offset) in [(Int64(1), Int64(0)), (5, 1_234)] {
          let phase = trace.phase(target.index, agent, interval: interval) + offset
          let period = interval * stretch
          var next = target.nextSuspect(agent, from: 0, phase: phase, period: period)
          var suspects = 0
          for due in stride(from: phase, to: trace.length, by: Int(period)) {
            if due == next {
              suspects += 1
              next = target.nextSuspect(agent, from: due + 1, phase: phase, period: period)
            } else {
              let finding = target.scheduled(agent, at: due)
              #expect(finding?.kind == .up && (finding?.tookMs ?? 0) < 1_500)
            }
          }
          #expect(suspects > 10)
        }
      }
    }
  }
}

@Suite struct `A seed` {
  @Test func `gives the same figures however many worlds pass side by side`() async {
    var plan = SimulationPlan(scenario: busyScenario(), seed: 3, targetYears: 0.2)
    plan.worldYears = 0.01
    #expect(plan.worlds == 4)
    let one = await Simulation.run(plan)
    plan.jobs = 3
    let three = await Simulation.run(plan)
    #expect(one.json.text == three.json.text)
  }

  @Test func `is another world than the next`() {
    let first = WorldTrace(scenario: Scenario(), seed: 1, length: 40 * 86_400_000)
    let second = WorldTrace(scenario: Scenario(), seed: 2, length: 40 * 86_400_000)
    #expect(first.target[0].partials != second.target[0].partials)
    let again = WorldTrace(scenario: Scenario(), seed: 1, length: 40 * 86_400_000)
    #expect(first.target[0].partials == again.target[0].partials)
    #expect(first.cuts == again.cuts)
  }
}
