import API
import Logging
import OpenSSL
import Postgres
import ServiceLifecycle
import Store
import TestSupport
import Testing

struct StopTests {
  @Test func `told to stop, the server answers what is in flight and ends`() async throws {
    let database = try TestDatabase.make()
    let sealingKey = try #require(SealingKey([UInt8](repeating: 7, count: SealingKey.byteCount)))
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = APIServer(
      store: try database.pool(size: 1),
      configuration: APIConfiguration(
        host: "127.0.0.1", port: 0, ingressAddress: "a:1", pins: [], sealingKey: sealingKey,
        installation: PostgresUUID(high: 1, low: 2)),
      logger: logger, onListening: { continuation.yield($0) })
    let group = ServiceGroup(services: [server], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var iterator = ports.makeAsyncIterator()
      let port = try #require(await iterator.next())
      let api = TestAPI(port: port, database: database)
      // Holds the lock that the request's store query waits for.
      let blocker = try database.connect()
      try blocker.execute("BEGIN; LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE")
      let key = APIKeySecret.random().text
      async let answer = api.send("GET", "/api/v1/me", key: key)
      try await Self.untilWaiting(database)
      await group.triggerGracefulShutdown()
      try blocker.execute("COMMIT")
      #expect(try await answer.status == 401)
      try await tasks.next()
    }
  }

  @Test func `told to stop, the server ends streams of events as whole ones`() async throws {
    let database = try TestDatabase.make()
    let sealingKey = try #require(SealingKey([UInt8](repeating: 7, count: SealingKey.byteCount)))
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = APIServer(
      store: try database.pool(size: 1),
      configuration: APIConfiguration(
        host: "127.0.0.1", port: 0, ingressAddress: "a:1", pins: [], sealingKey: sealingKey,
        installation: PostgresUUID(high: 1, low: 2)),
      logger: logger, onListening: { continuation.yield($0) })
    let group = ServiceGroup(services: [server], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var iterator = ports.makeAsyncIterator()
      let port = try #require(await iterator.next())
      let key = try TestAPI(port: port, database: database).key()
      let stream = try RawStream("/api/v1/events", key: key, port: port)
      try await stream.wait(for: "retry: 2000")
      await group.triggerGracefulShutdown()
      #expect(try await stream.end().hasSuffix("0\r\n\r\n"))
      try await tasks.next()
    }
  }

  private static func untilWaiting(_ database: TestDatabase) async throws {
    while try database.value(
      "SELECT count(*) FROM pg_locks WHERE NOT granted", as: Int64.self) == 0
    {
      await Task.yield()
    }
  }
}
