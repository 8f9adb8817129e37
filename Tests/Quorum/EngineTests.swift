import Model
import Testing

@testable import Quorum

@Suite struct `The decision engine` {
  let minute: Int64 = 60_000

  @Test func `a monitor that is up everywhere becomes up at once and stays so`() {
    var world = World()
    world.run(until: 30 * minute)
    #expect(world.said == [.up])
    #expect(world.verdicts[0].decidedAt - World.start < 1_000)
    #expect(world.incidents.isEmpty)
    #expect(world.asks.count == 1)
  }

  @Test func `a refusal everywhere is down at once, backdated to the first failure`() throws {
    var world = World()
    let minute = minute
    world.truth = { _, at in (10 * minute..<20 * minute).contains(at) ? .refused : .up }
    world.run(until: 30 * minute)
    #expect(world.said == [.up, .down, .up])
    let down = world.verdicts[1]
    #expect(down.decidedAt - down.startedAt < 500)
    #expect(down.startedAt - World.start >= 10 * minute)
    #expect(down.startedAt - World.start < 10 * minute + 20_000)
    #expect(down.ballots.count == 3)
    #expect(down.ballots.allSatisfy { $0.isCounted && $0.answers != nil })
    let incident = try #require(world.incidents.first)
    #expect(world.incidents.count == 1)
    #expect(incident.startedAt == down.startedAt - World.start)
    let ended = try #require(incident.endedAt)
    #expect((20 * minute...20 * minute + 20_000).contains(ended))
    // The notice follows the first success by the second round, 10 s later.
    #expect(world.verdicts[2].decidedAt - World.start - ended < 11_000)
  }

  @Test func `a black hole everywhere is down after a second round that did not wait`() throws {
    var world = World()
    let minute = minute
    world.truth = { _, at in (10 * minute..<20 * minute).contains(at) ? .blackHole : .up }
    world.run(until: 30 * minute)
    #expect(world.said == [.up, .down, .up])
    let down = world.verdicts[1]
    let rounds = world.asks.filter { $0.ask.purpose == .confirm }
    #expect(rounds.count >= 2)
    #expect(rounds[1].at - rounds[0].at == 2_000)
    #expect(down.decidedAt - down.startedAt <= 10_000 + 2_000 + 10_000 + 100)
    #expect(world.incidents.count == 1)
  }

  @Test func `one failed probe is transient and costs one round`() {
    var world = World()
    var failed = false
    world.truth = { region, at in
      guard region == "b", at > 600_000, !failed else { return .up }
      failed = true
      return .refused
    }
    world.run(until: 30 * minute)
    #expect(world.said == [.up])
    #expect(world.asks.filter { $0.ask.purpose == .confirm }.count == 1)
  }

  @Test(arguments: [World.Finding.refused, .blackHole])
  func `one region that fails persistently is regional and pages nobody`(
    _ finding: World.Finding
  ) throws {
    var world = World()
    let minute = minute
    world.truth = { region, at in
      region == "b" && (10 * minute..<20 * minute).contains(at) ? finding : .up
    }
    world.run(until: 30 * minute)
    #expect(world.said == [.up, .regional, .up])
    #expect(world.verdicts[1].regions == ["b"])
    #expect(world.incidents.map(\.severity) == [.regional])
    let ended = try #require(world.incidents[0].endedAt)
    #expect((20 * minute...21 * minute + 1_000).contains(ended))
  }

  @Test func `a region that fails in two rounds of three is asked once more before it is listed`() {
    let minute = minute
    for failing in [[0, 2], [0, 2, 3]] {
      var world = World()
      var first: Int64?
      world.truth = { region, at in
        guard region == "b", at >= 10 * minute else { return .up }
        let begun = first ?? at
        first = begun
        // The rounds come every 15 s, the first of them at once.
        return failing.contains(Int((at - begun) / 15_000)) ? .refused : .up
      }
      world.run(until: 30 * minute)
      #expect(world.said == (failing.count == 2 ? [.up] : [.up, .regional, .up]))
      #expect(world.asks.filter { $0.ask.purpose == .confirm }.count == 4)
    }
  }

