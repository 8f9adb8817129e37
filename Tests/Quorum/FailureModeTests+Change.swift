import Model
import Testing

@testable import Quorum

// What time and change do to a verdict.
extension `Where others go wrong` {
  // Agents probe at different times and intervals.
  enum Answers: Sendable {
    case bySchedule
    case toAnotherRound
    case toAnotherEpisode
    case toTheRound
  }

  @Test(arguments: [
    (Answers.bySchedule, false), (.toAnotherRound, false), (.toAnotherEpisode, false),
    (.toTheRound, true),
  ])
  func `only answers of the round count in it, not what a schedule happens to find`(
    _ answers: Answers, _ isDown: Bool
  ) throws {
    var rig = Rig.up()
    rig.find(0, .attributable)
    let id = try #require(rig.rounds.last?.id)
    let named: RoundID? =
      switch answers {
      case .bySchedule: nil
      case .toAnotherRound: RoundID(episode: id.episode, round: 9)
      case .toAnotherEpisode: RoundID(episode: id.episode - 1, round: id.round)
      case .toTheRound: id
      }
    for index in 0..<3 { rig.find(index, .attributable, agoMs: 5, answers: named) }
    #expect(rig.said == (isDown ? [.up, .down] : [.up]))
    // All the same: the round is still open to its own answers.
    rig.answer("ddd")
    #expect(rig.said == [.up, .down])
  }

  // Confirming becomes an attack.
  @Test(arguments: [1, 2, 3, 5])
  func `a target has one episode, however many find it failing`(_ failing: Int) {
    var rig = Rig.up(5)
    for index in 0..<failing {
      rig.find(index, .ambiguous)
      rig.step(.overdue(region: "r\(index)", agent: AgentKey(index + 1)))
    }
    let rounds = rig.asks.filter { $0.purpose == .confirm }
    #expect(rounds.count == 1)
    #expect(rounds.first?.voters.count == 5)
  }

  @Test(arguments: [
    // How many monitors of one host are doubted at once, by how many agents each, of how many
    // organizations; how many questions a second gets at most, and how many seconds that takes.
    (1, 5, 1, 50, 1), (10, 5, 30, 50, 1), (50, 5, 30, 50, 5), (300, 3, 30, 50, 18),
    (300, 10, 30, 50, 60),
    // One alone leaves a quarter to others.
    (50, 5, 1, 37, 7), (300, 3, 1, 37, 25), (300, 10, 1, 37, 82),
  ])
  func `a host is asked fifty times a second at most, three quarters of it by one organization`(
    _ monitors: Int, _ agents: Int, _ organizations: Int32, _ most: Int, _ seconds: Int
  ) {
    var dealer = QuestionDealer()
    let at: Int64 = 1_000_000_500
    let voters = (1...agents).map { Ask.Asked(region: "r\($0)", agent: AgentKey($0)) }
    let ask = Ask(
      id: RoundID(episode: 1, round: 1), purpose: .confirm, epoch: 1, voters: voters,
      deadlineMs: 12_000)
    var counts: [Int64: Int] = [:]
    for monitor in 0..<monitors {
      let times = dealer.deal(
        ask, monitor: Int64(monitor), host: "h", organization: Int32(monitor) % organizations,
        at: at)
      for time in times {
        #expect(time >= at)
        counts[time / 1_000, default: 0] += 1
      }
    }
    #expect(counts.values.allSatisfy { $0 <= most })
    #expect(counts.values.reduce(0, +) == monitors * agents)
    #expect((seconds...seconds + 1).contains(counts.count))
  }

  // A target goes up and down at the boundary.
  @Test(arguments: [
    // What a recovery's rounds find, and whether the outage is over: one round is not enough.
    (["uuu", "uuu"], true), (["uuu", "ddd"], false), (["ddd"], false), (["sss", "uuu"], true),
  ])
  func `an outage ends by two rounds`(_ rounds: [String], _ isOver: Bool) {
    #expect((Script.recovery(rounds).verdict == .up) == isOver)
  }

