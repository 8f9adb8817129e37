import Testing

@testable import Pages

/// What is decided about states: from components to groups, from all to the banner.
struct RollUpTests {
  private static let worst: [([ComponentState], ComponentState)] = [
    ([], .noData), ([.noData], .noData), ([.noData, .up], .up), ([.up, .up], .up),
    ([.up, .maintenance], .maintenance), ([.maintenance, .degraded, .up], .degraded),
    ([.maintenance, .down], .down), ([.down, .degraded, .noData], .down),
    ([.noData, .maintenance], .maintenance),
  ]

  @Test(arguments: worst)
  func `the worst child decides`(children: [ComponentState], state: ComponentState) {
    #expect(ComponentState.worst(children) == state)
    #expect(ComponentState.worst(children.reversed()) == state)
    let group = ComponentGroup(
      id: "g", name: "G",
      components: children.enumerated().map { Component(id: "\($0)", name: "", state: $1) })
    #expect(group.state == state)
  }

  private static let banners: [([ComponentState], [IncidentImpact], Banner)] = [
    ([], [], .noData), ([.noData], [], .noData), ([.noData, .up], [], .operational),
    ([.up, .maintenance], [], .maintenance), ([.maintenance, .degraded], [], .degraded),
    ([.up, .down], [], .partialOutage), ([.down, .maintenance], [], .partialOutage),
    ([.down, .down], [], .majorOutage), ([.down, .noData], [], .majorOutage),
    ([.up], [.none], .operational), ([.up], [.minor], .degraded), ([.up], [.major], .partialOutage),
    ([.up], [.minor, .critical], .majorOutage), ([.down, .up], [.minor], .partialOutage),
    ([], [.minor], .degraded), ([.down], [.minor], .majorOutage),
  ]

  @Test(arguments: banners)
  func `the banner says the worst that is known`(
    components: [ComponentState], open: [IncidentImpact], banner: Banner
  ) {
    #expect(Banner(components: components, open: open) == banner)
  }

  @Test func `incidents that are over don't raise the banner`() {
    var page = StatusPage(id: "p", name: "P", address: Samples.address, now: Samples.now)
    page.groups = [ComponentGroup(id: "g", name: nil, components: [Samples.component()])]
    page.incidents = [Samples.incident(impact: .critical, resolved: true)]
    #expect(page.banner == .operational)
    page.incidents = [Samples.incident(impact: .critical)]
    #expect(page.banner == .majorOutage)
  }

  @Test func `every state has a word, an icon and a colour of its own`() {
    let states = ComponentState.allCases
    #expect(Set(states.map(\.word)).count == states.count)
    #expect(Set(states.map(\.colour)).count == states.count)
    #expect(Set(states.map { "\(StateIcon.letter($0))" }).count == states.count)
    #expect(Set(Banner.allCases.map(\.words)).count == Banner.allCases.count)
  }

  private static let percents: [(Int64, Int64, String?)] = [
    (0, 0, nil), (86_400, 0, "100%"), (86_400, 1, "99.99%"), (86_400, 86_400, "0.00%"),
    (7_776_000, 1, "99.99%"), (10_000, 2, "99.98%"), (3, 1, "66.66%"), (100, -5, "100%"),
    (Int64.max, 1, "99.99%"), (Int64.max, Int64.max, "0.00%"), (100, 1000, "0.00%"),
  ]

  @Test(arguments: percents)
  func `uptime is rounded down and never claims too much`(
    measured: Int64, down: Int64, percent: String?
  ) {
    #expect(PageUptime(expected: measured, measured: measured, down: down).percent == percent)
  }

  @Test func `coverage tells what was measured of what was to be`() {
    let uptime = PageUptime(expected: 1000, measured: 250, down: 25)
    #expect(uptime.coverage == "25.00%" && uptime.percent == "90.00%" && uptime.isPartial)
    #expect(PageUptime(expected: 0, measured: 5, down: 1).coverage == "0%")
    #expect(PageUptime(expected: 10, measured: 50, down: 0).measured == 10)
  }

  @Test func `a maintenance goes by the clock, and may be verified only while it runs`() {
    var planned = Samples.maintenance(from: 0)
    let (from, until) = (planned.scheduledFor, planned.scheduledUntil)
    planned.updates.append(.init(id: "u", status: .verifying, body: "", at: from))
    #expect(planned.status(at: from - 1) == .scheduled)
    #expect(planned.status(at: from) == .verifying)
    #expect(planned.status(at: until) == .completed)
    planned.updates.removeLast()
    #expect(planned.status(at: from) == .inProgress)
    planned.completedAt = from + 1
    #expect(planned.status(at: from + 1) == .completed)
  }
}
