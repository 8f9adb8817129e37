import Testing

@testable import Quorum

@Suite struct `A planned maintenance` {
  let minute: Int64 = 60_000

  /// From minute 10 to 20; the target is down from one minute to another.
  func world(down from: Int64, _ to: Int64, _ finding: World.Finding = .refused) -> World {
    var world = World()
    let minute = minute
    world.truth = { _, at in (from * minute..<to * minute).contains(at) ? finding : .up }
    world.run(until: 10 * minute)
    world.step(.maintenance(.began))
    world.run(until: 20 * minute)
    world.step(.maintenance(.ended))
    world.run(until: 40 * minute)
    return world
  }

  @Test func `is decided upon and told to nobody`() {
    let world = world(down: 12, 18)
    #expect(world.said == [.up, .down, .up])
    #expect(world.told.isEmpty)
    #expect(world.marks.map(\.mark) == [.maintenance])
    #expect(world.incidents.count == 1)
    #expect(world.state.damping == nil)
    #expect(world.state.maintenance == nil)
  }

  @Test(arguments: [World.Finding.refused, .blackHole])
  func `ends with a fresh round, and what is down then is told`(_ finding: World.Finding) throws {
    let world = world(down: 12, 30, finding)
    #expect(world.said == [.up, .down, .up])
    #expect(world.told == ["began page down", "ended notify down"])
    let page = try #require(world.notices.first)
    #expect((20 * minute...21 * minute).contains(page.at))
    let fresh = world.asks.first { $0.at >= 20 * minute && $0.ask.purpose == .recovery }
    #expect(fresh?.at == 20 * minute)
    #expect(fresh?.ask.voters.count == 3)
  }

  @Test func `of a target that is well ends with a round that says so`() {
    let world = world(down: 100, 101)
    #expect(world.said == [.up])
    #expect(world.told.isEmpty)
    let asks = world.asks.filter { $0.at >= 20 * minute }
    #expect(asks.map(\.ask.purpose) == [.confirm])
    #expect(asks.first?.at == 20 * minute)
    #expect(world.state.maintenance == nil)
  }

  @Test func `that begins in an outage marks it, and its end is told to those who were told`() {
    let world = world(down: 5, 15)
    #expect(world.told == ["began page down", "ended notify down"])
    #expect(world.marks.map(\.mark) == [.maintenance])
  }

  @Test func `does not swallow what begins just before its end`() throws {
    let world = world(down: 19, 30)
    #expect(world.told == ["began page down", "ended notify down"])
    #expect(try #require(world.notices.first).at <= 21 * minute)
  }

  @Test func `with nobody to ask at its end does not last`() {
    var world = World()
    let minute = minute
    world.runs = { _, at in at < 15 * minute }
    world.run(until: 10 * minute)
    world.step(.maintenance(.began))
    world.run(until: 20 * minute)
    #expect(world.said == [.up, .unknown])
    #expect(world.told.isEmpty)
    world.step(.maintenance(.ended))
    #expect(world.state.maintenance == nil)
    #expect(world.told == ["began admins unknown"])
  }

  @Test func `that follows on another at once is one`() {
    var world = World()
    let minute = minute
    world.truth = { _, at in at >= 12 * minute ? .refused : .up }
    world.run(until: 10 * minute)
    world.step(.maintenance(.began))
    world.run(until: 20 * minute)
    world.step(.maintenance(.ended))
    world.step(.maintenance(.began))
    world.run(until: 25 * minute)
    #expect(world.told.isEmpty)
    world.step(.maintenance(.ended))
    world.run(until: 26 * minute)
    #expect(world.told == ["began page down"])
  }
}