  // An agent restarts.
  @Test(
    arguments: [
      // The start that the finding is of, whether the agent is trusted by now, what it found, and
      // whether that makes anybody ask.
      (1, true, VoteKind.attributable, false), (1, true, .ambiguous, false),
      (2, true, .attributable, true), (2, true, .ambiguous, true),
      (2, false, .ambiguous, false), (2, false, .attributable, true), (2, false, .up, false),
    ] as [(UInt64, Bool, VoteKind, Bool)])
  func `what an agent found before it restarted is history, and what it can't judge yet waits`(
    _ boot: UInt64, _ isTrusted: Bool, _ kind: VoteKind, _ asks: Bool
  ) {
    var rig = Rig.up()
    rig.wait(61_000)
    rig.posts[0].boot = boot
    let finding = rig.observation(0, kind)
    rig.posts[0].boot = 2
    if !isTrusted { rig.posts[0].trust = .distrusted(reason: "restarted") }
    rig.step(.observed(finding))
    #expect(rig.asks.contains { $0.purpose == .confirm } == asks)
    #expect(rig.isSuspect == asks)
    // The agent is asked as one without a vote, where it has none.
    if boot == 1 { #expect(rig.asks.last?.purpose == .introduce) }
  }

  // A monitor is edited while votes are counted.
  enum Moment: Sendable {
    case settled
    case suspect
    case down
    case recovering
  }

  @Test(
    arguments: [
      // When it is edited, whether earlier findings say nothing any more, and what is asked then, of
      // which epoch.
      (Moment.settled, true, Ask.Purpose.introduce), (.suspect, true, .introduce),
      (.down, true, .recovery), (.recovering, true, .recovery), (.settled, false, nil),
      (.suspect, false, nil), (.down, false, nil), (.recovering, false, nil),
    ] as [(Moment, Bool, Ask.Purpose?)])
  func `an edit makes history of votes and rounds, and asks anew`(
    _ moment: Moment, _ raises: Bool, _ purpose: Ask.Purpose?
  ) {
    var rig: Rig
    switch moment {
    case .settled: rig = Rig.up()
    case .suspect:
      rig = Rig.up()
      rig.find(0, .attributable)
      rig.answer("dd-")
    case .down: rig = Rig.down()
    case .recovering:
      rig = Rig.down()
      rig.find(0, .up, agoMs: 5)
      rig.answer("uu-")
    }
    let before = rig
    let late = rig.observation(
      2, moment == .recovering ? .up : .attributable, answers: rig.rounds.last?.id)
    var edited = rig.settings
    edited.intervalMs = 30_000
    if raises { edited.epoch += 1 }
    rig.step(.configured(edited))
    #expect(rig.state.votes.isEmpty == raises)
    #expect(rig.asks.dropFirst(before.asks.count).map(\.purpose) == (purpose.map { [$0] } ?? []))
    #expect(rig.asks.last?.epoch == rig.settings.epoch)
    if let purpose { #expect(rig.asks.last?.voters.count == 3, "\(purpose)") }
    // What people were told stands until the new question is answered.
    #expect(rig.said == before.said)
    // The answer that was lacking comes after all: it is of the old epoch.
    rig.step(.observed(late))
    let settles = moment == .suspect && !raises
    #expect(rig.said == before.said + (settles ? [.down] : []))
    #expect(rig.state.votes.contains { $0.observation == late } == (!raises))
  }

  // A planned maintenance.
  @Test(
    arguments: [
      // The target's outage in minutes; the maintenance is from 10 to 20; what is told, and the marks.
      (12, 18, [String](), 1), (11, 20, [], 1),
      (30, 40, ["began page down", "ended notify down"], 0),
      (12, 30, ["began page down", "ended notify down"], 1),
      (19, 30, ["began page down", "ended notify down"], 1),
      (5, 15, ["began page down", "ended notify down"], 1),
      (2, 5, ["began page down", "ended notify down"], 0),
      (100, 101, [], 0),
    ] as [(Int64, Int64, [String], Int)])
  func `a maintenance is judged, told to nobody, and ends with a fresh round`(
    _ from: Int64, _ to: Int64, _ told: [String], _ marks: Int
  ) {
    let minute: Int64 = 60_000
    var world = World()
    world.truth = { _, at in (from * minute..<to * minute).contains(at) ? .refused : .up }
    world.run(until: 10 * minute)
    world.step(.maintenance(.began))
    world.run(until: 20 * minute)
    let asks = world.asks.count
    world.step(.maintenance(.ended))
    #expect(world.asks.count == asks + 1)
    #expect(world.asks.last?.ask.voters.count == 3)
    world.run(until: 45 * minute)
    #expect(world.told == told)
    #expect(world.marks.count == marks)
    #expect(world.said == (from < 45 ? [.up, .down, .up] : [.up]))
  }

  // All agents are blind.
  @Test(arguments: [1, 2, 3, 5, 10])
  func `when nobody sees, it is unknown, and said once`(_ regions: Int) throws {
    let minute: Int64 = 60_000
    var world = World(regions: (0..<regions).map { "r\($0)" })
    world.truth = { _, at in at >= 10 * minute ? .refused : .up }
    world.runs = { _, at in at < 10 * minute }
    world.run(until: 20 * minute)
    #expect(world.said == [.up, .unknown])
    #expect(world.told == ["began admins unknown"])
    #expect(world.incidents.map(\.severity) == [.unknown])
    // After silence of 15 s, the timeout and 5 s.
    let blind = try #require(world.verdicts.last)
    #expect(blind.decidedAt - World.start <= 10 * minute + 32_000)
  }

  @Test(arguments: [1, 2, 40])
  func `when nobody sees anything, that is one incident, not one a target`(_ monitors: Int) {
    let openings = (1...Int64(monitors)).map {
      Opening(monitor: $0, severity: .unknown, decidedAt: $0 * 60_000, isBlind: true)
    }
    let groups = `A shared cause`().groups(openings)
    // A single one needs no group.
    #expect(groups.count == (monitors == 1 ? 0 : monitors))
    #expect(groups.values.allSatisfy { $0 == Opening.Membership(lead: 1, cause: .blind) })
  }
}
