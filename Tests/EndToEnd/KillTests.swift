import Postgres
import Testing
import TestSupport

/// Processes are killed at bad moments while 500 monitors run; afterwards the target's own log and the
/// stored rows must match one to one.
@Suite(.serialized, .enabled(if: Program.areWanted), .timeLimit(.minutes(10)))
struct `Killed processes` {
  private static let monitors = 500

  /// A network of three regions that probes 500 monitors every five seconds.
  private func busyNetwork() throws -> Network {
    let network = try Network()
    for number in 0..<Self.monitors {
      try network.addMonitor("monitor \(number)", path: "/\(number)")
    }
    for (name, provider) in [("one", "alpha"), ("two", "beta"), ("three", "gamma")] {
      try network.addAgent(name, region: name, provider: provider)
    }
    let isBusy = eventually(within: 60) { network.target.nonces.count > Self.monitors * 3 }
    guard isBusy else { throw Trouble("the agents probe too little") }
    return network
  }

  /// Waits until every request that the target saw has its row, and checks that no row is without
  /// one.
  private func expectOneToOne(_ network: Network) throws {
    let seen = network.target.nonces
    var missing: [String] = []
    var skipped: Int64 = 0
    let isComplete = try eventually(within: 90) {
      let ledger = try Ledger(network.database)
      missing = seen.filter { ledger.stored[$0] == nil }
      skipped = ledger.skipped
      return Int64(missing.count) <= skipped
    }
    #expect(isComplete, "\(missing.count) of \(seen.count) have no row: \(missing.prefix(5))")
    #expect(skipped == 0)
    let ledger = try Ledger(network.database)
    let now = network.target.nonces
    let invented = ledger.stored.keys.filter {
      !now.contains($0) && !ledger.withoutRequest.contains($0)
    }
    #expect(invented.isEmpty, "rows of probes that the target never saw: \(invented.prefix(5))")
    #expect(ledger.doubled.isEmpty, "stored twice: \(ledger.doubled.prefix(5))")
    #expect(network.target.repeated.isEmpty)
    #expect(ledger.rejected == 0)
  }

  /// Lets `seconds` worth of probes reach the target.
  private func letProbe(_ network: Network, seconds: Int) throws {
    let goal = network.target.nonces.count + Self.monitors * 3 * seconds / 5
    guard eventually(within: Double(seconds) * 6 + 30, { network.target.nonces.count >= goal })
    else { throw Trouble("the agents probe too little") }
  }

  @Test func `an agent, again and again`() throws {
    let network = try busyNetwork()
    defer { network.end() }
    for _ in 0..<4 {
      network.killAgent("two")
      try network.startAgent("two")
      try letProbe(network, seconds: 5)
    }
    try expectOneToOne(network)
  }

  @Test func `the collector, at once and between commit and ack`() throws {
    let network = try busyNetwork()
    defer { network.end() }
    for _ in 0..<2 {
      network.killCollector()
      try letProbe(network, seconds: 5)
      try network.startCollector()
      try letProbe(network, seconds: 5)
    }
    // every agent is back: one that still waits to connect would have nothing to commit
    let isFlowing = try eventually(within: 90) {
      try network.database.value(
        """
        SELECT count(DISTINCT s.agent_key) FROM ingest_batch b JOIN ingest_stream s ON s.key = b.stream_key
        WHERE b.received_at > now() - interval '2 s'
        """, as: Int64.self) == 3
    }
    #expect(isFlowing)
    // from here on agents hear nothing: what commits now is committed without an ack
    network.relay.holdAnswers(true)
    let before: Int64 = try network.database.value("SELECT count(*) FROM ingest_batch")
    let hasCommitted = try eventually(within: 30) {
      try network.database.value("SELECT count(*) FROM ingest_batch", as: Int64.self) > before
    }
    #expect(hasCommitted)
    network.killCollector()
    network.relay.cut()
    network.relay.holdAnswers(false)
    try network.startCollector()
    try letProbe(network, seconds: 5)
    try expectOneToOne(network)
  }

  @Test func `Postgres`() throws {
    let network = try busyNetwork()
    defer { network.end() }
    for _ in 0..<2 {
      try network.killPostgres()
      try letProbe(network, seconds: 5)
      try network.startPostgres()
      try letProbe(network, seconds: 5)
    }
    try expectOneToOne(network)
    #expect(network.collector?.isRunning == true)
  }
}
