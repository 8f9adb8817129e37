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

  /// The target counts what it refuses as well: asked again within 20 s, the second would refuse for
  /// ever, however well it is.
  @Test(arguments: [World.Finding.refused, .blackHole], [(3, Int64(10_000)), (4, 20_000)])
  func `is left alone for a while, so that its recovery is seen and stays`(
    _ finding: World.Finding, _ limit: (probes: Int, withinMs: Int64)
  ) throws {
    for number in Int64(0)..<12 {
      var world = World(regions: five)
      world.limit = limit.probes
      world.limitMs = limit.withinMs
      let end = 15 * minute + number * 5_011
      world.truth = { _, at in (600_000..<end).contains(at) ? finding : .up }
      world.run(until: 25 * minute)
      #expect(world.said == [.up, .down, .up])
      let told = (world.verdicts.last?.decidedAt ?? 0) - World.start - end
      #expect((0...120_000).contains(told), "\(told) ms after the end")
    }
  }

  /// When a target that is down is asked next, counted from a question that it refused.
  enum Question: Sendable {
    /// Whether the outage is over: one voter is asked.
    case watch
    /// Whether it is, a voter having found it up: two rounds.
    case recovery
    /// The same, when not one voter was answered.
    case failedRecovery
  }

  @Test(arguments: [
    // Refusals take 20 ms, and the watch and a recovery that failed pause from then.
    (Question.watch, "l", Int64(30_020)), (.watch, "d", 5_000),
    (.recovery, "uuull", 30_000), (.recovery, "uuuul", 30_000), (.recovery, "uuuud", 10_000),
    (.failedRecovery, "lllll", 30_020), (.failedRecovery, "dlddd", 30_020),
    (.failedRecovery, "ddddd", 10_020),
  ])
  func `is not asked again for half a minute`(
    _ question: Question, _ word: String, _ pauseMs: Int64
  ) throws {
    var script = Script("uuuuu")
    script.goDown()
    let purpose: Ask.Purpose = question == .watch ? .watch : .recovery
    script.reply(purpose, [question == .watch ? String(repeating: word, count: 5) : word])
    let asks = script.world.asks.count
    if question != .watch { script.find("a", .up) }
    // Another up, so that a recovery that failed is tried again as soon as may be.
    if question == .failedRecovery {
      script.world.run(until: script.world.now + 1_000)
      script.find("b", .up)
    }
    script.world.run(until: script.world.now + 60_000)
    let next = Array(script.world.asks.dropFirst(asks).prefix(2))
    try #require(next.count == 2)
    #expect(next.allSatisfy { $0.ask.purpose == purpose })
    #expect(next[1].at - next[0].at == pauseMs)
  }

  @Test func `by a scheduled probe soon after a question is not down for that either`() {
    var world = World(regions: five)
    world.limit = 2
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
