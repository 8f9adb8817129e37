import JSON
import Postgres
import TestSupport
import Testing
import TestSupport

/// The straight line with real processes: from probes in three regions to incidents.
@Suite(.serialized, .enabled(if: Program.areWanted), .timeLimit(.minutes(10)))
struct `From probes to incidents` {
  private func incidents(_ network: Network) throws -> [JSONValue] {
    try network.api.call("GET", "/incidents")["items"]?.elements ?? []
  }

  /// Waits for an incident of that severity of the monitor.
  private func incident(
    _ severity: String, of monitor: String, in network: Network, within seconds: Double
  ) throws -> JSONValue? {
    var found: JSONValue?
    _ = try eventually(within: seconds) {
      found = try incidents(network).first {
        $0["severity"]?.stringValue == severity
          && $0["monitor"]?["name"]?.stringValue == monitor
      }
      return found != nil
    }
    return found
  }

  private func isClosed(_ incident: JSONValue, in network: Network) throws -> Bool {
    let id = incident["id"]?.stringValue ?? ""
    return try eventually(within: 90) {
      try network.api.call("GET", "/incidents/\(id)")["open"]?.boolValue == false
    }
  }

  @Test func `an outage pages with the votes of three regions, a cut region is regional`() throws {
    let network = try Network()
    defer { network.end() }
    try network.addMonitor("shop", path: "/shop")
    try network.addMonitor("cdn", path: "/cdn")
    for (name, provider) in [("one", "alpha"), ("two", "beta"), ("three", "gamma")] {
      try network.addAgent(name, region: name, provider: provider)
    }
    // a new agent may not say "down" in its first minute
    #expect(
      eventually(within: 120) { network.target.nonces.count > 2 * 3 * 14 }, "a minute of probes")

    network.target.setBroken("/shop", true)
    let down = try #require(try incident("down", of: "shop", in: network, within: 60))
    let id = try #require(down["id"]?.stringValue)
    let opening = try #require(
      try network.api.call("GET", "/incidents/\(id)")["verdicts"]?.elements.first)
    #expect((opening["votes"]?.elements.count ?? 0) >= 3)
    network.target.setBroken("/shop", false)
    #expect(try isClosed(down, in: network))
    // what the agents saw, and a good answer to compare with
    var seen: [JSONValue] = []
    let isSeen = try eventually(within: 30) {
      seen = try network.api.call("GET", "/incidents/\(id)")["evidence"]?.elements ?? []
      return seen.contains { $0["outcome"]?.stringValue == "up" }
        && seen.contains { $0["outcome"]?.stringValue == "attributable" }
    }
    #expect(isSeen, "\(seen.map(\.text))")
    #expect(
      seen.allSatisfy { $0["address"]?.stringValue?.hasPrefix("ipv4 127.0.0.1 ") == true },
      "\(seen.map(\.text))")

    let cut = try network.agentID("three")
    network.target.setCut(agent: cut, true)
    let regional = try #require(try incident("regional", of: "cdn", in: network, within: 150))
    network.target.setCut(agent: cut, false)
    #expect(try isClosed(regional, in: network))
    let severities = try incidents(network).compactMap { $0["severity"]?.stringValue }
    #expect(severities.filter { $0 == "down" }.count == 1)
    #expect(!severities.contains("partial"))
  }

  @Test func `of two agents in a region one votes, and the other when it is killed`() throws {
    let network = try Network()
    defer { network.end() }
    try network.addMonitor("shop", path: "/shop")
    try network.addAgent("first", region: "eu", provider: "alpha")
    try network.addAgent("second", region: "eu", provider: "beta")
    func assigned() throws -> [String] {
      try network.database.connect().query(
        "SELECT a.name FROM assignment s JOIN agent a ON a.key = s.agent_key"
      ).map { try $0.get(0) }
    }
    #expect(try eventually(within: 60) { try assigned().count == 1 })
    let voter = try #require(try assigned().first)
    network.killAgent(voter)
    let stoodIn = try eventually(within: 60) {
      let now = try assigned()
      return now.count == 1 && now != [voter]
    }
    #expect(stoodIn, "the other agent stands in after 15 s of silence")
    let before = network.target.nonces.count
    #expect(eventually(within: 60) { network.target.nonces.count > before + 2 })
    let votes: Int64 = try network.database.value(
      "SELECT count(DISTINCT region) FROM vote WHERE region = 'eu'")
    #expect(votes <= 1)
  }
}
