import Alerts
import Foundation
import Glibc
import JSON
import Model
import OpenSSL
import Postgres
import Store
import TestSupport
import Testing

@testable import Sending

@Suite struct `The sending threads` {
  private let scene: SendingScene

  init() throws { scene = try SendingScene() }

  /// Runs collectors until everything has come to an end.
  private func run(collectors: Int = 1, workers: Int = 4) throws {
    let crews = try (0..<collectors).map { _ in
      try SendingCrew(scene.database.address, scene.settings(workers: workers)) { notice in
        if case .trouble(let error) = notice { Issue.record(error) }
      }
    }
    let deadline = ContinuousClock.now.advanced(by: .seconds(60))
    try scene.connection.listen(to: SendingCrew.channels)
    while try scene.waiting() > 0, ContinuousClock.now < deadline {
      _ = try scene.connection.notifications(timeoutMs: 20)
    }
    #expect(try scene.waiting() == 0)
    for crew in crews { crew.stop() }
  }

  @Test func `of two collectors tells each receiver everything once and in order`() throws {
    let server = try ScriptedServer(ScriptedServer.Answer())
    defer { server.stop() }
    for name in ["a", "b", "c"] { _ = try scene.hook(name, server) }
    for index in 0..<20 {
      _ = try scene.database.addMonitor(
        organization: scene.organization.rawValue, name: "m\(index)")
    }
    try scene.notices("began", 1)
    try run(collectors: 2)
    try scene.notices("ended", 2)
    try run(collectors: 2)
    #expect(try scene.states() == ["delivered": 120])
    #expect(server.requests.count == 120)
    #expect(try ToldMatters(server.requests).areWhole(messages: 120))
  }

  @Test func `sends again under one name what failed for now`() throws {
    let server = try ScriptedServer(
      .init(status: 500), .init(status: 503), .init(status: 502), .init())
    defer { server.stop() }
    _ = try scene.hook("a", server)
    _ = try scene.database.addMonitor(organization: scene.organization.rawValue)
    try scene.notices("began", 1)
    try run()
    let ids = server.requests.compactMap { $0.header("webhook-id") }
    #expect(ids.count == 4 && Set(ids).count == 1)
    let delivery = try #require(
      try DeliveryQueries.list(
        before: nil, limit: 1, organization: scene.organization, on: scene.connection
      ).first)
    #expect(delivery.state == "delivered" && delivery.attempts == 4 && delivery.reason == nil)
  }

  @Test func `goes on where a chat has moved to, and remembers it`() throws {
    let server = try ScriptedServer { request in
      request.body.contains("-1009")
        ? .init()
        : .init(
          status: 400,
          body: #"{"ok": false, "parameters": {"migrate_to_chat_id": -1009}}"#)
    }
    defer { server.stop() }
    let id = try scene.channel(
      "chat", "telegram",
      [
        "token": "123456789:AAExampleExampleExampleExample", "chat_id": "-1",
        "api_url": .string(server.address),
      ])
    _ = try scene.database.addMonitor(organization: scene.organization.rawValue)
    try scene.notices("began", 1)
    try run()
    #expect(try scene.states() == ["delivered": 1])
    let stored = try ChannelQueries.get(
      id, organization: scene.organization, sealing: scene.sealing, on: scene.connection)
    #expect(stored?.draft.settings["chat_id"] == "-1009")
  }
}
