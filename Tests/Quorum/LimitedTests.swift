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
