import Testing

@testable import Quorum

/// Policies through whole episodes: what each makes of the same outages.
@Suite struct `Through whole episodes` {
  let minute: Int64 = 60_000

  func world(_ policy: Policy, failing: [String]) -> World {
    var world = World(policy: policy)
    let minute = minute
    world.truth = { region, at in
      failing.contains(region) && (10 * minute..<20 * minute).contains(at) ? .refused : .up
    }
    world.run(until: 30 * minute)
    return world
  }

  @Test(arguments: [
    (["a", "b"], true), (["a", "c"], true), (["b", "c"], false), (["a"], false),
    (["a", "b", "c"], true),
  ])
  func `weights decide where their sum is above half`(_ failing: [String], _ isDown: Bool) {
    let world = world(Policy(.weighted(["a": 3]), upCap: 1), failing: failing)
    #expect(world.said.contains(.down) == isDown)
    #expect(world.said.last == .up)
    #expect(world.incidents.count == 1 && world.incidents[0].endedAt != nil)
  }

  @Test(arguments: [
    (["a", "b", "c"], true), (["a", "b"], true), (["b", "c"], false),
  ])
  func `a region that must fail is needed for down`(_ failing: [String], _ isDown: Bool) {
    let world = world(Policy(.nOfM(2), mustFail: ["a"]), failing: failing)
    #expect(world.said.contains(.down) == isDown)
    #expect(world.said.last == .up)
    #expect(isDown || world.said.contains(.partial))
  }

  @Test func `while a region that must fail is silent, nothing can be said`() {
    var world = World(policy: Policy(.nOfM(2), mustFail: ["a"]))
    let minute = minute
    world.runs = { region, at in region != "a" || !(10 * minute..<20 * minute).contains(at) }
    world.truth = { _, at in (12 * minute..<18 * minute).contains(at) ? .refused : .up }
    world.run(until: 30 * minute)
    #expect(world.said == [.up, .unknown, .up])
  }

  @Test(arguments: [
    (["a", "b"], [Verdict.up, .down, .up]), (["c"], [.up]), (["a", "b", "c"], [.up, .down, .up]),
  ])
  func `a region that is ignored is shown and never counts`(
    _ failing: [String], _ said: [Verdict]
  ) throws {
    let world = world(Policy(.majority, ignored: ["c"]), failing: failing)
    #expect(world.said == said)
    for ask in world.asks where ask.ask.purpose == .confirm {
      #expect(!ask.ask.voters.contains { $0.region == "c" })
    }
    if said.count > 1 {
      let ballot = try #require(world.verdicts[1].ballots.first { $0.region == "c" })
      #expect(ballot.uncounted == .ignored)
      #expect(ballot.kind != nil)
    }
  }

  @Test func `with all but one region ignored, that one is believed after three failures`() {
    let world = world(Policy(.majority, ignored: ["b", "c"]), failing: ["a"])
    #expect(world.said == [.up, .down, .up])
    #expect(world.verdicts[1].solo)
  }

  @Test func `a listed region that an edit leaves out is listed no more`() {
    var world = World()
    let minute = minute
    world.truth = { region, at in region == "b" && at >= 10 * minute ? .refused : .up }
    world.run(until: 15 * minute)
    #expect(world.said == [.up, .regional])
    var edited = world.settings
    edited.policy.ignored = ["b"]
    world.step(.configured(edited))
    world.run(until: 16 * minute)
    #expect(world.said == [.up, .regional, .up])
    #expect(world.incidents[0].endedAt != nil)
  }

  @Test func `an agent that is trusted again need not find anew what it found`() {
    var world = World()
    let minute = minute
    world.trusts = { region, at in
      region == "b" && at < 12 * minute ? .distrusted(reason: "restarted") : .trusted
    }
    world.truth = { region, at in region == "b" && at >= 10 * minute ? .blackHole : .up }
    world.run(until: 12 * minute)
    #expect(world.said == [.up])
    world.run(until: 14 * minute)
    #expect(world.said == [.up, .regional])
  }
}
