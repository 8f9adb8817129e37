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
    try expectOnceInOrder(server, messages: 120)
  }

  /// A process that sends, as a collector does.
  private func startWorker() throws -> Process {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count - 1)
    let own = String(
      decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let worker = Process()
    worker.executableURL = URL(filePath: own).deletingLastPathComponent().appending(
      path: "sending-worker")
    worker.environment = ["CONNINFO": scene.database.conninfo]
    try worker.run()
    return worker
  }

  /// How many deliveries workers are killed amid: 200, or what the environment says.
  private static let killedAmid =
    ProcessInfo.processInfo.environment["UPBLIT_KILLED_DELIVERIES"].flatMap { Int($0) } ?? 200

  @Test func `killed amid deliveries leave each delivered once by its name, in order`() throws {
    let messages = Self.killedAmid
    let gate = Gate()
    let server = try ScriptedServer { _ in
      gate.pass()
      return ScriptedServer.Answer()
    }
    defer { server.stop() }
    // A channel takes 50 at once, and 50 a second after that.
    let hooks = max(4, messages / 100)
    for index in 0..<hooks { _ = try scene.hook("h\(index)", server) }
    for index in 0..<(messages / hooks / 2) {
      _ = try scene.database.addMonitor(
        organization: scene.organization.rawValue, name: "m\(index)")
    }
    var kills = 0
    for (step, kind) in ["began", "ended"].enumerated() {
      try scene.notices(kind, Int64(step + 1))
      for goal in [messages / 5, messages / 10] {
        gate.admit(goal)
        let worker = try startWorker()
        // What is held was begun, and nobody has stored what became of it.
        try scene.wait("a request is held") { gate.held > 0 }
        kill(worker.processIdentifier, SIGKILL)
        worker.waitUntilExit()
        kills += 1
        #expect(try scene.waiting() > 0)
        try scene.endLeases()
      }
      gate.admit(.max)
      let worker = try startWorker()
      try scene.wait("all is delivered") { try scene.waiting() == 0 }
      kill(worker.processIdentifier, SIGKILL)
      worker.waitUntilExit()
    }
    #expect(try scene.states() == ["delivered": messages])
    try expectOnceInOrder(server, messages: messages)
    // Each worker that was killed was at three messages of the organization at most.
    #expect(server.requests.count <= messages + 3 * kills)
  }

  /// Each message has a name of its own, and who looks at the first of each name alone is told of every
  /// matter's beginning and then of its end.
  private func expectOnceInOrder(_ server: ScriptedServer, messages: Int) throws {
    var seen: Set<String> = []
    var told: [String: [String]] = [:]
    for request in server.requests {
      let id = try #require(request.header("webhook-id"))
      guard seen.insert(id).inserted else { continue }
      let body = try JSONValue(parsing: Array(request.body.utf8))
      let key = body["data"]?["incident"]?["key"]?.stringValue ?? "?"
      told["\(request.line) \(key)", default: []].append(body["type"]?.stringValue ?? "?")
    }
    #expect(seen.count == messages && told.count == messages / 2)
    #expect(told.values.allSatisfy { $0 == ["incident.opened", "incident.resolved"] })
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
