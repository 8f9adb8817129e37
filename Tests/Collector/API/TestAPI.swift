import API
import JSON
import Logging
import OpenSSL
import Postgres
import ServiceLifecycle
import Signing
import Store
import TestSupport
import Testing

/// A running API server on a free port of the loopback, with a database of its own.
struct TestAPI: Sendable {
  let port: Int
  let database: TestDatabase

  /// What a server of tests is started with: a free port, cheap passwords, patience with one address.
  static func configuration() throws -> APIConfiguration {
    let sealingKey = try #require(SealingKey([UInt8](repeating: 7, count: SealingKey.byteCount)))
    let pin = try #require(Pin(hash: [UInt8](repeating: 9, count: 32)))
    var configuration = APIConfiguration(
      host: "127.0.0.1", port: 0, ingressAddress: "collector.test:4433", pins: [pin],
      sealingKey: sealingKey, installation: PostgresUUID(high: 1, low: 2))
    configuration.passwords = .forTests
    // All tests come from one address.
    configuration.addressRate.requests = 1_000_000
    configuration.failureRate.requests = 1_000_000
    return configuration
  }

  /// Runs `body` against a new server, which ends with it.
  static func with(
    configure: (inout APIConfiguration) -> Void = { _ in },
    beside: (TestDatabase, inout APIConfiguration) throws -> (any Service)? = { _, _ in nil },
    _ body: (TestAPI) async throws -> Void
  ) async throws {
    let database = try TestDatabase.make()
    var configuration = try configuration()
    configure(&configuration)
    let other = try beside(database, &configuration)
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = APIServer(
      store: try database.pool(size: 4), configuration: configuration, logger: logger,
      onListening: { continuation.yield($0) })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { continuation.finish() }
        try? await server.run()
      }
      if let other { group.addTask { try? await other.run() } }
      defer { group.cancelAll() }
      var iterator = ports.makeAsyncIterator()
      let port = try #require(await iterator.next())
      try await body(TestAPI(port: port, database: database))
    }
  }

  /// The secret of a new key; with every scope unless told.
  func key(
    organization: String = "acme", scopes: Set<Scope> = Set(Scope.allCases)
  ) throws -> String {
    let connection = try database.connect()
    let id = try OrganizationQueries.findOrCreate(name: organization, on: connection)
    return try APIKeyQueries.create(
      name: "test", scopes: scopes, organization: id, on: connection
    ).secret.text
  }

  /// Sends one request, and holds its answer against the API's document. A body that is not `nil` is
  /// sent as JSON.
  func send(
    _ method: String, _ path: String, key: String? = nil, body: String? = nil,
    headers: [(String, String)] = []
  ) async throws -> RawHTTP.Answer {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
    if let key { head += "Authorization: Bearer \(key)\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let body {
      if !headers.contains(where: { $0.0 == "Content-Type" }) {
        head += "Content-Type: application/json\r\n"
      }
      head += "Content-Length: \(body.utf8.count)\r\n"
    }
    let answer = try await RawHTTP.send(
      Array((head + "\r\n" + (body ?? "")).utf8), port: port)
    let problems = DocumentJudge.shared.problems(method, path, body: body, answer: answer)
    #expect(problems == [], "\(method) \(path): \(answer.status)")
    return answer
  }

  /// Returns when so many of the database's connections wait for a lock.
  func untilWaiting(_ count: Int64) async throws {
    while try database.value(
      """
      SELECT count(*) FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND datname = current_database()
      """, as: Int64.self) < count
    {
      await Task.yield()
    }
  }

  /// Makes a monitor; returns its id.
  func makeMonitor(key: String, name: String = "web") async throws -> String {
    let answer = try await send(
      "POST", "/api/v1/monitors", key: key,
      body: #"{"name":"\#(name)","check":{"kind":"http","url":"https://example.org/"}}"#)
    #expect(answer.status == 201, "\(answer.text)")
    return try #require(answer.json["id"]?.stringValue)
  }
}

/// Expects a problem of this status whose document is whole (RFC 9457).
func expectProblem(
  _ answer: RawHTTP.Answer, _ status: Int, _ kind: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
  #expect(
    answer.headers["content-type"] == "application/problem+json", sourceLocation: sourceLocation)
  #expect(
    answer.json["type"]?.stringValue == "urn:upblit:problem:\(kind)",
    sourceLocation: sourceLocation)
  #expect(answer.json["status"]?.integerValue == Int64(status), sourceLocation: sourceLocation)
  #expect(
    answer.json["request_id"]?.stringValue == answer.headers["x-request-id"],
    sourceLocation: sourceLocation)
  for secret in ["SELECT", "INSERT", "upb_key_A", ".swift", "SQLSTATE"] {
    #expect(!answer.text.contains(secret), sourceLocation: sourceLocation)
  }
}