  @Test func `while a region fails for its own reasons, one round of refusals is not enough`() {
    let minute = minute
    var world = World()
    var first: Int64?
    world.truth = { region, at in
      if region == "c" { return at >= 10 * minute ? .refused : .up }
      // Everybody is refused for as long as one round takes, and once.
      guard at >= 20 * minute else { return .up }
      let begun = first ?? at
      first = begun
      return at < begun + 1_000 ? .refused : .up
    }
    world.run(until: 29 * minute)
    #expect(world.said == [.up, .regional])
    #expect(world.asks.contains { $0.at > 20 * minute && $0.ask.purpose == .confirm })
  }

  @Test func `two of three regions that fail are partial, not down`() {
    var world = World()
    let minute = minute
    world.truth = { region, at in
      region != "b" && (10 * minute..<20 * minute).contains(at) ? .refused : .up
    }
    world.run(until: 30 * minute)
    #expect(world.said.first == .up)
    #expect(world.said.last == .up)
    #expect(world.said.contains(.partial))
    #expect(!world.said.contains(.down))
    #expect(world.incidents.count == 1)
    #expect(world.incidents[0].endedAt != nil)
  }

  @Test func `an outage that spreads raises the severity of the one incident`() {
    var world = World()
    let minute = minute
    world.truth = { region, at in
      if region == "a", at >= 10 * minute, at < 30 * minute { return .refused }
      return (20 * minute..<30 * minute).contains(at) ? .refused : .up
    }
    world.run(until: 40 * minute)
    #expect(world.said == [.up, .regional, .down, .up])
    #expect(world.incidents.count == 1)
    #expect(world.incidents[0].severity == .down)
    #expect(world.incidents[0].endedAt != nil)
  }

  @Test func `an outage that shrinks to a region is said so`() {
    var world = World()
    let minute = minute
    world.truth = { region, at in
      if region == "a", at >= 10 * minute, at < 30 * minute { return .refused }
      return (10 * minute..<20 * minute).contains(at) ? .refused : .up
    }
    world.run(until: 40 * minute)
    #expect(world.said == [.up, .down, .regional, .up])
    #expect(world.incidents.count == 1)
  }

  @Test func `silent agents make it unknown, for admins, and never down`() {
    var world = World()
    let minute = minute
    world.runs = { region, at in region == "a" || !(10 * minute..<20 * minute).contains(at) }
    world.truth = { region, at in
      region == "a" && (12 * minute..<18 * minute).contains(at) ? .refused : .up
    }
    world.run(until: 30 * minute)
    #expect(world.said.prefix(2) == [.up, .unknown])
    #expect(!world.said.contains(.down))
    #expect(world.said.last == .up)
    #expect(world.incidents.map(\.severity) == [.unknown])
    #expect(world.incidents[0].endedAt != nil)
  }

  @Test func `an outage does not end because nobody looks`() {
    var world = World()
    let minute = minute
    world.truth = { _, at in (10 * minute..<40 * minute).contains(at) ? .refused : .up }
    world.runs = { _, at in !(15 * minute..<20 * minute).contains(at) }
    world.run(until: 50 * minute)
    #expect(world.said == [.up, .down, .unknown, .down, .up])
    #expect(world.incidents.count == 1)
    #expect(world.incidents[0].severity == .down)
  }

  @Test func `most voters slow is degraded, without an incident`() {
    var world = World()
    let minute = minute
    world.truth = { region, at in
      region != "a" && (10 * minute..<20 * minute).contains(at) ? .degraded : .up
    }
    world.run(until: 30 * minute)
    #expect(world.said == [.up, .degraded, .up])
    #expect(world.incidents.isEmpty)
  }

  @Test func `one assigned region needs three failures over twenty seconds`() throws {
    var world = World(regions: ["a"])
    let minute = minute
    world.truth = { _, at in (10 * minute..<20 * minute).contains(at) ? .refused : .up }
    world.run(until: 30 * minute)
    #expect(world.said == [.up, .down, .up])
    #expect(world.verdicts[1].solo)
    #expect(world.verdicts[1].decidedAt - world.verdicts[1].startedAt >= 20_000)
  }

  @Test func `one assigned region that fails for ten seconds is not down`() {
    var world = World(regions: ["a"], intervalS: 10)
    world.truth = { _, at in (600_000..<612_000).contains(at) ? .refused : .up }
    world.run(until: 30 * minute)
    #expect(world.said == [.up])
  }

