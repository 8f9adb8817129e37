import Alerts
import JSON
import Model
import Postgres
import TestSupport
import Testing

@testable import Store

/// Beside a newer collector, whose words and events this one does not know.
@Suite struct `What a newer collector is to tell` {
  private func scene() throws -> AlertScene {
    let scene = try AlertScene()
    try scene.connection.execute(
      """
      ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
      ALTER TABLE delivery DROP CONSTRAINT delivery_event_check
      """)
    return scene
  }

  @Test(arguments: [
    (
      "UPDATE notice SET kind = 'simmers' WHERE kind = 'began' AND incident_id IS NOT NULL",
      "UPDATE notice SET kind = 'began' WHERE kind = 'simmers'"
    ),
    (
      "UPDATE delivery SET event = 'digest' WHERE incident_id IS NOT NULL",
      "UPDATE delivery SET event = 'notice' WHERE event = 'digest'"
    ),
  ])
  func `waits with what comes after it in its matter, and holds up no other`(
    newer: String, known: String
  ) throws {
    let scene = try scene()
    let monitor = try scene.monitor("shop")
    let incident = try scene.incident(monitor)
    try scene.channel()
    try scene.notice("began", monitor, incident)
    try scene.connection.execute(SQL(verbatim: newer))
    try scene.notice("began", scene.monitor("other"))
    // Of the same monitor, but another matter.
    try scene.notice("flapping", monitor, urgency: "notify")
    #expect(try scene.sendAll().count == 2)
    #expect(try scene.deliveries()[0].state == "pending")
    #expect(try scene.deliveries()[0].reason?.contains("newer collector") == true)
    try scene.notice("ended", monitor, incident, urgency: "notify")
    #expect(try scene.sendAll() == [])
    try scene.pass(61_000)
    #expect(try scene.sendAll() == [])
    #expect(try scene.deliveries().filter { $0.state == "pending" }.count == 2)
    // A newer one knows it.
    try scene.connection.execute(SQL(verbatim: known))
    try scene.pass(61_000)
    #expect(try scene.sendAll() == ["hook: shop was down, and is up again"])
    #expect(try scene.states().allSatisfy { !$0.hasSuffix("pending") })
  }

  @Test func `is looked at once a minute, and keeps that it may have arrived`() throws {
    let scene = try scene()
    let monitor = try scene.monitor("shop")
    try scene.channel()
    try scene.notice("began", monitor)
    let claim = try #require(try scene.claim())
    #expect(try Outbox.begin(claim.messages[0], of: claim, on: scene.connection) == .now)
    try scene.connection.execute("UPDATE notice SET kind = 'simmers'")
    try scene.pass(31_000)
    let next = { try scene.deliveries()[0].nextAt }
    #expect(try scene.sendAll() == [])
    let first = try next()
    try scene.pass(30_000)
    #expect(try scene.sendAll() == [])
    #expect(try next() == first)
    try scene.connection.execute("UPDATE notice SET kind = 'began'")
    try scene.notice("ended", monitor, urgency: "notify")
    #expect(try scene.sendAll() == ["hook: shop is quick again"])
  }

  @Test func `ends nothing that is said again and again`() throws {
    let scene = try scene()
    let monitor = try scene.monitor("shop")
    let incident = try scene.incident(monitor)
    try scene.channel("am", "alertmanager", ["url": "https://am.example.org"])
    try scene.notice("began", monitor, incident)
    #expect(try scene.sendAll() == ["am: shop is down"])
    try scene.notice("simmers", monitor, incident)
    for _ in 0..<3 {
      try scene.pass(121_000)
      #expect(try scene.sendAll() == ["am: still: shop is down"])
    }
  }
}
