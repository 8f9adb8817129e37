import JSON
import Postgres
import TestSupport
import Testing

/// A maintenance with real processes: nobody is told of what breaks within it, and what is still
/// broken at its end is told then.
@Suite(.serialized, .enabled(if: Program.areWanted), .timeLimit(.minutes(10)))
struct `From a maintenance to a page` {
  private func notices(_ network: Network) throws -> [String] {
    try network.api.call("GET", "/notices")["items"]?.elements.reversed().map { notice in
      [notice["kind"], notice["urgency"], notice["text"]]
        .map { $0?.stringValue ?? "?" }.joined(separator: " ")
    } ?? []
  }

  @Test func `an outage within it is told when it ends, by a collector that was killed meanwhile`()
    throws
  {
    let network = try Network()
    defer { network.end() }
    try network.addMonitor("shop", path: "/shop")
    for (name, provider) in [("one", "alpha"), ("two", "beta"), ("three", "gamma")] {
      try network.addAgent(name, region: name, provider: provider)
    }
    // a new agent may not say "down" in its first minute
    #expect(eventually(within: 120) { network.target.nonces.count > 3 * 14 }, "a minute of probes")
    let window = try network.api.call(
      "POST", "/maintenance",
      ["title": "new disks", "duration_s": 3_600, "all_monitors": true])
    let isOn = try eventually(within: 10) {
      try network.api.call("GET", "/monitors")["items"]?.elements.first?["in_maintenance"] == true
    }
    #expect(isOn)
    network.target.setBroken("/shop", true)
    var incident: JSONValue?
    _ = try eventually(within: 60) {
      incident = try network.api.call("GET", "/incidents")["items"]?.elements.first
      return incident?["severity"] == "down"
    }
    let id = try #require(incident?["id"]?.stringValue)
    #expect(incident?["marks"] == ["maintenance"])
    #expect(try notices(network) == [])

    let windowID = try #require(window["id"]?.stringValue)
    try network.api.call("DELETE", "/maintenance/\(windowID)")
    network.killCollector()
    try network.startCollector()
    let isTold = try eventually(within: 60) { try notices(network).count == 1 }
    #expect(isTold)
    #expect(try notices(network).first?.hasPrefix("began page shop is down: 3 of 3") == true)
    network.target.setBroken("/shop", false)
    let isOver = try eventually(within: 90) { try notices(network).count == 2 }
    #expect(isOver)
    #expect(try notices(network).last?.hasPrefix("ended notify shop is up again") == true)
    let edges = try network.database.connect().query(
      "SELECT payload->>'edge' FROM quorum_event WHERE kind = 'maintenance' ORDER BY id"
    ).map { try $0.get(0, as: String.self) }
    #expect(edges == ["began", "ended"])
    let replay = try network.api.call("GET", "/incidents/\(id)/replay")
    #expect(replay["identical"] == true, "\(replay.text)")
  }
}
