import Testing

@testable import Quorum

@Suite struct `A penalty for going down` {
  let minute: Int64 = 60_000

  @Test func `halves every quarter of an hour, by whole minutes`() {
    var damping = Damping()
    damping.add(at: 0)
    for (minutes, left) in [(0, 1_000), (15, 500), (30, 250), (45, 125), (60, 62)] {
      #expect(damping.penalty(at: Int64(minutes) * minute) == Int64(left))
      #expect(damping.penalty(at: Int64(minutes) * minute + 59_999) == Int64(left))
    }
    #expect(damping.penalty(at: 5 * minute) == 793)
    #expect(damping.penalty(at: .max) == 0)
    // A clock that was set back takes nothing away and adds nothing.
    #expect(damping.penalty(at: -minute) == 1_000)
    for moment in Int64(0)..<200 {
      #expect(damping.penalty(at: moment * minute) >= damping.penalty(at: (moment + 1) * minute))
    }
  }

  @Test(
    arguments: [
      // Minutes at which it goes down, and whether it is suppressed after the last.
      ([0], false), ([0, 1], false), ([0, 0], false), ([0, 5, 10], true), ([0, 10, 20], true),
      ([0, 15, 30], false), ([0, 15, 30, 45, 60, 75, 90], false), ([0, 14, 28, 42, 56], true),
      ([0, 60, 120], false),
    ] as [([Int64], Bool)])
  func `suppresses above two thousand`(_ downs: [Int64], _ isSuppressing: Bool) {
    var damping = Damping()
    for down in downs { damping.add(at: down * minute) }
    #expect(damping.isSuppressing == isSuppressing)
  }

  @Test func `lets go below 750, and within an hour of the last down however many there were`()
    throws
  {
    var damping = Damping()
    for down in 0..<3 { damping.add(at: Int64(down) * minute) }
    let end = try #require(damping.relaxesAt)
    #expect(damping.penalty(at: end - 1) >= 750 && damping.penalty(at: end) < 750)
    var early = damping
    let answers = [early.relax(at: end - 1), damping.relax(at: end), damping.relax(at: end)]
    #expect(answers == [false, true, false])
    #expect(early.isSuppressing)
    #expect(damping.relaxesAt == nil)

    var worst = Damping()
    for down in 0..<500 { worst.add(at: Int64(down) * 10_000) }
    #expect(worst.relaxesAt == 499 * 10_000 + 60 * minute)
  }
}

@Suite struct `A monitor that flaps` {
  let minute: Int64 = 60_000

  /// Down for `lasts` from each of these minutes on.
  func world(_ downs: [Int64], lasts: Int64, until end: Int64) -> World {
    var world = World()
    let minute = minute
    world.truth = { _, at in
      downs.contains { ($0 * minute..<$0 * minute + lasts).contains(at) } ? .refused : .up
    }
    world.run(until: end * minute)
    return world
  }

  @Test func `pages twice, says once that it flaps, and then that it is steady`() {
    let world = world([10, 14, 18, 22, 26], lasts: 100_000, until: 120)
    // Everything is on record.
    #expect(world.said == [.up, .down, .up, .down, .up, .down, .up, .down, .up, .down, .up])
    #expect(world.incidents.count == 5)
    #expect(
      world.told == [
        "began page down", "ended notify down", "began page down", "ended notify down",
        "flapping page down", "steady notify up",
      ])
    #expect(world.marks.map(\.mark) == [.flapping, .flapping, .flapping])
    #expect(world.state.damping == nil || world.state.damping?.isSuppressing == false)
  }

  @Test func `breaks through when it stays down for five minutes`() throws {
    let world = world([10, 14, 18], lasts: 100_000, until: 19)
    #expect(world.told.last == "flapping page down")
    var staying = World()
    let minute = minute
    staying.truth = { _, at in
      at >= 18 * minute || [10, 14].contains { ($0 * minute..<$0 * minute + 100_000).contains(at) }
        ? .refused : .up
    }
    staying.run(until: 40 * minute)
    #expect(staying.told.suffix(2) == ["flapping page down", "began page down"])
    let flapping = try #require(staying.notices.dropLast().last)
    let through = try #require(staying.notices.last)
    #expect(through.at - flapping.at == 5 * minute)
  }

  @Test func `seldom enough is told every time`() {
    let world = world([10, 40, 70, 100], lasts: 100_000, until: 130)
    #expect(world.told.filter { $0 == "began page down" }.count == 4)
    #expect(!world.told.contains { $0.hasPrefix("flapping") })
  }
}
