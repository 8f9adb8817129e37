import Testing

@testable import Quorum

/// The table of live agents, each row through a whole episode: what is said of an outage by how many
/// agents are heard, how many regions are assigned, and how many of them fail.
@Suite struct `With so many live agents` {
  static let minute: Int64 = 60_000

  struct Row: CustomTestStringConvertible {
    var assigned: Int
    var live: Int
    var failing: Int
    /// Of the live, those that learn nothing.
    var lost = 0
    /// What is said from the outage's beginning to its end, without what comes of its edges.
    var worst: Verdict

    var testDescription: String {
      "\(assigned) assigned, \(live) live, \(failing) failing, \(lost) unknown: \(worst)"
    }
  }

  static let rows: [Row] = [
    // None: never down.
    Row(assigned: 1, live: 0, failing: 0, worst: .unknown),
    Row(assigned: 3, live: 0, failing: 0, worst: .unknown),
    Row(assigned: 5, live: 0, failing: 0, worst: .unknown),
    // One: never where more are assigned, else by three failures.
    Row(assigned: 2, live: 1, failing: 1, worst: .unknown),
    Row(assigned: 3, live: 1, failing: 1, worst: .unknown),
    Row(assigned: 5, live: 1, failing: 1, worst: .unknown),
    Row(assigned: 1, live: 1, failing: 1, worst: .down),
    // Two: both.
    Row(assigned: 2, live: 2, failing: 2, worst: .down),
    Row(assigned: 2, live: 2, failing: 1, worst: .regional),
    Row(assigned: 3, live: 2, failing: 2, worst: .down),
    Row(assigned: 3, live: 2, failing: 1, worst: .regional),
    // Three: none up, two or more down.
    Row(assigned: 3, live: 3, failing: 3, worst: .down),
    Row(assigned: 3, live: 3, failing: 2, lost: 1, worst: .down),
    Row(assigned: 3, live: 3, failing: 2, worst: .partial),
    Row(assigned: 3, live: 3, failing: 1, worst: .regional),
    Row(assigned: 5, live: 3, failing: 3, worst: .down),
    Row(assigned: 5, live: 3, failing: 2, worst: .partial),
    // Four: none up, two or more down, and the target's own word of half of them.
    Row(assigned: 4, live: 4, failing: 4, worst: .down),
    Row(assigned: 4, live: 4, failing: 3, lost: 1, worst: .down),
    Row(assigned: 4, live: 4, failing: 2, lost: 2, worst: .down),
    Row(assigned: 4, live: 4, failing: 3, worst: .partial),
    Row(assigned: 4, live: 4, failing: 1, lost: 3, worst: .unknown),
    Row(assigned: 5, live: 4, failing: 4, worst: .down),
    Row(assigned: 5, live: 4, failing: 3, worst: .partial),
    // Five: at most one up, three or more down.
    Row(assigned: 5, live: 5, failing: 5, worst: .down),
    Row(assigned: 5, live: 5, failing: 4, worst: .down),
    Row(assigned: 5, live: 5, failing: 3, lost: 2, worst: .down),
    Row(assigned: 5, live: 5, failing: 3, lost: 1, worst: .partial),
    Row(assigned: 5, live: 5, failing: 3, worst: .partial),
    Row(assigned: 5, live: 5, failing: 2, worst: .partial),
    Row(assigned: 5, live: 5, failing: 1, worst: .regional),
    // N: at most a fifth up.
    Row(assigned: 6, live: 6, failing: 5, worst: .down),
    Row(assigned: 6, live: 6, failing: 4, worst: .partial),
    Row(assigned: 7, live: 7, failing: 6, worst: .down),
    Row(assigned: 7, live: 7, failing: 5, worst: .partial),
    Row(assigned: 8, live: 8, failing: 7, worst: .down),
    Row(assigned: 8, live: 8, failing: 6, worst: .partial),
    Row(assigned: 9, live: 9, failing: 8, worst: .down),
    Row(assigned: 9, live: 9, failing: 7, worst: .partial),
    Row(assigned: 10, live: 6, failing: 5, worst: .down),
    Row(assigned: 10, live: 6, failing: 4, worst: .partial),
    Row(assigned: 10, live: 10, failing: 10, worst: .down),
    Row(assigned: 10, live: 10, failing: 8, worst: .down),
    Row(assigned: 10, live: 10, failing: 7, worst: .partial),
    Row(assigned: 10, live: 10, failing: 2, worst: .regional),
    Row(assigned: 10, live: 10, failing: 1, worst: .regional),
  ]

