import Alerts
import JSON
import Model
import Postgres
import TestSupport
import Testing

@testable import Store

/// A receiver that takes silence for an end, and what fails there.
@Suite struct `What is said again lest it is taken for over` {
  private struct Outage {
    let scene: AlertScene
    let monitor: Int64
    let incident: IncidentID

    /// Told once.
    init() throws {
      scene = try AlertScene()
      monitor = try scene.monitor("shop")
      incident = try scene.incident(monitor)
      try scene.channel("am", "alertmanager", ["url": "https://am.example.org"])
      try scene.notice("began", monitor, incident)
      #expect(try scene.sendAll() == ["am: shop is down"])
    }

    func goesOn() throws -> Bool {
      try scene.pass(121_000)
      return try scene.sendAll() == ["am: still: shop is down"]
    }
  }

  @Test func `is said again though it was refused`() throws {
    let outage = try Outage()
    for _ in 0..<3 {
      try outage.scene.pass(121_000)
      let said = try outage.scene.sendAll(.refused("status 400", disables: false))
      #expect(said == ["am: still: shop is down"])
      #expect(try outage.scene.sendAll() == [])
    }
    #expect(try outage.goesOn())
    try outage.scene.notice("ended", outage.monitor, outage.incident, urgency: "notify")
    #expect(try outage.scene.sendAll() == ["am: shop is up again"])
  }

  @Test func `is said again though news in its place was refused or given up`() throws {
    let outage = try Outage()
    let scene = outage.scene
    // The news stands for what is said again, which is due as well.
    try scene.pass(121_000)
    try scene.notice("changed", outage.monitor, outage.incident, verdict: "partial")
    #expect(
      try scene.sendAll(.refused("status 400", disables: false)).first?.contains("parts") == true)
    #expect(try outage.goesOn())
    try scene.pass(121_000)
    try scene.notice("changed", outage.monitor, outage.incident, verdict: "partial")
    let claim = try #require(try scene.claim())
    #expect(claim.messages.map(\.replaces.count) == [1])
    #expect(try Outbox.begin(claim.messages[0], of: claim, on: scene.connection) == .now)
    let pace = OutboxPace(retries: RetrySchedule(pausesSeconds: [0], longestSeconds: 60))
    #expect(
      try Outbox.settle(
        claim.messages[0], of: claim, as: .retry("status 503", afterSeconds: nil), chance: 0,
        pace: pace, sealing: scene.sealing, on: scene.connection))
    try Outbox.release(claim, on: scene.connection)
    #expect(try scene.deliveries().last { $0.event == "notice" }?.reason == "given up: status 503")
    #expect(try outage.goesOn())
  }

  @Test func `is said again though a reminder stood for it`() throws {
    let scene = try AlertScene()
    let monitor = try scene.monitor("shop")
    let incident = try scene.incident(monitor)
    let channel = try scene.channel("am", "alertmanager", ["url": "https://am.example.org"])
    var route = RouteDraft(name: "all", channels: [channel])
    route.reminderSeconds = 300
    try scene.route(route)
    try scene.notice("began", monitor, incident)
    #expect(try scene.sendAll() == ["am: shop is down"])
    for _ in 0..<3 {
      // Both are due, and one message says both.
      try scene.pass(301_000)
      #expect(try scene.sendAll() == ["am: still: shop is down"])
      try scene.pass(121_000)
      #expect(try scene.sendAll() == ["am: still: shop is down"])
    }
    try scene.notice("ended", monitor, incident, urgency: "notify")
    #expect(try scene.sendAll() == ["am: shop is up again"])
    try scene.pass(121_000)
    #expect(try scene.sendAll() == [])
  }

  @Test func `is looked at in its time alone, though somebody has it sent again`() throws {
    let outage = try Outage()
    let scene = outage.scene
    let again = try #require(try scene.deliveries().first { $0.event == "repeat" })
    try scene.connection.query("UPDATE delivery SET state = 'failed' WHERE id = $1", again.id)
    let record = try scene.write {
      try DeliveryQueries.replay(again.id, organization: scene.acme, by: $0)
    }
    #expect(record?.state == "pending")
    #expect(try scene.claim() == nil)
    #expect(
      try Outbox.claim(
        as: .random(), by: AlertScene.worker, sealing: scene.sealing,
        places: AlertPlaces(origin: nil), on: scene.connection
      ).isNothing)
    #expect(try outage.goesOn())
  }

  @Test(arguments: [1_000, 121_000])
  func `is said no more once its end was refused`(afterMs: Int64) throws {
    let outage = try Outage()
    try outage.scene.pass(afterMs)
    try outage.scene.notice("ended", outage.monitor, outage.incident, urgency: "notify")
    let said = try outage.scene.sendAll(.refused("status 400", disables: false))
    #expect(said == ["am: shop is up again"])
    #expect(try !outage.goesOn())
    #expect(try outage.scene.deliveries().filter { $0.state == "failed" }.count == 1)
  }

  @Test func `is said no more where its end was never owed`() throws {
    let outage = try Outage()
    let scene = outage.scene
    let again = try #require(try scene.deliveries().first { $0.event == "repeat" })
    try scene.connection.query("UPDATE delivery SET state = 'failed' WHERE id = $1", again.id)
    try scene.connection.query(
      "UPDATE incident SET ended_at = now() WHERE id = $1", outage.incident)
    _ = try scene.write { try DeliveryQueries.replay(again.id, organization: scene.acme, by: $0) }
    #expect(try !outage.goesOn())
    #expect(try scene.deliveries().first { $0.id == again.id }?.state == "superseded")
  }

  @Test func `is not held up by news that fails for longer than it may be silent`() throws {
    let outage = try Outage()
    try outage.scene.notice("changed", outage.monitor, outage.incident, verdict: "partial")
    for _ in 0..<12 {
      let said = try outage.scene.sendAll(.retry("status 503", afterSeconds: nil))
      #expect(said == ["am: shop now is down in parts: eu can't use it"])
      try outage.scene.pass(121_000)
    }
    #expect(try outage.scene.sendAll().count == 1)
  }
}

extension Outbox.Look {
  fileprivate var isNothing: Bool {
    if case .nothing = self { true } else { false }
  }
}
