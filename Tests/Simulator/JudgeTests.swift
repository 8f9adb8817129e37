import JSON
import Testing

@testable import Simulator

@Suite struct `A judgement` {
  static let trace: WorldTrace = {
    var scenario = Scenario()
    scenario.brownoutShare = 0
    scenario.targets = 1
    return WorldTrace(scenario: scenario, seed: 5, length: Int64(WorldTrace.year))
  }()
  var judge: Judge { Judge(trace: Self.trace, target: Self.trace.target[0]) }
  var outages: [Span] { Self.trace.target[0].outages.map(\.span) }

  @Test func `of silence counts every outage as missed`() {
    let score = judge.score(Record())
    #expect(score.outages60 > 5 && score.missed60 == score.outages60)
    #expect(score.missed30 == score.outages30)
    #expect(score.partials5m > 0 && score.missedPartials5m == score.partials5m)
    #expect(score.falseDown == 0 && score.pages == 0)
  }

  @Test func `of the truth finds nothing wrong`() {
    var record = Record()
    record.down = outages.map { Span(start: $0.start + 8_000, end: $0.end + 12_000) }
    let score = judge.score(record)
    #expect(score.missed60 == 0 && score.missed30 == 0 && score.falseDown == 0)
    #expect(score.pagedOutages == outages.count)
    #expect((score.detectAnswered + score.detectBlackHole).allSatisfy { $0 == 8_000 })
    #expect(score.recover.allSatisfy { $0 == 12_000 })
    #expect(judge.mistake(record) == nil)
  }

  @Test func `calls a page false that no outage meets`() throws {
    let outage = try #require(outages.first)
    var record = Record()
    record.down = [
      Span(start: outage.start - 400_000, end: outage.start - 300_000),
      Span(start: outage.end + 60_000, end: outage.end + 70_000),
      Span(start: outage.end + 91_000, end: outage.end + 92_000),
    ]
    let score = judge.score(record)
    #expect(score.falseDown == 2 && score.pages == 1)
    #expect(judge.mistake(record)?.what == "a false page")
  }
}

@Suite struct `The figures` {
  @Test func `bear the names that are held steady`() async throws {
    var plan = SimulationPlan(targetYears: 0.02)
    plan.scenario.targets = 1
    let result = await Simulation.run(plan)
    let policies = try #require(result.json["policies"]?.elements)
    #expect(policies.compactMap { $0["name"]?.stringValue } == Simulation.policies)
    for name in [
      "false_down_per_target_year", "false_down_upper95", "missed_60s", "missed_30_60s",
      "detect_p50_s", "detect_p95_s", "recover_p50_s", "recover_p95_s", "pages_per_outage",
      "false_regional_per_target_year", "extra_probes",
    ] {
      #expect(policies.allSatisfy { $0[name] != nil }, "\(name)")
    }
    #expect(result.json["seeds"]?.elements.count == result.worlds.count)
    #expect(result.rows.allSatisfy { $0.count == SimulationResult.heading.count })
  }

  /// Bounds that so few target-years can attain: a rate of one a year would show.
  @Test func `of a small run are what the size can show`() async throws {
    var plan = SimulationPlan(
      targetYears: 0.5, policies: ["upblit", "single", "hetrix", "route53"])
    plan.scenario.targets = 4
    plan.scenario.outages = 200
    let result = await Simulation.run(plan)
    let ours = result.policies[0]
    #expect(ours.falseDown == 0)
    #expect(ours.missed60 == 0)
    #expect(ours.pagesPerOutage <= 1.05)
    let detect = try #require(ours.detectAnswered(0.5))
    #expect((4...10).contains(detect))
    let blackHole = try #require(ours.detectBlackHole(0.5))
    #expect((17...25).contains(blackHole))
    #expect(ours.extraProbes < 0.05)
    #expect((900...1_250).contains(result.policies[1].falseDown))
    #expect(result.policies[3].missed60 > 0.05)
  }

  @Test func `are drawn with a dot and a label each`() async {
    var plan = SimulationPlan(targetYears: 0.3)
    plan.scenario.targets = 1
    plan.scenario.outages = 100
    plan.scenario.name = "a <b> & c"
    plan.policies = ["upblit", "single", "route53"]
    let svg = await Simulation.run(plan).svg
    #expect(svg.hasPrefix("<svg") && svg.hasSuffix("</svg>\n"))
    #expect(svg.split(separator: "<circle").count == 4)
    for name in plan.policies { #expect(svg.contains(">\(name)</text>")) }
    #expect(svg.contains("a &lt;b&gt; &amp; c"))
    #expect(!svg.contains("nan") && !svg.contains("inf"))
  }
}