  @Test(arguments: [
    (Policy(.any), ["b"], true), (Policy(.nOfM(2)), ["b"], false),
    (Policy(.nOfM(2)), ["a", "b"], true), (Policy(.all), ["a", "b"], false),
    (Policy(.percent(60)), ["a", "b"], true), (Policy(.percent(70)), ["a", "b"], false),
    (Policy(.majority, upCap: 1), ["a", "b"], true), (.standard, ["a", "b"], false),
  ])
  func `each policy says when some regions are enough, and when they are well again`(
    _ policy: Policy, _ failing: [String], _ isDown: Bool
  ) {
    var world = World(policy: policy)
    let minute = minute
    world.truth = { region, at in
      failing.contains(region) && (10 * minute..<20 * minute).contains(at) ? .refused : .up
    }
    world.run(until: 30 * minute)
    #expect(world.said.contains(.down) == isDown)
    #expect(world.said.last == .up)
    #expect(world.incidents.count == 1)
    #expect(world.incidents[0].endedAt != nil)
  }

  @Test func `a flapping target neither floods nor confuses`() {
    var world = World(intervalS: 10)
    let minute = minute
    // Fails everywhere every other 40 s.
    world.truth = { _, at in
      at > 5 * minute && at < 25 * minute && at / 40_000 % 2 == 0 ? .refused : .up
    }
    world.run(until: 30 * minute)
    #expect(world.said.last == .up)
    #expect(world.incidents.allSatisfy { $0.severity == .down && $0.endedAt != nil })
    #expect(world.asks.count < 30 * 6)
  }

  @Test func `one assigned region that often learns nothing is believed in the end`() {
    var world = World(regions: ["a"])
    let minute = minute
    var count = 0
    world.truth = { _, at in
      guard at > 10 * minute else { return .up }
      count += 1
      return count % 2 == 1 ? .refused : .lost
    }
    world.run(until: 20 * minute)
    #expect(world.said == [.up, .down])
  }

  @Test func `an edit in the middle of an outage asks anew and closes it`() {
    var world = World()
    let minute = minute
    var edited = world.settings
    edited.epoch = 2
    world.truth = { _, at in at >= 10 * minute ? .refused : .up }
    world.run(until: 12 * minute)
    #expect(world.said == [.up, .down])
    // Findings of epoch 1 go on arriving; they are history.
    world.step(.configured(edited))
    world.run(until: 13 * minute)
    #expect(world.said == [.up, .down])
    let ask = world.asks.last { $0.ask.purpose == .recovery }
    #expect(ask?.ask.epoch == 2)
  }

  @Test func `a pause closes what is open and forgets`() {
    var world = World()
    let minute = minute
    world.truth = { _, at in at >= 10 * minute ? .refused : .up }
    world.run(until: 12 * minute)
    var paused = world.settings
    paused.active = false
    world.step(.configured(paused))
    #expect(world.incidents[0].endedAt == 12 * minute)
    #expect(world.state.votes.isEmpty)
    #expect(world.state.stage == .settled)
  }

  @Test func `an overdue probe opens the episode before its timeout`() {
    var world = World()
    let minute = minute
    world.truth = { _, at in at >= 10 * minute ? .blackHole : .up }
    world.run(until: 10 * minute + 200)
    world.step(.overdue(region: "a", agent: 1))
    #expect(world.asks.last?.ask.purpose == .confirm)
    world.run(until: 11 * minute)
    #expect(world.said == [.up, .down])
    #expect(world.verdicts[1].decidedAt - World.start <= 10 * minute + 200 + 13_100)
  }

  @Test func `a stand-in is asked for its vote at once`() {
    var world = World()
    world.run(until: 5 * minute)
    world.agents["b"] = 20
    world.boots[20] = BootID(high: 9, low: 9)
    world.run(until: 5 * minute + 2_000)
    #expect(world.asks.last?.ask.purpose == .introduce)
    #expect(world.asks.last?.ask.voters == [Ask.Asked(region: "b", agent: 20)])
    #expect(world.state.votes.contains { $0.observation.agent == 20 })
    #expect(world.said == [.up])
  }

  @Test func `the same log gives the same directives`() {
    var world = World()
    let minute = minute
    world.truth = { region, at in
      (10 * minute..<20 * minute).contains(at) && (region != "a" || at > 15 * minute)
        ? .blackHole : .up
    }
    world.run(until: 30 * minute)
    var again = MonitorState()
    var records: [VerdictRecord] = []
    for event in world.log {
      for case .recordVerdict(let record) in again.step(event).directives {
        records.append(record)
      }
    }
    #expect(again == world.state)
    #expect(records == world.verdicts)
  }
}
