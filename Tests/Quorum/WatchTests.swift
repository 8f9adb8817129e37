import Testing

@testable import Quorum

@Suite struct `An outage` {
  let minute: Int64 = 60_000

  func down(_ end: Int64, regions: [String] = ["a", "b", "c"], paceMs: Int64? = nil) -> World {
    var world = World(regions: regions)
    world.paceMs = paceMs
    world.truth = { _, at in (600_000..<600_000 + end).contains(at) ? .refused : .up }
    world.run(until: 600_000 + end + 5 * minute)
    return world
  }

  func watched(_ world: World) -> [(at: Int64, ask: Ask)] {
    world.asks.filter { $0.ask.purpose == .watch }
  }

  @Test func `is watched by one voter after the other, every five seconds and then every ten`() {
    let world = down(20 * minute)
    let asks = watched(world)
    #expect(asks.allSatisfy { $0.ask.voters.count == 1 })
    let turns = asks.prefix(6).map { $0.ask.voters[0].region }
    #expect(turns == ["a", "b", "c", "a", "b", "c"])
    let gaps = zip(asks, asks.dropFirst()).map { $1.at - $0.at }
    let early = gaps.prefix(110)
    let late = gaps.suffix(30)
    #expect(early.allSatisfy { $0 == 5_000 })
    #expect(late.allSatisfy { $0 == 10_000 })
    #expect(world.said == [.up, .down, .up])
    #expect(world.state.watch == nil)
  }

  @Test func `is watched no faster than the pace from outside`() {
    let asks = watched(down(10 * minute, paceMs: 30_000))
    #expect(!asks.isEmpty)
    #expect(zip(asks, asks.dropFirst()).allSatisfy { $1.at - $0.at == 30_000 })
  }

  @Test func `in a black hole asks nobody again before his probe had its time`() {
    var world = World(regions: ["a", "b"], timeoutMs: 30_000)
    world.truth = { _, at in at >= 600_000 ? .blackHole : .up }
    world.run(until: 900_000)
    let asks = watched(world)
    #expect(asks.count > 5)
    #expect(zip(asks, asks.dropFirst()).allSatisfy { $1.at - $0.at == 15_000 })
  }

  @Test(
    arguments: [
      // How long it has lasted (ms), voters, timeout and pace from outside (ms); how long after one
      // question the next is due.
      (0, 3, 10_000, nil, 5_000), (594_999, 3, 10_000, nil, 5_000),
      (595_000, 3, 10_000, nil, 10_000), (86_400_000, 3, 10_000, nil, 10_000),
      // Many monitors are down: no faster than that, and no slower for it.
      (0, 3, 10_000, 30_000, 30_000), (600_000, 3, 10_000, 30_000, 30_000),
      (0, 3, 10_000, 1_000, 5_000),
      // Nobody is asked before his last probe had its time.
      (0, 1, 10_000, nil, 10_000), (0, 2, 10_000, nil, 5_000), (0, 2, 30_000, nil, 15_000),
      (0, 3, 30_000, nil, 10_000), (600_000, 3, 60_000, nil, 20_000),
      (0, 3, 60_000, 30_000, 30_000),
      (0, 7, 30_001, nil, 5_000), (0, 3, 25_001, nil, 8_334),
    ] as [(Int64, Int, Int64, Int64?, Int64)])
  func `is asked about so often`(
    _ lasted: Int64, _ voters: Int, _ timeout: Int64, _ pace: Int64?, _ gap: Int64
  ) {
    var rig = Rig.down(voters == 1 ? 2 : voters)
    rig.settings.timeoutMs = timeout
    rig.state.settings?.timeoutMs = timeout
    if voters == 1 { rig.state.settings?.policy = Policy(.any) }
    rig.posts.removeLast(rig.posts.count - voters)
    rig.now += lasted
    rig.state.watch = Watch(since: rig.now - lasted, askedAt: rig.now, region: nil)
    let asked = rig.asks.count
    let panel = rig.panel
    for at in [rig.now + gap - 1, rig.now + gap] {
      let step = rig.state.step(Event(at: at, panel: panel, paceMs: pace, .tick))
      let watches = step.directives.contains {
        if case .askProbes(let ask) = $0 { ask.purpose == .watch } else { false }
      }
      #expect(watches == (at == rig.now + gap))
      #expect(watches || step.wakeAt == rig.now + gap)
    }
    #expect(rig.asks.count == asked)
  }

  @Test func `passes over regions that were up when it was confirmed`() {
    var world = World(policy: Policy(.nOfM(2)))
    world.truth = { region, at in region != "c" && at >= 600_000 ? .refused : .up }
    world.run(until: 900_000)
    #expect(world.said == [.up, .down])
    let regions = Set(watched(world).flatMap { $0.ask.voters.map(\.region) })
    #expect(regions == ["a", "b"])
  }

  /// Ends of outages spread over the interval, so that the schedule helps by chance alone.
  @Test(arguments: [["a", "b", "c"], ["a", "b", "c", "d", "e"]])
  func `is noticed to be over within 16 s in the middle and 21 s mostly`(_ regions: [String]) {
    var delays: [Int64] = []
    for number in Int64(0)..<40 {
      let end = 3 * minute + number * 1_511
      let world = down(end, regions: regions)
      #expect(world.said == [.up, .down, .up])
      delays.append((world.verdicts.last?.decidedAt ?? 0) - World.start - 600_000 - end)
    }
    delays.sort()
    #expect(delays[20] <= 16_000)
    #expect(delays[38] <= 21_000)
  }

  @Test func `whose state has a clock set back is watched on`() {
    var world = World()
    world.truth = { _, at in at >= 600_000 ? .refused : .up }
    world.run(until: 700_000)
    var state = world.state
    let before = state
    state.follow(clock: before.steppedAt - 3_600_000)
    #expect(state.watch?.since == before.watch.map { $0.since - 3_600_000 })
    #expect(state.watch?.askedAt == before.watch?.askedAt.map { $0 - 3_600_000 })
  }
}
