import Testing

@testable import Quorum

@Suite struct `A target that refuses to be asked too often` {
  let minute: Int64 = 60_000
  let five = ["a", "b", "c", "d", "e"]

  @Test func `is not down for what the questions themselves brought about`() {
    var world = World(regions: five)
    world.refusesQuestions = true
    // Two regions of five fail of their own accord, and everyone who is asked is refused.
    world.truth = { region, at in
      region < "c" && (300_000..<600_000).contains(at) ? .blackHole : .up
    }
    world.run(until: 15 * minute)
    #expect(!world.said.contains(.down))
    #expect(world.said.last == .up)
  }

  @Test func `is down if it fails in the eyes of the schedule as well`() {
    var world = World(regions: five)
    world.truth = { _, at in at >= 5 * 60_000 ? .tooMany : .up }
    world.run(until: 8 * minute)
    #expect(world.said == [.up, .down])
    #expect((world.verdicts.last?.decidedAt ?? 0) - World.start <= 6 * minute + 30_000)
  }

  @Test func `is asked no more because of a single refusal`() {
    var world = World(regions: five)
    world.truth = { region, at in
      region == "b" && (300_000..<360_000).contains(at) ? .tooMany : .up
    }
    world.run(until: 5 * minute)
    let asked = world.asks.count
    world.run(until: 8 * minute)
    #expect(world.asks.count == asked)
    #expect(world.said == [.up])
  }

  @Test(arguments: [World.Finding.refused, .blackHole])
  func `is left alone for a while, so that its recovery is seen and stays`(
    _ finding: World.Finding
  ) throws {
    for number in Int64(0)..<20 {
      var world = World(regions: five)
      world.mostInTenSeconds = 3
      let end = 20 * minute + number * 3_011
      world.truth = { _, at in (600_000..<end).contains(at) ? finding : .up }
      world.run(until: 60 * minute)
      #expect(world.said == [.up, .down, .up])
      let told = (world.verdicts.last?.decidedAt ?? 0) - World.start - end
      #expect((0...90_000).contains(told), "\(told) ms after the end")
    }
  }

  @Test func `by a scheduled probe soon after a question is not down for that either`() {
    var world = World(regions: five)
    world.mostInTenSeconds = 2
    // One probe in ten is lost, now here and now there.
    world.truth = { region, at in
      let draw = Int(at / 1_000) &* 7_919 &+ region.utf8.reduce(0) { $0 &+ Int($1) } &* 104_729
      return draw % 10 == 0 ? .refused : .up
    }
    world.run(until: 300 * minute)
    #expect(world.asks.count > 50)
    #expect(!world.said.contains(.down))
  }

  @Test func `is still found down by those that it answers`() {
    func ballot(_ region: String, _ kind: VoteKind, _ why: Ballot.Uncounted? = nil) -> Ballot {
      var ballot = Ballot(region: region, agent: 1, domain: region)
      ballot.kind = kind
      ballot.uncounted = why
      return ballot
    }
    let refused = [
      ballot("a", .attributable, .limited), ballot("b", .attributable, .limited),
    ]
    let three = five.suffix(3).map { ballot($0, .attributable) }
    #expect(Tally(refused + three, policy: .standard).isDown)
    // Two of five are no majority, though nobody else had a say.
    let two = [ballot("c", .attributable, .limited)] + five.suffix(2).map { ballot($0, .ambiguous) }
    #expect(!Tally(refused + two, policy: .standard).isDown)
    #expect(!Tally(refused, policy: .standard).hasQuorum)
  }
}
