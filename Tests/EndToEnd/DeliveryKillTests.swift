import Foundation
import JSON
import Postgres
import TestSupport
import Testing

/// The collector is killed while it tells receivers of outages; afterwards what they heard must be whole.
@Suite(.serialized, .enabled(if: Program.areWanted), .timeLimit(.minutes(10)))
struct `Killed amid deliveries` {
  /// How many deliveries there are: 200, or what the environment says.
  private static let deliveries =
    ProcessInfo.processInfo.environment["UPBLIT_KILLED_DELIVERIES"].flatMap { Int($0) } ?? 200

  /// What the decision engine stores: something of every monitor.
  private func tell(_ kind: String, step: Int64, _ network: Network) throws {
    try network.database.connect().query(
      """
      INSERT INTO notice (organization_id, monitor_key, step, kind, urgency, verdict, at, created_at,
        body)
      SELECT organization_id, key, $2, $1, 'notify', 'degraded', clock_timestamp(),
        clock_timestamp(),
        jsonb_build_object('monitor', jsonb_build_object('id', id, 'name', name, 'target', target))
      FROM monitor
      """, kind, step)
  }

  private func waiting(_ network: Network) throws -> Int64 {
    try network.database.value(
      "SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending')", as: Int64.self)
  }

  /// Ends the leases of a collector that is dead, as time would.
  private func endLeases(_ network: Network) throws {
    try network.database.connect().execute(
      """
      UPDATE channel_outbox SET lease_until = now() WHERE lease IS NOT NULL;
      UPDATE delivery SET next_at = now() WHERE state = 'sending'
      """)
  }

  @Test func `the collector leaves each delivered once by its name, in order`() throws {
    let gate = Gate()
    let receiver = try ScriptedServer { _ in
      gate.pass()
      return ScriptedServer.Answer()
    }
    defer { receiver.stop() }
    let network = try Network(settings: "alerts_allow_private = on")
    defer { network.end() }
    // A channel takes 50 at once, and 50 a second after that.
    let channels = max(4, Self.deliveries / 100)
    let monitors = Self.deliveries / channels / 2
    let all = channels * monitors * 2
    for number in 0..<monitors { try network.addMonitor("m\(number)", path: "/\(number)") }
    for number in 0..<channels {
      try network.api.call(
        "POST", "/channels",
        [
          "name": .string("hook \(number)"), "kind": "webhook",
          "settings": [
            "url": .string("\(receiver.address)/\(number)"),
            "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
          ],
        ])
    }
    var kills = 0
    for (step, kind) in ["began", "ended"].enumerated() {
      gate.admit(all / 5)
      try tell(kind, step: Int64(1_000_000 + step), network)
      for next in [all / 10, .max] {
        // What is held was begun, and nobody has stored what became of it.
        #expect(eventually(within: 120) { gate.held > 0 })
        network.killCollector()
        kills += 1
        #expect(try waiting(network) > 0)
        try endLeases(network)
        // Before the next one is there, which gives an attempt only so long.
        gate.admit(next)
        try network.startCollector()
      }
      let isDone = try eventually(within: 120) { try waiting(network) == 0 }
      #expect(isDone)
    }
    let delivered: Int64 = try network.database.value(
      "SELECT count(*) FROM delivery WHERE state = 'delivered'", as: Int64.self)
    #expect(delivered == Int64(all))
    #expect(try ToldMatters(receiver.requests).areWhole(messages: all))
    // Each of a collector's threads was at one message at most.
    #expect(receiver.requests.count <= all + 8 * kills)
  }
}
