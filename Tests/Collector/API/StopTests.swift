import API
import Logging
import Postgres
import ServiceLifecycle
import Store
import TestSupport
import Testing

struct StopTests {
  @Test func `told to stop, the server answers what is in flight and ends`() async throws {
    try await Self.stopping { api, group in
      // Holds the lock that the request's store query waits for.
      let blocker = try api.database.connect()
      try blocker.execute("BEGIN; LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE")
      let key = APIKeySecret.random().text
      async let answer = api.send("GET", "/api/v1/me", key: key)
      try await Self.untilWaiting(api.database)
      await group.triggerGracefulShutdown()
      try blocker.execute("COMMIT")
      #expect(try await answer.status == 401)
    }
  }

  @Test func `told to stop, the server ends streams of events as whole ones`() async throws {
    try await Self.stopping { api, group in
      let stream = try RawStream("/api/v1/events", key: try api.key(), port: api.port)
      try await stream.wait(for: "retry: 2000")
      await group.triggerGracefulShutdown()
      #expect(try await stream.end().hasSuffix("0\r\n\r\n"))
    }
  }

  /// Runs `body`, which stops the group of a new server, and waits for the group to end.
  private static func stopping(
    _ body: (TestAPI, ServiceGroup) async throws -> Void
  ) async throws {
    let database = try TestDatabase.make()
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = APIServer(
      store: try database.pool(size: 1), configuration: try TestAPI.configuration(),
      logger: logger, onListening: { continuation.yield($0) })
    let group = ServiceGroup(services: [server], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var iterator = ports.makeAsyncIterator()
      let port = try #require(await iterator.next())
      try await body(TestAPI(port: port, database: database), group)
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
