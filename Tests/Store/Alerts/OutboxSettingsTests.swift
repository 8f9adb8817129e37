import Alerts
import JSON
import Model
import Postgres
import TestSupport
import Testing

@testable import Store

/// What a receiver wants of its channel while somebody else writes the channel.
@Suite struct `A channel that changes while it is sent to` {
  /// One of a kind, its first message on its way.
  private func begun(
    _ scene: AlertScene, _ kind: String, _ settings: JSONValue
  ) throws -> (id: ChannelID, claim: OutboxClaim) {
    let id = try scene.channel("one", kind, settings)
    try scene.notice("began", scene.monitor("shop"))
    let claim = try #require(try scene.claim())
    #expect(try Outbox.begin(claim.messages[0], of: claim, on: scene.connection) == .now)
    return (id, claim)
  }

  private static let moved = DeliveryOutcome.changed(setting: "chat_id", to: "-1009")

  @Test func `keeps what a person replaced, beside what its receiver asked for`() throws {
    let scene = try AlertScene()
    let (id, claim) = try begun(scene, "telegram", AlertScene.telegram)
    let token: JSONValue = "987654321:AAs3cretExampleExampleExample"
    try scene.change(
      id, to: scene.draft("renamed", "telegram", ["token": token, "chat_id": "-1"]))
    #expect(try scene.settle(claim.messages[0], claim, Self.moved))
    let stored = try scene.settings(id)
    #expect(stored.name == "renamed")
    #expect(stored.settings["token"] == token && stored.settings["chat_id"] == "-1009")
  }

  @Test func `keeps the very setting that a person replaced`() throws {
    let scene = try AlertScene()
    let (id, claim) = try begun(scene, "telegram", AlertScene.telegram)
    let token = try #require(AlertScene.telegram["token"])
    try scene.change(id, to: scene.draft("one", "telegram", ["token": token, "chat_id": "-2"]))
    #expect(try scene.settle(claim.messages[0], claim, Self.moved))
    #expect(try scene.settings(id).settings["chat_id"] == "-2")
    #expect(try scene.states() == ["notice pending"])
  }

  @Test func `keeps another kind, and is sent again what it was sent`() throws {
    let scene = try AlertScene()
    let (id, claim) = try begun(scene, "telegram", AlertScene.telegram)
    let draft = try scene.draft("one", "webhook", AlertScene.webhook)
    try scene.change(id, to: draft)
    #expect(try scene.settle(claim.messages[0], claim, Self.moved))
    #expect(try scene.settings(id) == draft)
    try Outbox.release(claim, on: scene.connection)
    try scene.pass(6_000)
    #expect(try scene.sendAll() == ["one: shop is slow"])
  }

  @Test func `is not switched off by the receiver that it had before`() throws {
    let scene = try AlertScene()
    let (id, claim) = try begun(scene, "webhook", AlertScene.webhook)
    let secret = try #require(AlertScene.webhook["secret"])
    try scene.change(
      id, to: scene.draft("one", "webhook", ["url": "https://b.test/", "secret": secret]))
    #expect(try scene.settle(claim.messages[0], claim, .refused("status 410", disables: true)))
    #expect(try scene.settings(id).enabled)
    try Outbox.release(claim, on: scene.connection)
    try scene.pass(6_000)
    #expect(try scene.sendAll() == ["one: shop is slow"])
  }

  @Test func `and is settled at the same time waits for the one, then for the other`() throws {
    let scene = try AlertScene()
    let (id, claim) = try begun(scene, "webhook", AlertScene.webhook)
    let (database, clock, sealing) = (scene.database, scene.clock, scene.sealing)
    let secret = try #require(AlertScene.webhook["secret"])
    let wanted = try scene.draft(
      "one", "webhook", ["url": "https://b.test/", "secret": secret])
    var settling: TestThread?
    // Were there a circle, this transaction would be the one that fails, and is not run again.
    try scene.connection.execute("BEGIN; SET LOCAL deadlock_timeout = '20ms'")
    _ = try scene.write {
      try ChannelQueries.change(id, organization: scene.acme, sealing: sealing, by: $0) { draft in
        settling = try TestThread("settling") {
          do {
            let connection = try database.connect()
            try clock.use(connection)
            try connection.execute("SET deadlock_timeout = '10min'")
            let isStored = try Outbox.settle(
              claim.messages[0], of: claim, as: .refused("status 410", disables: true), chance: 0,
              sealing: sealing, on: connection)
            #expect(isStored)
          } catch {
            Issue.record(error)
          }
        }
        try scene.waitUntilBlocked()
        draft = wanted
      }
    }
    try scene.connection.execute("COMMIT")
    settling?.join()
    #expect(try scene.settings(id) == wanted)
    #expect(try scene.states() == ["notice pending"])
  }

  @Test func `writes no deliveries while another holds its outbox`() throws {
    let scene = try AlertScene()
    let (id, _) = try begun(scene, "webhook", AlertScene.webhook)
    try scene.notice("began", scene.monitor("second"))
    let (database, clock, sealing) = (scene.database, scene.clock, scene.sealing)
    let (acme, draft) = (scene.acme, try scene.settings(id))
    try scene.connection.execute("BEGIN")
    try scene.connection.query("SELECT 1 FROM channel_outbox FOR UPDATE")
    let switching = try TestThread("switching off") {
      do {
        let connection = try database.connect()
        try clock.use(connection)
        try AuditTrail.write(by: AuditContext(actor: .system("test")), on: connection) { write in
          _ = try ChannelQueries.change(id, organization: acme, sealing: sealing, by: write) {
            $0 = draft
            $0.enabled = false
          }
        }
      } catch {
        Issue.record(error)
      }
    }
    try scene.waitUntilBlocked()
    let rows = try scene.connection.query("SELECT 1 FROM delivery FOR UPDATE NOWAIT")
    #expect(rows.count == 2)
    try scene.connection.execute("COMMIT")
    switching.join()
    #expect(try scene.states() == ["notice sending", "notice failed"])
  }
}
