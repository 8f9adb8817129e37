import Alerts
import JSON
import Model
import OpenSSL
import Postgres
import TestSupport
import Testing

@testable import Store

@Suite struct `Channels of an organization` {
  private func dump(_ scene: AlertScene) throws -> String {
    var text = ""
    for table in ["channel", "audit", "delivery", "channel_outbox"] {
      text +=
        try scene.connection.query(
          SQL(verbatim: "SELECT string_agg(t::text, ' ') FROM \(table) AS t")
        ).first?.get(0, as: String?.self) ?? ""
    }
    return text
  }

  @Test func `keep their secrets sealed, and tell the audit log only which there are`() throws {
    let scene = try AlertScene()
    let id = try scene.channel("hook")
    try scene.channel("mail", "email", AlertScene.email)
    _ = try scene.write {
      try ChannelQueries.change(id, organization: scene.acme, sealing: scene.sealing, by: $0) {
        $0 = try scene.draft(
          "hook", "webhook",
          ["url": "https://a.test/s3cret-too", "secret": AlertScene.webhook["secret"] ?? .null])
      }
    }
    try scene.notice("began", scene.monitor())
    let claim = try #require(try scene.claim())
    let text = try dump(scene) + "\(claim)"
    for secret in ["s3cret", "whsec_", "hooks.example.org"] { #expect(!text.contains(secret)) }
    #expect(text.contains("smtp.example.org"))
    let changes = try scene.connection.query(
      "SELECT change FROM audit WHERE action = 'channel.update'")
    #expect(try #require(changes.first).json(0) == ["secrets_changed": ["url"]])
    let stored = try #require(
      try ChannelQueries.get(
        id, organization: scene.acme, sealing: scene.sealing, on: scene.connection))
    #expect(stored.draft.settings["url"] == "https://a.test/s3cret-too")
  }

  @Test(arguments: [
    "UPDATE channel SET secrets = (SELECT secrets FROM channel WHERE id = $1) WHERE id <> $1",
    "UPDATE channel SET kind = 'pigeon' WHERE id <> $1",
    #"UPDATE channel SET settings = '{"s3cret": 1}' WHERE id <> $1"#,
    "UPDATE channel SET settings = '[]' WHERE id <> $1",
  ])
  func `whose settings can't be used keep what waits, say so, and hold nobody up`(
    spoiling: String
  ) throws {
    let scene = try AlertScene()
    let (one, two) = (try scene.channel("one"), try scene.channel("two"))
    try scene.notice("began", scene.monitor("shop"))
    try scene.connection.execute("CREATE TABLE kept AS SELECT * FROM channel")
    try scene.connection.query(SQL(verbatim: spoiling), one)
    #expect(try scene.sendAll() == ["one: shop is slow"])
    #expect(try scene.states().sorted() == ["notice delivered", "notice pending"])
    try scene.pass(61_000)
    #expect(try scene.sendAll() == [])
    #expect(scene.unusable.count == 2)
    #expect(scene.unusable.allSatisfy { !$0.isEmpty && !$0.contains("hooks.example.org") })
    try scene.connection.execute(
      """
      UPDATE channel c SET kind = k.kind, settings = k.settings, secrets = k.secrets FROM kept k
      WHERE k.id = c.id
      """)
    #expect(try scene.settings(two).enabled)
    #expect(try scene.sendAll() == [])
    try scene.pass(61_000)
    #expect(try scene.sendAll() == ["two: shop is slow"])
  }

  @Test func `have names of their own, and are another organization's to nobody`() throws {
    let scene = try AlertScene()
    let id = try scene.channel("hook")
    try scene.channel("hook", of: scene.other)
    #expect(throws: AlertingRefusal.nameTaken) { try scene.channel("hook") }
    let second = try scene.channel("second")
    #expect(throws: AlertingRefusal.nameTaken) {
      try scene.write {
        try ChannelQueries.change(
          second, organization: scene.acme, sealing: scene.sealing, by: $0
        ) { $0.name = "hook" }
      }
    }
    let foreign = try scene.write {
      try ChannelQueries.change(
        id, organization: scene.other, sealing: scene.sealing, by: $0
      ) { $0.name = "mine" }
    }
    #expect(foreign == nil)
    #expect(try !scene.write { try ChannelQueries.delete(id, organization: scene.other, by: $0) })
    #expect(
      try ChannelQueries.get(
        id, organization: scene.other, sealing: scene.sealing, on: scene.connection) == nil)
  }

  @Test func `that are deleted are sent nothing more, and stand in no route`() throws {
    let scene = try AlertScene()
    let id = try scene.channel("hook")
    let route = try scene.route(RouteDraft(name: "r", channels: [id]))
    try scene.notice("began", scene.monitor())
    let claim = try #require(try scene.claim())
    #expect(try scene.write { try ChannelQueries.delete(id, organization: scene.acme, by: $0) })
    #expect(try Outbox.begin(claim.messages[0], of: claim, on: scene.connection) == .lost)
    #expect(try scene.states() == ["notice failed"])
    let stored = try RouteQueries.get(route.id, organization: scene.acme, on: scene.connection)
    #expect(stored?.draft.channels == [])
    try scene.channel("hook")
  }

  @Test func `whose settings are mended are sent at once what waits for another attempt`() throws {
    let scene = try AlertScene()
    let id = try scene.channel("hook")
    try scene.notice("began", scene.monitor("shop"))
    #expect(
      try scene.sendAll(.retry("status 503", afterSeconds: 3_000)) == ["hook: shop is slow"])
    #expect(try scene.sendAll() == [])
    _ = try scene.write {
      try ChannelQueries.change(id, organization: scene.acme, sealing: scene.sealing, by: $0) {
        $0 = try scene.draft(
          "hook", "webhook",
          ["url": "https://b.test/", "secret": AlertScene.webhook["secret"] ?? .null])
      }
    }
    #expect(try scene.sendAll() == ["hook: shop is slow"])
  }
}
