import JSON
import Linux
import Postgres
import TestSupport
import Testing

/// Ports of loopback that accept connections, or no longer.
private final class Canaries {
  let ports: [UInt16]
  private var listeners: [Socket]

  init(_ count: Int) throws {
    listeners = try (0..<count).map { _ in try Socket.listening() }
    ports = listeners.map(\.port)
    try serve()
  }

  /// The collector's setting.
  var setting: String { ports.map { "127.0.0.1:\($0)" }.joined(separator: ", ") }

  /// Takes whatever connects, on a thread a port.
  private func serve() throws {
    for listener in listeners {
      _ = try DedicatedThread(name: "canary") {
        while let connection = listener.accepted() { connection.close() }
        listener.close()
      }
    }
  }

  func stop() {
    for listener in listeners { listener.shut() }
    listeners = []
  }

  func start() throws {
    listeners = []
    for port in ports {
      // The thread before may still be about to close the port.
      guard
        eventually(
          within: 10,
          {
            guard let listener = try? Socket.listening(port: port) else { return false }
            listeners.append(listener)
            return true
          })
      else { throw Trouble("port \(port) can't be had again") }
    }
    try serve()
  }
}

/// An agent's trouble is not its targets': with real processes.
///
/// All is on one machine, so that only agent one asks canaries; the others' surroundings stay well.
@Suite(.serialized, .enabled(if: Program.areWanted), .timeLimit(.minutes(10)))
struct `An agent and its surroundings` {
  private func network(_ canaries: Canaries, monitors: [String]) throws -> Network {
    let network = try Network(canaries: canaries.setting)
    for name in monitors {
      try network.addMonitor(name, path: "/\(name)", intervalSeconds: 5, timeoutMs: 2_000)
    }
    try network.addAgent("one", region: "one", provider: "alpha")
    for (name, provider) in [("two", "beta"), ("three", "gamma")] {
      try network.addAgent(name, region: name, provider: provider, settings: "canaries = off")
    }
    return network
  }

  private func texts(_ sql: SQL, _ network: Network) throws -> [String] {
    try network.database.connect().query(sql).map { try $0.get(0) }
  }

  private func events(_ network: Network) throws -> [String] {
    try texts("SELECT kind || ' ' || reason FROM agent_event ORDER BY id", network)
  }

  private func verdicts(_ network: Network) throws -> Set<String> {
    Set(try texts("SELECT verdict FROM verdict", network))
  }

  private func isTrusted(_ name: String, _ network: Network) throws -> Bool? {
    let agents = try network.api.call("GET", "/agents")["items"]?.elements ?? []
    return agents.first { $0["name"]?.stringValue == name }?["trusted"]?.boolValue
  }

  /// Waits until all monitors are up and agent one is trusted, which takes no minute: it has shown
  /// that it sees.
  private func begin(_ network: Network, monitors: Int) throws {
    let clock = ContinuousClock()
    let begun = clock.now
    let stands = try eventually(within: 50) {
      try texts(
        "SELECT 'x' FROM monitor m WHERE EXISTS (SELECT FROM verdict v WHERE v.monitor_key = m.key)",
        network
      ).count == monitors && isTrusted("one", network) == true
    }
    #expect(stands, "agent one is trusted as soon as its canaries have passed")
    print("trusted \(begun.duration(to: clock.now)) after the start")
    #expect(try verdicts(network) == ["up"])
  }

  @Test func `that break are one event, and no incident of any target`() throws {
    let canaries = try Canaries(3)
    defer { canaries.stop() }
    let network = try network(canaries, monitors: ["shop", "docs", "cdn", "mail"])
    defer { network.end() }
    try begin(network, monitors: 4)

    let clock = ContinuousClock()
    var begun = clock.now
    canaries.stop()
    let one = try network.agentID("one")
    network.target.setStalled(agent: one, true)
    #expect(try eventually(within: 20) { try !events(network).isEmpty })
    print("distrusted \(begun.duration(to: clock.now)) after the break")
    #expect(try isTrusted("one", network) == false)
    // Every target has failed it several times by then.
    #expect(
      try eventually(within: 60) {
        try network.database.value(
          "SELECT count(*) FROM result WHERE outcome = 3", as: Int64.self) >= 12
      })
    #expect(try verdicts(network) == ["up"])
    #expect(try events(network) == ["distrusted canaries"])

    begun = clock.now
    try canaries.start()
    network.target.setStalled(agent: one, false)
    #expect(try eventually(within: 120) { try isTrusted("one", network) == true })
    let tookTo = begun.duration(to: clock.now)
    print("trusted again \(tookTo) after all was well")
    #expect(tookTo > .seconds(50), "a clean minute")
    #expect(try events(network) == ["distrusted canaries", "trusted canaries"])
    #expect(try verdicts(network) == ["up"])
    #expect(try texts("SELECT severity FROM incident", network).isEmpty)
    #expect(
      try texts(
        """
        SELECT j.reason || ' ' || j.sequence || '/' || j.index || ' at ' || j.received_at
        FROM ingest_reject AS j
        """, network
      ).isEmpty, "canaries make no results, and evidence finds its results")
  }

  @Test func `that are well let its timeouts count`() throws {
    let canaries = try Canaries(3)
    defer { canaries.stop() }
    let network = try network(canaries, monitors: ["shop"])
    defer { network.end() }
    try begin(network, monitors: 1)
    let clock = ContinuousClock()
    let begun = clock.now
    network.target.setStalled(agent: try network.agentID("one"), true)
    #expect(try eventually(within: 120) { try verdicts(network).contains("regional") })
    print("regional \(begun.duration(to: clock.now)) after one region's probes timed out")
    #expect(try events(network).isEmpty)
  }
}
