import Testing

@testable import Quorum

@Suite struct `Being slow` {
  let minute: Int64 = 60_000

  @Test(
    arguments: [
      // Where it is slow, from and to (minutes), and what is said.
      (["b", "c"], 10, 20, [Verdict.up, .degraded, .up]),
      (["a", "b", "c"], 10, 20, [.up, .degraded, .up]),
      (["b"], 10, 20, [.up]), (["b", "c"], 10, 12, [.up]),
      (["b", "c"], 10, 16, [.up, .degraded, .up]),
    ] as [([String], Int64, Int64, [Verdict])])
  func `of most voters for three cycles is degraded, and up again likewise`(
    _ regions: [String], _ from: Int64, _ to: Int64, _ said: [Verdict]
  ) {
    var world = World()
    let minute = minute
    world.truth = { region, at in
      regions.contains(region) && (from * minute..<to * minute).contains(at) ? .degraded : .up
    }
    world.run(until: 40 * minute)
    #expect(world.said == said)
    #expect(world.incidents.isEmpty)
    guard said.count > 1 else { return }
    // Told after three intervals at the earliest, and dated back to when most came to be slow.
    let degraded = world.verdicts[1]
    #expect(degraded.decidedAt - degraded.startedAt >= 3 * minute)
    #expect(degraded.decidedAt - World.start <= (from + 5) * minute)
    #expect(degraded.startedAt - World.start <= (from + 1) * minute + 1_000)
    #expect(world.verdicts[2].startedAt - World.start <= (to + 1) * minute + 1_000)
    #expect(world.state.slowness == nil)
  }

  @Test func `at the boundary neither flaps nor counts events`() {
    var world = World(intervalS: 10)
    let minute = minute
    // Slow and quick in turn, every 15 s: a majority is slow again and again, never for long.
    world.truth = { _, at in
      at > 5 * minute && at / 15_000 % 2 == 0 ? .degraded : .up
    }
    world.run(until: 60 * minute)
    #expect(world.verdicts.count <= 5, "\(world.said)")
  }

  @Test(arguments: [
    // What is seen at each cycle's end, and after which of them the opposite is said.
    ("sss", [3]), ("ssuss", []), ("ssusss", [6]), ("sssuuu", [3, 6]), ("sssuusuuu", [3, 9]),
    ("uuuu", []),
  ])
  func `is told by cycles in a row`(_ ends: String, _ turns: [Int]) {
    var slowness = Slowness()
    var turned: [Int] = []
    var now: Int64 = 0
    for (index, letter) in ends.enumerated() {
      // Anything may be seen within a cycle; its end decides.
      _ = slowness.look(isSlow: !slowness.isDegraded, at: now, intervalMs: 60_000, cycles: 3)
      now += 60_000
      let since = slowness.look(isSlow: letter == "s", at: now, intervalMs: 60_000, cycles: 3)
      if since != nil { turned.append(index + 1) }
    }
    #expect(turned == turns)
  }

  @Test func `for many cycles without a step is one cycle`() {
    var slowness = Slowness()
    #expect(slowness.look(isSlow: true, at: 0, intervalMs: 60_000, cycles: 3) == nil)
    #expect(slowness.look(isSlow: true, at: 6_000_000, intervalMs: 60_000, cycles: 3) == nil)
    #expect(slowness.cycles == 1)
    slowness.interrupt()
    #expect(slowness.look(isSlow: true, at: 6_060_000, intervalMs: 60_000, cycles: 3) == nil)
    #expect(slowness.cycles == 0)
  }
}
