import Testing

@testable import Quorum

@Suite struct `Whom a verdict reaches` {
  let minute: Int64 = 60_000

  func world(
    failing: [String], policy: Policy = .standard, _ finding: World.Finding = .refused,
    from: Int64 = 10, to: Int64 = 20
  ) -> World {
    var world = World(policy: policy)
    let minute = minute
    world.truth = { region, at in
      failing.contains(region) && (from * minute..<to * minute).contains(at) ? finding : .up
    }
    world.run(until: 40 * minute)
    return world
  }

  @Test(arguments: [
    (["a", "b", "c"], ["began page down", "ended notify down"]),
    (["a"], ["began notify regional", "ended notify regional"]),
    ([], []),
  ])
  func `follows the table`(_ failing: [String], _ told: [String]) {
    #expect(world(failing: failing).told == told)
  }

  @Test func `of several regions is a page, told as it comes and goes`() {
    let world = world(failing: ["a", "b"])
    #expect(
      world.told.contains("began page partial") || world.told.contains("worsened page partial"))
    #expect(world.told.filter { $0.contains("page") }.count == 1)
    #expect(world.told.last?.hasPrefix("ended") == true)
  }

  @Test(arguments: [
    ("down", Urgency.none, ["a", "b", "c"], [String]()),
    ("down", .notify, ["a", "b", "c"], ["began notify down", "ended notify down"]),
    ("regional", .none, ["a"], []),
    ("regional", .page, ["a"], ["began page regional", "ended notify regional"]),
  ])
  func `is what the policy chooses`(
    _ key: String, _ urgency: Urgency, _ failing: [String], _ told: [String]
  ) {
    var policy = Policy.standard
    policy.urgencies[key] = urgency
    #expect(world(failing: failing, policy: policy).told == told)
  }

  @Test(arguments: [
    (Urgency.none, [String]()), (.page, ["began page degraded", "ended notify degraded"]),
  ])
  func `of being slow is nobody unless the policy says so`(_ urgency: Urgency, _ told: [String]) {
    var policy = Policy.standard
    policy.urgencies.degraded = urgency
    let world = world(failing: ["a", "b", "c"], policy: policy, .degraded)
    #expect(world.said == [.up, .degraded, .up])
    #expect(world.told == told)
  }

  @Test(arguments: [
    (["a", "b", "c"], ["began page down", "ended notify down"]),
    (["a"], ["began notify regional", "ended notify regional"]),
  ])
  func `of an incident is over when it is, however slow the target still is`(
    _ failing: [String], _ told: [String]
  ) {
    var world = World()
    let minute = minute
    world.truth = { region, at in
      if failing.contains(region), (15 * minute..<25 * minute).contains(at) { return .refused }
      return (5 * minute..<40 * minute).contains(at) ? .degraded : .up
    }
    world.run(until: 60 * minute)
    #expect(world.said.last == .up && world.said.contains(.degraded))
    #expect(world.told == told)
  }

  @Test func `of not seeing is the admins alone`() {
    var world = World()
    let minute = minute
    world.runs = { region, at in region == "a" || !(10 * minute..<20 * minute).contains(at) }
    world.run(until: 30 * minute)
    #expect(world.told == ["began admins unknown", "ended admins unknown"])
  }

  @Test func `of an outage that spreads grows, and one that shrinks is said to be another`() {
    var world = World()
    let minute = minute
    world.truth = { region, at in
      if region == "a", at >= 10 * minute, at < 40 * minute { return .refused }
      return (20 * minute..<30 * minute).contains(at) ? .refused : .up
    }
    world.run(until: 50 * minute)
    #expect(world.said == [.up, .regional, .down, .regional, .up])
    #expect(
      world.told == [
        "began notify regional", "worsened page down", "changed notify regional",
        "ended notify regional",
      ])
    #expect(world.incidents.count == 1)
  }

  @Test(arguments: [(Urgency.notify, true), (.none, false)])
  func `of a whole provider becomes a page after five minutes`(
    _ urgency: Urgency, _ pages: Bool
  ) throws {
    var policy = Policy.standard
    policy.urgencies.regional = urgency
    var world = World(regions: ["a", "b", "c", "d", "e"], policy: policy)
    world.domains = ["a": "p", "b": "p", "c": "p", "d": "q", "e": "q"]
    let minute = minute
    world.truth = { region, at in
      ["a", "b", "c"].contains(region) && (10 * minute..<30 * minute).contains(at)
        ? .blackHole : .up
    }
    world.run(until: 50 * minute)
    guard pages else {
      #expect(world.told.isEmpty)
      return
    }
    #expect(
      world.told == [
        "began notify regional", "worsened page regional", "ended notify regional",
      ])
    let page = try #require(world.notices.first { $0.notice.urgency == .page })
    #expect(page.notice.domain == "p")
    let named = try #require(world.verdicts.first { $0.domain != nil })
    #expect(page.at - (named.decidedAt - World.start) == 5 * minute)
    #expect(world.incidents.map(\.severity) == [.regional])
  }

  @Test func `of a provider that fails for four minutes is no page`() {
    var world = World(regions: ["a", "b", "c", "d", "e"])
    world.domains = ["a": "p", "b": "p", "c": "p", "d": "q", "e": "q"]
    let minute = minute
    world.truth = { region, at in
      ["a", "b", "c"].contains(region) && (10 * minute..<14 * minute).contains(at)
        ? .refused : .up
    }
    world.run(until: 30 * minute)
    #expect(world.verdicts.contains { $0.domain == "p" })
    #expect(!world.told.contains { $0.contains("page") })
  }

  @Test func `ends with a pause`() {
    var world = World()
    world.truth = { _, at in at >= 600_000 ? .refused : .up }
    world.run(until: 700_000)
    var paused = world.settings
    paused.active = false
    world.step(.configured(paused))
    #expect(world.told == ["began page down", "ended notify down"])
    #expect(world.state.attention == nil && world.state.damping == nil)
  }
}
