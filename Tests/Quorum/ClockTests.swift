import Model
import Testing

@testable import Quorum

@Suite struct `A clock that is set back` {
  let minute: Int64 = 60_000
  let hour: Int64 = 3_600_000

  /// A black hole that began 2 s ago: one round is asked, none is answered.
  func suspected() throws -> World {
    var world = World()
    let outage = 10 * minute
    world.truth = { _, at in at >= outage ? .blackHole : .up }
    world.run(until: outage + 1)
    while case .settled = world.state.stage { world.run(until: world.now + 500) }
    return world
  }

  @Test func `freezes no round: as much is left of every deadline as before`() throws {
    var state = try suspected().state
    let before = state
    let panel = try suspected().panel
    guard case .suspect(let episode) = before.stage else {
      Issue.record("not suspect")
      return
    }
    // Two minutes are long enough for every deadline of the round.
    var now = before.steppedAt - hour
    var verdicts: [Verdict] = []
    var asked = 0
    for _ in 0..<120 {
      now += 1_000
      let step = state.step(Event(at: now, panel: panel, .tick))
      for directive in step.directives {
        if case .recordVerdict(let record) = directive { verdicts.append(record.verdict) }
        if case .askProbes(let ask) = directive {
          asked += 1
          // The confirming round comes 2 s after the first, by the new clock.
          if asked == 1, case .suspect(let present) = state.stage {
            #expect(ask.purpose == .confirm)
            #expect(present.rounds.count == episode.rounds.count + 1)
            #expect(present.rounds[1].askedAt - present.rounds[0].askedAt <= 4_000)
          }
        }
      }
      #expect(state.steppedAt == now)
      #expect(step.wakeAt.map { $0 > now && $0 < now + 5 * minute } ?? true)
    }
    #expect(asked >= 1)
    // No answer came: nobody says down, and the episode is over.
    #expect(!verdicts.contains(.down))
    #expect(state.stage != before.stage)
  }

  @Test func `by less than a minute is waited for`() throws {
    var state = try suspected().state
    let panel = try suspected().panel
    let before = state
    _ = state.step(Event(at: before.steppedAt - 59_000, panel: panel, .tick))
    #expect(state.steppedAt == before.steppedAt)
    var followed = before
    followed.follow(clock: before.steppedAt - 60_000)
    #expect(followed == before)
    followed.follow(clock: before.steppedAt + 10 * hour)
    #expect(followed == before)
  }

  @Test func `moves what is reckoned from steps, and of what people read only the future`() throws {
    var state = try suspected().state
    let at = state.steppedAt
    guard case .suspect(var episode) = state.stage else {
      Issue.record("not suspect")
      return
    }
    episode.firstSuccess = at - 5_000
    state.stage = .suspect(episode)
    state.blindSince = at - 1_000
    state.listed = [
      ListedRegion(
        region: "a", since: at - 2 * hour, firstUp: at - 9_000, recheckAt: at + 1_000, recheck: nil)
    ]
    let before = state
    state.follow(clock: at - hour)
    #expect(state.steppedAt == at - hour)
    #expect(state.blindSince == at - hour - 1_000)
    #expect(state.listed[0].since == at - 2 * hour)
    #expect(state.listed[0].firstUp == at - hour - 9_000)
    #expect(state.listed[0].recheckAt == at - hour + 1_000)
    for (seat, old) in zip(state.seats, before.seats) {
      #expect(seat.introducedAt == old.introducedAt.map { $0 - hour })
    }
    guard case .suspect(let moved) = state.stage else {
      Issue.record("not suspect")
      return
    }
    #expect(moved.openedAt == episode.openedAt - hour)
    #expect(moved.rounds.map(\.askedAt) == episode.rounds.map { $0.askedAt - hour })
    #expect(moved.firstSuccess == at - hour - 5_000)
    // Nothing but times has changed: by as much the other way, it is what it was.
    #expect(state.votes.map(\.observation.kind) == before.votes.map(\.observation.kind))
    #expect(moved.rounds.map(\.id) == episode.rounds.map(\.id))
  }

  @Test func `moves the pause of an outage, which ends as it would have`() throws {
    var state = MonitorState()
    state.steppedAt = 10 * hour
    state.stage = .down(Outage(upRegions: ["a"], pausedUntil: 10 * hour + 7_000))
    state.follow(clock: 2 * hour)
    #expect(state.stage == .down(Outage(upRegions: ["a"], pausedUntil: 2 * hour + 7_000)))
    #expect(state.verdict == nil)
  }
}
