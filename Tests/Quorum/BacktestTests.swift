import Testing

@testable import Quorum

@Suite struct `A backtest` {
  /// The steps of a world that moved something, as a store logs them.
  static func logged(_ world: World) -> [LoggedStep] {
    var state = MonitorState()
    var steps: [LoggedStep] = []
    for event in world.log {
      var before = state
      let step = state.step(event)
      before.steppedAt = state.steppedAt
      if step.directives.isEmpty, before == state { continue }
      let kept = step.directives.filter { directive in
        if case .recordVerdict = directive { return false }
        return true
      }
      steps.append(
        LoggedStep(number: Int64(steps.count + 1), event: event, directives: kept))
    }
    return steps
  }

  static func course(_ steps: [LoggedStep]) -> Course {
    var course = Course()
    for step in steps { course.take(step.directives, at: step.event.at) }
    return course
  }

  static func run(_ steps: [LoggedStep], _ policy: Policy?, stepLimit: Int = 100_000) -> Backtest {
    var backtest = Backtest(from: MonitorState(), policy: policy, stepLimit: stepLimit)
    for (index, step) in steps.enumerated() {
      backtest.take(step, followedBy: steps[(index + 1)...])
    }
    if let last = steps.last { backtest.finish(at: last.event.at + 60_000) }
    return backtest
  }

  /// Three or five regions; `truth` says who fails when.
  static func world(
    _ policy: Policy = .standard, regions: Int = 3, minutes: Int64 = 30,
    _ truth: @escaping (String, Int64) -> World.Finding
  ) -> World {
    let names = ["a", "b", "c", "d", "e"]
    var world = World(regions: Array(names.prefix(regions)), policy: policy)
    world.truth = truth
    world.run(until: minutes * 60_000)
    return world
  }

  static func isWithin(_ at: Int64, _ minutes: Range<Int64>) -> Bool {
    minutes.contains(at / 60_000)
  }

  @Test(arguments: 0..<40)
  func `under the policy that is logged gives what is logged`(_ seed: UInt64) {
    var random = SplitMix(seed: seed)
    let policies: [Policy] = [
      .standard, Policy(.any), Policy(.all), Policy(.nOfM(2)), Policy(.percent(60)),
      Policy(.weighted(["a": 3])), Policy(.majority, mustFail: ["a"]),
      Policy(.majority, ignored: ["b"]),
    ]
    let outages = (0..<4).map { _ in
      (
        from: Int64(random.next() % 1_600_000) + 60_000, lasts: Int64(random.next() % 200_000),
        regions: random.next() % 32, isSlow: random.next() % 2 == 0
      )
    }
    let world = Self.world(policies[Int(seed) % policies.count], regions: 5) { region, at in
      let bit = UInt64(1) << UInt64(region.utf8.first.map { $0 - 97 } ?? 0)
      let outage = outages.first {
        at >= $0.from && at < $0.from + $0.lasts && ($0.regions & bit != 0 || $0.regions < 8)
      }
      return outage.map { $0.isSlow ? .blackHole : .refused } ?? .up
    }
    let steps = Self.logged(world)
    let backtest = Self.run(steps, nil)
    let course = Self.course(steps)
    #expect(backtest.course.agrees(with: course), "\(backtest.course) is not \(course)")
    #expect(backtest.questions.assumed * 8 <= backtest.questions.asked)
  }

  @Test(arguments: [Policy(.any), Policy(.nOfM(1)), Policy(.majority, mustFail: ["c"])])
  func `finds by another policy what that policy finds when it is lived`(_ policy: Policy) {
    func truth(_ region: String, _ at: Int64) -> World.Finding {
      if Self.isWithin(at, 5..<9) { return region == "c" ? .refused : .up }
      if Self.isWithin(at, 15..<19) { return .refused }
      return .up
    }
    let steps = Self.logged(Self.world { truth($0, $1) })
    let lived = Self.course(Self.logged(Self.world(policy) { truth($0, $1) }))
    let tested = Self.run(steps, policy).course
    #expect(tested.incidents.map(\.severity) == lived.incidents.map(\.severity))
    #expect(tested.pages.count == lived.pages.count)
    for (one, other) in zip(tested.incidents, lived.incidents) {
      #expect(abs(one.decidedAt - other.decidedAt) <= 20_000)
      // That it is over is noticed when the log first shows it: by the next scheduled probe.
      #expect(abs((one.endedAt ?? 0) - (other.endedAt ?? 0)) <= 80_000)
    }
  }

  @Test func `pairs what both found, and names what only one did`() throws {
    let world = Self.world(Policy(.any)) { region, at in
      if Self.isWithin(at, 5..<9) { return region == "c" ? .refused : .up }
      if Self.isWithin(at, 15..<19) { return .refused }
      return .up
    }
    let steps = Self.logged(world)
    let before = Self.course(steps)
    #expect(before.incidents.map(\.severity) == [.down, .down])
    #expect(before.pages.count == 2)
    let lenient = Self.run(steps, Policy(.all, ignored: ["c"]))
    #expect(lenient.course.pages.count == 1)
    let outages = ComparedOutage.compare(before, lenient.course)
    #expect(outages.map { $0.tested == nil } == [true, false])
    #expect(try #require(outages[1].laterMs) >= 0)
    #expect(
      ComparedOutage.compare(lenient.course, before).map { $0.logged == nil } == [true, false])
  }

  @Test func `a policy that the voters can't satisfy finds nothing, and sees nothing`() {
    let world = Self.world { _, at in Self.isWithin(at, 15..<19) ? .refused : .up }
    let steps = Self.logged(world)
    #expect(Self.course(steps).pages.count == 1)
    let blind = Self.run(steps, Policy(.nOfM(4)))
    #expect(blind.course.pages.isEmpty)
    #expect(blind.course.incidents.map(\.severity) == [.unknown])
    #expect(!blind.isCut)
  }

  @Test func `does no more work than it may`() {
    let world = Self.world { _, at in Self.isWithin(at, 5..<25) ? .refused : .up }
    let cut = Self.run(Self.logged(world), .standard, stepLimit: 50)
    #expect(cut.isCut)
    #expect(cut.steps == 50)
  }

  @Test func `goes on behind a gap with what is stored there`() {
    let world = Self.world { _, at in
      Self.isWithin(at, 5..<9) || Self.isWithin(at, 20..<24) ? .refused : .up
    }
    let steps = Self.logged(world)
    // Everything between the two outages is gone, and the end of the first.
    let cut = steps.firstIndex { $0.event.at - World.start > 7 * 60_000 } ?? 0
    let next = steps.firstIndex { $0.event.at - World.start > 15 * 60_000 } ?? 0
    var state = MonitorState()
    for event in world.log where event.at < steps[next].event.at { _ = state.step(event) }
    var backtest = Backtest(from: MonitorState(), policy: .standard)
    for index in 0..<cut { backtest.take(steps[index], followedBy: steps[(index + 1)..<cut]) }
    backtest.resume(from: state)
    for index in next..<steps.count {
      backtest.take(steps[index], followedBy: steps[(index + 1)...])
    }
    #expect(backtest.course.incidents.map(\.severity) == [.down, .down])
    #expect(backtest.course.incidents.allSatisfy { $0.endedAt != nil })
    #expect(backtest.course.pages.count == 2)
  }
}
