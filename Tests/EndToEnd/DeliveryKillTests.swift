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

  @Test func `the collector leaves each delivered once by its name, in order`() throws {
    let receiver = try ScriptedServer { _ in
      // So slowly that no kill comes too late.
      usleep(4_000)
      return ScriptedServer.Answer()
    }
    defer { receiver.stop() }
    let network = try Network(settings: "alerts_allow_private = on")
    defer { network.end() }
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
      let before = receiver.requests.count
      try tell(kind, step: Int64(1_000_000 + step), network)
      for share in [5, 3] {
        let goal = before + all / 2 / share
        #expect(eventually(within: 120) { receiver.requests.count >= goal })
        network.killCollector()
        #expect(try waiting(network) > 0, "the kill came too late")
        kills += 1
        try network.startCollector()
      }
      // Whoever was at a channel held it for half a minute.
      let isDone = try eventually(within: 150) { try waiting(network) == 0 }
      #expect(isDone)
    }
    let delivered: Int64 = try network.database.value(
      "SELECT count(*) FROM delivery WHERE state = 'delivered'", as: Int64.self)
    #expect(delivered == Int64(all))
    try expectOnceInOrder(receiver, messages: all)
    // Each thread of a collector was at one message at most.
    #expect(receiver.requests.count <= all + 8 * kills)
  }

  /// Each message has a name of its own, and who looks at the first of each name alone is told of every
  /// matter's beginning and then of its end.
  private func expectOnceInOrder(_ receiver: ScriptedServer, messages: Int) throws {
    var seen: Set<String> = []
    var told: [String: [String]] = [:]
    for request in receiver.requests {
      let id = try #require(request.header("webhook-id"))
      guard seen.insert(id).inserted else { continue }
      let body = try JSONValue(parsing: Array(request.body.utf8))
      let key = body["data"]?["incident"]?["key"]?.stringValue ?? "?"
      told["\(request.line) \(key)", default: []].append(body["type"]?.stringValue ?? "?")
    }
    #expect(seen.count == messages && told.count == messages / 2)
    #expect(told.values.allSatisfy { $0 == ["incident.opened", "incident.resolved"] })
  }
}
