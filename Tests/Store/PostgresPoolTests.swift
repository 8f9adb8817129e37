import Postgres
import Synchronization
import TestSupport
import Testing

@Suite struct PostgresPoolTests {
  @Test(arguments: [
    "host=127.0.0.1 port=1 user=ann password=topsecret dbname=x",
    "postgres://ann:topsecret@127.0.0.1:1/x",
  ])
  func `a server that is not there is named, its password is not`(conninfo: String) async throws {
    let address = try PostgresAddress(conninfo)
    let pool = try PostgresPool(address, size: 1)
    let error = await #expect(throws: PostgresError.self) { try await pool.run { _ in } }
    #expect(error?.kind == .unavailable)
    let text = error?.description ?? ""
    #expect(text.contains("cannot reach Postgres at 127.0.0.1:1 as ann"))
    #expect(!text.contains("topsecret"))
    #expect(!text.contains("\n"))
  }

  @Test func `a database that does not exist is a matter for a person`() throws {
    let address = try PostgresAddress(TestDatabase.makeEmpty().conninfo + "_nowhere")
    let error = #expect(throws: PostgresError.self) { try Connection(address) }
    #expect(error?.kind == .giveUp)
  }

  @Test func `what is no connection string is refused without repeating it`() {
    let error = #expect(throws: PostgresError.self) { try PostgresAddress("password=a b c") }
    #expect(error?.kind == .giveUp)
    #expect(error?.description.contains("b c") == false)
  }

  @Test func `a connection that was lost is made again for the next job`() async throws {
    let pool = try TestDatabase.makeEmpty().pool(size: 1)
    let first = try await pool.run { $0.backendProcess }
    let error = await #expect(throws: PostgresError.self) {
      try await pool.run { _ = try $0.query("SELECT pg_terminate_backend(pg_backend_pid())") }
    }
    #expect(error?.kind == .reconnect)
    #expect(try await pool.run { $0.backendProcess } != first)
  }

  @Test func `a connection that the server ended while it was idle costs no job`() async throws {
    let database = try TestDatabase.makeEmpty()
    let pool = try database.pool(size: 1)
    let first = try await pool.run { $0.backendProcess }
    let other = try database.connect()
    try other.query("SELECT pg_terminate_backend($1, 10000)", first)
    let second = try await pool.run { connection in
      _ = try connection.query("SELECT 1")
      return connection.backendProcess
    }
    #expect(second != first)
  }

  @Test func `a transaction that a job forgot is rolled back`() async throws {
    let pool = try TestDatabase.makeEmpty().pool(size: 1)
    try await pool.run { try $0.execute("BEGIN; CREATE TABLE t ()") }
    let exists = try await pool.run { connection in
      try connection.query("SELECT to_regclass('t') IS NOT NULL").first?.get(0, as: Bool.self)
    }
    #expect(exists == false)
  }

  @Test func `a stopped pool has run what it took and takes no more`() async throws {
    let pool = try TestDatabase.makeEmpty().pool(size: 2)
    try await pool.run { _ = try $0.query("SELECT 1") }
    pool.stop()
    let error = await #expect(throws: PostgresError.self) { try await pool.run { _ in } }
    #expect(error?.kind == .unavailable)
  }

  @Test func `a listener hears, and listens again after its connection was lost`() async throws {
    let database = try TestDatabase.makeEmpty()
    let (events, continuation) = AsyncStream.makeStream(of: PostgresListener.Event.self)
    let listener = try PostgresListener(
      database.address, channels: ["upblit_test"]
    ) { continuation.yield($0) }
    defer { listener.stop() }
    var next = events.makeAsyncIterator()
    #expect(await next.next() == .listening)
    let connection = try database.connect()
    try connection.notify("upblit_test", "one")
    #expect(
      await next.next()
        == .notification(PostgresNotification(channel: "upblit_test", payload: "one")))
    try connection.execute(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'upblit listen' AND datname = current_database()
      """)
    guard case .lost = await next.next() else {
      Issue.record("a lost connection was not told")
      return
    }
    #expect(await next.next() == .listening)
  }
}
