import Testing

@testable import Quorum

@Suite struct `What live agents can't give a policy` {
  static func posts(_ live: String, silent: String = "", domain: String? = nil) -> [Policy.Post] {
    live.map { Policy.Post(region: String($0), domain: domain ?? "provider-\($0)") }
      + silent.map { Policy.Post(region: String($0), domain: nil) }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var policy: Policy
    var live: String
    var silent = ""
    var key: String?
    var member: String?
    var isBlinding = true
    var testDescription: String { "\(policy) \(live) \(silent)" }
  }

  @Test(arguments: [
    Case(policy: .standard, live: "ab", silent: "c"),
    Case(policy: .standard, live: "a"),
    Case(policy: .standard, live: "a", silent: "b", key: "kind"),
    Case(policy: .standard, live: "", silent: "a", key: "kind"),
    Case(policy: .standard, live: "", key: "kind"),
    Case(policy: Policy(.any), live: "a", silent: "bc"),
    Case(policy: Policy(.nOfM(3)), live: "ab", silent: "c", key: "n"),
    Case(policy: Policy(.nOfM(2)), live: "ab"),
    Case(policy: Policy(.all, ignored: ["a"]), live: "ab", silent: "c", key: "kind"),
    Case(policy: Policy(.majority, mustFail: ["c", "b"]), live: "abc"),
    Case(
      policy: Policy(.majority, mustFail: ["a", "c"]), live: "ab", silent: "c",
      key: "must_fail", member: "1"),
    Case(policy: Policy(.weighted(["a": 0, "b": 0])), live: "ab", silent: "c", key: "weights"),
    Case(
      policy: Policy(.majority, minDomains: 3), live: "ab", key: "min_domains",
      isBlinding: false),
    Case(
      policy: Policy(.weighted(["z": 2])), live: "ab", key: "weights", member: "z",
      isBlinding: false),
    Case(
      policy: Policy(.majority, ignored: ["z"]), live: "ab", key: "ignore", member: "0",
      isBlinding: false),
  ])
  func `is told with its place`(_ test: Case) {
    let found = test.policy.shortages(of: Self.posts(test.live, silent: test.silent))
    #expect(found.map(\.problem.key) == (test.key.map { [$0] } ?? []))
    #expect(found.first?.problem.member == test.member)
    if let first = found.first { #expect(first.isBlinding == test.isBlinding) }
  }

  /// The warning and the engine mean the same: where it says that nothing can be said, the verdict
  /// becomes unknown, and nowhere else.
  @Test(arguments: 0..<88)
  func `is what makes the engine say unknown`(_ number: Int) {
    let names = ["a", "b", "c"]
    let policies: [Policy] = [
      .standard, Policy(.any), Policy(.all), Policy(.nOfM(3)), Policy(.nOfM(2)),
      Policy(.percent(100)), Policy(.weighted(["a": 0, "b": 0])),
      Policy(.weighted(["a": 3, "b": 0])), Policy(.majority, mustFail: ["b"]),
      Policy(.majority, ignored: ["c"]), Policy(.any, ignored: ["a", "b"]),
    ]
    let policy = policies[number % policies.count]
    let live = UInt64(number / policies.count)
    func isLive(_ region: String) -> Bool {
      live & (1 << UInt64(names.firstIndex(of: region) ?? 0)) != 0
    }
    var world = World(regions: names, policy: policy)
    world.runs = { region, at in at < 120_000 || isLive(region) }
    world.run(until: 600_000)
    let posts = names.map { name in
      Policy.Post(region: name, domain: isLive(name) ? world.domains[name] : nil)
    }
    let isBlinding = policy.shortages(of: posts).contains(where: \.isBlinding)
    #expect((world.state.verdict?.verdict == .unknown) == isBlinding, "\(policy) \(live)")
  }
}
