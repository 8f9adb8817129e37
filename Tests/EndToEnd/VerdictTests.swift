import Postgres
import TestSupport
import Testing

/// Every verdict in turn, of real processes that see ever more of a target's trouble.
@Suite(.serialized, .enabled(if: Program.areWanted), .timeLimit(.minutes(10)))
struct `From a cut to an outage and back` {
  /// The verdicts of the one monitor, oldest first.
  private func verdicts(_ network: Network) throws -> [String] {
    try network.database.connect().query("SELECT verdict FROM verdict ORDER BY id").map {
      try $0.get(0)
    }
  }

  /// Waits until `verdict` is the last one, and prints after how long; false when it never is.
  private func reaches(
    _ verdict: String, in network: Network, within seconds: Double, after what: String
  ) throws -> Bool {
    let clock = ContinuousClock()
    let begun = clock.now
    let reached = try eventually(within: seconds) { try verdicts(network).last == verdict }
    print("\(verdict) \(begun.duration(to: clock.now).formatted) after \(what)")
    return reached
  }

  @Test func `one region cut, then two, then all refused, then healed`() throws {
    let network = try Network()
    defer { network.end() }
    try network.addMonitor("shop", path: "/shop")
    for (name, provider) in [("one", "alpha"), ("two", "beta"), ("three", "gamma")] {
      try network.addAgent(name, region: name, provider: provider)
    }
    // a new agent may not say "down" in its first minute
    #expect(eventually(within: 120) { network.target.nonces.count > 3 * 14 }, "a minute of probes")
    #expect(try verdicts(network) == ["up"])
    #expect(try network.tries("/shop") == ["one up", "three up", "two up"])

    network.target.setCut(agent: try network.agentID("one"), true)
    #expect(try reaches("regional", in: network, within: 90, after: "one region was cut"))
    network.target.setCut(agent: try network.agentID("two"), true)
    #expect(try reaches("partial", in: network, within: 90, after: "a second region was cut"))
    network.target.setBroken("/shop", true)
    #expect(try reaches("down", in: network, within: 60, after: "everyone was refused"))
    network.target.setBroken("/shop", false)
    for name in ["one", "two"] {
      network.target.setCut(agent: try network.agentID(name), false)
    }
    #expect(try reaches("up", in: network, within: 90, after: "all was well again"))

    #expect(try verdicts(network) == ["up", "regional", "partial", "down", "up"])
    // one incident from the first cut to the end, which grew
    let incidents = try network.database.connect().query(
      "SELECT severity, ended_at IS NOT NULL FROM incident ORDER BY started_at")
    #expect(incidents.count == 1)
    let severity: String? = try incidents.first?.get(0)
    let isClosed: Bool? = try incidents.first?.get(1)
    #expect(severity == "down" && isClosed == true)
  }
}

extension Duration {
  /// In seconds with one decimal.
  fileprivate var formatted: String {
    let tenths =
      (components.seconds * 10) + (components.attoseconds + 50_000_000_000_000_000)
      / 100_000_000_000_000_000
    return "\(tenths / 10).\(tenths % 10) s"
  }
}
