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
  private let database: TestDatabase
  private let connection: Connection
  private let sealing: SealingKey
  private let organization: OrganizationID

  init() throws {
    database = try TestDatabase.make()
    connection = try database.connect()
    sealing = try #require(SealingKey([UInt8](repeating: 5, count: SealingKey.byteCount)))
    organization = OrganizationID(rawValue: try database.addOrganization())
  }

  private func channel(
    _ name: String, _ kind: String, _ settings: JSONValue
  ) throws -> ChannelID {
    let read = try #require(ChannelKinds.named(kind)).read(settings)
    return try AuditTrail.write(
      by: AuditContext(actor: .system("test")), on: connection
    ) {
      try ChannelQueries.create(
        ChannelDraft(name: name, settings: read), organization: organization, sealing: sealing,
        by: $0
      ).id
    }
  }

  private func hook(_ name: String, _ server: ScriptedServer) throws -> ChannelID {
    try channel(
      name, "webhook",
      [
        "url": .string("\(server.address)/\(name)"),
        "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
      ])
  }

  /// What steps store: something of every monitor.
  private func notices(_ kind: String, _ step: Int64) throws {
    try connection.query(
      """
      INSERT INTO notice (organization_id, monitor_key, step, kind, urgency, verdict, at, created_at,
        body)
      SELECT organization_id, key, $2, $1, 'notify', 'degraded', clock_timestamp(),
        clock_timestamp(),
        jsonb_build_object('monitor', jsonb_build_object('id', id, 'name', name, 'target', target))
      FROM monitor
      """, kind, step)
  }

  private func settings(workers: Int = 2) -> SendingSettings {
    SendingSettings(
      sealing: sealing,
      sender: Sender.Configuration(
        receivers: ReceiverGuard(allowsPrivate: true), host: "upblit.test"),
      places: AlertPlaces(origin: nil),
      pace: OutboxPace(
        retries: RetrySchedule(
          pausesSeconds: [Int64](repeating: 0, count: 10), longestSeconds: 3600)),
      workers: workers)
  }

  /// Runs collectors until everything has come to an end.
  private func run(collectors: Int = 1, workers: Int = 2) throws {
    let crews = try (0..<collectors).map { _ in
      try SendingCrew(database.address, settings(workers: workers)) { notice in
        if case .trouble(let error) = notice { Issue.record(error) }
      }
    }
    let deadline = ContinuousClock.now.advanced(by: .seconds(60))
    try connection.listen(to: SendingCrew.channels)
    while try waiting() > 0, ContinuousClock.now < deadline {
      _ = try connection.notifications(timeoutMs: 20)
    }
    #expect(try waiting() == 0)
    for crew in crews { crew.stop() }
  }

  private func waiting() throws -> Int64 {
    try #require(
      try connection.query(
        "SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending')"
      ).first
    ).get(0)
  }

  private func states() throws -> [String: Int] {
    var states: [String: Int] = [:]
    for row in try connection.query("SELECT state, count(*) FROM delivery GROUP BY state") {
      states[try row.get(0)] = Int(try row.get(1, as: Int64.self))
    }
    return states
  }

  @Test func `of two collectors tells each receiver everything once and in order`() throws {
    let server = try ScriptedServer(ScriptedServer.Answer())
    defer { server.stop() }
    for name in ["a", "b", "c"] { _ = try hook(name, server) }
    for index in 0..<20 {
      _ = try database.addMonitor(organization: organization.rawValue, name: "m\(index)")
    }
    try notices("began", 1)
    try run(collectors: 2)
    try notices("ended", 2)
    try run(collectors: 2)
    #expect(try states() == ["delivered": 120])
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
    worker.environment = ["CONNINFO": database.conninfo]
    try worker.run()
    return worker
  }

  /// Waits until the receivers have had so many requests, or nothing waits any more.
  private func wait(_ server: ScriptedServer, for requests: Int) throws {
    let deadline = ContinuousClock.now.advanced(by: .seconds(60))
    while server.requests.count < requests, try waiting() > 0, ContinuousClock.now < deadline {
      usleep(2_000)
    }
  }

  /// How many deliveries workers are killed amid: 200, or what the environment says.
  private static let killedAmid =
    ProcessInfo.processInfo.environment["UPBLIT_KILLED_DELIVERIES"].flatMap { Int($0) } ?? 200

  @Test func `killed amid deliveries leave each delivered once by its name, in order`() throws {
    let messages = Self.killedAmid
    let server = try ScriptedServer { _ in
      usleep(4_000)
      return ScriptedServer.Answer()
    }
    defer { server.stop() }
    // A channel takes 50 at once, and 50 a second after that.
    let hooks = max(4, messages / 100)
    for index in 0..<hooks { _ = try hook("h\(index)", server) }
    for index in 0..<(messages / hooks / 2) {
      _ = try database.addMonitor(organization: organization.rawValue, name: "m\(index)")
    }
    var kills = 0
    for (step, kind) in ["began", "ended"].enumerated() {
      try notices(kind, Int64(step + 1))
      for goal in [messages / 5, messages / 10, Int.max] {
        let worker = try startWorker()
        try wait(server, for: goal == .max ? goal : server.requests.count + goal)
        let isAmid = try waiting() > 0
        #expect(isAmid == (goal != .max))
        kill(worker.processIdentifier, SIGKILL)
        worker.waitUntilExit()
        kills += isAmid ? 1 : 0
      }
    }
    #expect(try states() == ["delivered": messages])
    try expectOnceInOrder(server, messages: messages)
    // Each of the three threads was at one message at most.
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
    _ = try hook("a", server)
    _ = try database.addMonitor(organization: organization.rawValue)
    try notices("began", 1)
    try run()
    let ids = server.requests.compactMap { $0.header("webhook-id") }
    #expect(ids.count == 4 && Set(ids).count == 1)
    let delivery = try #require(
      try DeliveryQueries.list(
        before: nil, limit: 1, organization: organization, on: connection
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
    let id = try channel(
      "chat", "telegram",
      [
        "token": "123456789:AAExampleExampleExampleExample", "chat_id": "-1",
        "api_url": .string(server.address),
      ])
    _ = try database.addMonitor(organization: organization.rawValue)
    try notices("began", 1)
    try run()
    #expect(try states() == ["delivered": 1])
    let stored = try ChannelQueries.get(
      id, organization: organization, sealing: sealing, on: connection)
    #expect(stored?.draft.settings["chat_id"] == "-1009")
  }
}