  func world(_ row: Row, _ finding: World.Finding) -> World {
    let regions = (0..<row.assigned).map { "r\($0)" }
    var world = World(regions: regions)
    let minute = Self.minute
    let live = Set(regions.prefix(row.live))
    let failing = Set(regions.prefix(row.failing))
    let lost = Set(regions.dropFirst(row.failing).prefix(row.lost))
    world.runs = { region, at in at < 5 * minute || live.contains(region) }
    world.truth = { region, at in
      guard (10 * minute..<20 * minute).contains(at) else { return .up }
      if failing.contains(region) { return finding }
      return lost.contains(region) ? .lost : .up
    }
    world.run(until: 20 * minute)
    return world
  }

  @Test(arguments: rows, [World.Finding.refused, .blackHole])
  func `the worst that is said is`(_ row: Row, _ finding: World.Finding) throws {
    var world = world(row, finding)
    let minute = Self.minute
    let ranks: [Verdict] = [.up, .degraded, .unknown, .regional, .partial, .down]
    let worst = world.said.compactMap { ranks.firstIndex(of: $0) }.max()
    #expect(worst.map { ranks[$0] } == row.worst)
    if row.worst == .down {
      #expect(world.verdicts.contains { $0.verdict == .down && $0.solo == (row.assigned == 1) })
    }
    // Whatever was said ends with the outage, as far as anybody sees it.
    world.run(until: 40 * minute)
    let sees = row.live >= min(2, row.assigned)
    #expect(world.said.last == (sees ? .up : .unknown))
    #expect(world.incidents.last?.endedAt != nil || !sees)
  }

  @Test(arguments: [World.Finding.refused, .blackHole])
  func `of which one of two sees the target, it is regional within about a minute`(
    _ finding: World.Finding
  ) throws {
    let world = world(Row(assigned: 2, live: 2, failing: 1, worst: .regional), finding)
    let regional = try #require(world.verdicts.first { $0.verdict == .regional })
    #expect(regional.decidedAt - regional.startedAt <= 75_000)
    #expect(regional.regions == ["r0"])
    #expect(world.told == ["began notify regional"])
  }

  @Test func `a start is warmed up for before its ambiguous failures count`() {
    for warm in [false, true] {
      var world = World()
      let minute = Self.minute
      // Two agents begin anew in minute 10, with the way to the target broken at both.
      world.trusts = { region, at in
        region != "c" && !warm && (10 * minute..<11 * minute).contains(at)
          ? .distrusted(reason: "restarted") : .trusted
      }
      world.truth = { _, at in (10 * minute..<11 * minute).contains(at) ? .blackHole : .up }
      world.run(until: 20 * minute)
      // Only the one trusted agent fails with a say: that is nothing to be sure of.
      #expect(world.said.contains(.down) == warm)
    }
  }

  @Test func `of which a start lasts, the outage is found once they are warm`() throws {
    var world = World()
    let minute = Self.minute
    world.trusts = { _, at in
      (10 * minute..<11 * minute).contains(at) ? .distrusted(reason: "restarted") : .trusted
    }
    world.truth = { _, at in at >= 10 * minute ? .blackHole : .up }
    world.run(until: 14 * minute)
    #expect(world.said.last == .down)
    let down = try #require(world.verdicts.last)
    #expect(down.decidedAt - World.start >= 11 * minute)
    #expect(down.decidedAt - World.start <= 12 * minute + 10_000)
  }
}
