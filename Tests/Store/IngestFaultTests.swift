import Model
import Postgres
import Store
import Synchronization
import TestSupport
import Testing

/// What the database may do to the writer. After each: what was acknowledged is there, once.
@Suite struct IngestFaultTests {
  @Test func `a server process killed while it waits for a lock costs nothing`() async throws {
    let scene = try IngestScene()
    #expect(await scene.send(1) == .committed(upTo: 1))
    let blocker = try scene.database.connect()
    try blocker.execute("BEGIN")
    try blocker.execute("SELECT FROM ingest_stream FOR UPDATE")
    async let outcome = scene.send(2)
    try await scene.terminateWriter(waitingFor: "Lock:%")
    guard case .busy = await outcome else {
      Issue.record("an interrupted group was not sent back")
      return
    }
    blocker.rollback()
    #expect(try scene.storedRows == 3)
    #expect(try await scene.sendUntilTaken(2) == .committed(upTo: 2))
    #expect(try scene.storedRows == 6)
  }

  @Test func `a server process killed with rows written but not committed ends the session`()
    async throws
  {
    let scene = try IngestScene()
    #expect(await scene.send(1) == .committed(upTo: 1))
    let blocker = try scene.database.connect()
    try blocker.execute("BEGIN")
    try blocker.execute("LOCK ingest_batch IN SHARE MODE")
    async let outcome = scene.send(2)
    try await scene.terminateWriter(waitingFor: "Lock:%")
    // COMMIT had been sent: whether it happened is not for the writer to say.
    #expect(await outcome == .unknown)
    blocker.rollback()
    #expect(try scene.storedRows == 3)
    #expect(try await scene.sendUntilTaken(2) == .committed(upTo: 2))
    #expect(try scene.storedRows == 6)
  }

  @Test func `a commit that happened without an answer is found by the next session`()
    async throws
  {
    // As quick as it goes, but able to have a replica.
    let cluster = try TestCluster(
      isDurable: false, settings: ["wal_level=replica", "max_wal_senders=2"])
    let scene = try IngestScene(TestDatabase.make(on: cluster))
    #expect(await scene.send(1) == .committed(upTo: 1))
    // A commit now waits for a replica that does not exist, after it was made.
    let administration = try scene.database.connect()
    try administration.execute("SET synchronous_commit = local")
    try administration.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    try administration.execute("SELECT pg_reload_conf()")
    try Self.waitUntilCommitsHang(on: scene.database, administration)
    async let outcome = scene.send(2)
    try await scene.terminateWriter(waitingFor: "%:SyncRep")
    #expect(await outcome == .unknown)
    try administration.execute("ALTER SYSTEM RESET synchronous_standby_names")
    try administration.execute("SELECT pg_reload_conf()")
    #expect(try scene.committed == 2)
    #expect(try await scene.sendUntilTaken(2) == .duplicate(committed: 2))
    #expect(try scene.storedRows == 6)
  }

  /// A new setting reaches the server's processes when they get to it: commits are tried on a
  /// connection of their own until one hangs, and that one is ended.
  private static func waitUntilCommitsHang(
    on database: TestDatabase, _ administration: Connection
  ) throws {
    let pid = Mutex<Int32?>(nil)
    let trying = try TestThread("commits") {
      guard let connection = try? database.connect() else { return }
      let rows = try? connection.query("SELECT pg_backend_pid()")
      pid.withLock { $0 = try? rows?.first?.get(0) }
      while (try? connection.execute("CREATE TEMP TABLE t (); DROP TABLE t")) != nil {}
    }
    defer { trying.join() }
    let deadline = ContinuousClock.now.advanced(by: .seconds(60))
    while ContinuousClock.now < deadline {
      let ended = try administration.query(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid = $1 AND wait_event = 'SyncRep'
        """, pid.withLock { $0 } ?? 0)
      if ended.count > 0 { return }
      try administration.query("SELECT pg_sleep(0.005)")
    }
    try administration.query("SELECT pg_terminate_backend($1)", pid.withLock { $0 } ?? 0)
    throw TestSupportError("no commit hung within a minute")
  }

  @Test func `a read-only database sends batches back until it is writable again`() async throws {
    let scene = try IngestScene()
    let connection = try scene.database.connect()
    let name = try scene.database.value("SELECT current_database()::text", as: String.self)
    try connection.execute(
      SQL(verbatim: "ALTER DATABASE \(name) SET default_transaction_read_only = on"))
    guard case .busy = await scene.send(1) else {
      Issue.record("a read-only database took a batch")
      return
    }
    try connection.execute(
      SQL(verbatim: "ALTER DATABASE \(name) RESET default_transaction_read_only"))
    #expect(try await scene.sendUntilTaken(1) == .committed(upTo: 1))
  }

  @Test(arguments: [true, false])
  func `a database that goes and comes back loses and doubles nothing`(gently: Bool) async throws {
    let cluster = try TestCluster(isDurable: true)
    let scene = try IngestScene(TestDatabase.make(on: cluster))
    #expect(await scene.send(1) == .committed(upTo: 1))
    try cluster.stop(fast: gently)
    guard case .busy = await scene.send(2) else {
      Issue.record("a database that is gone took a batch")
      return
    }
    try cluster.start()
    #expect(try scene.committed == 1)
    #expect(try await scene.sendUntilTaken(2) == .committed(upTo: 2))
    #expect(try await scene.sendUntilTaken(1) == .duplicate(committed: 2))
    #expect(try scene.storedRows == 6)
  }

  @Test func `two collectors that hold the same batches store each once`() async throws {
    let scene = try IngestScene()
    let other = try IngestWriter(scene.database.address)
    defer { other.stop() }
    let outcomes = await withCheckedContinuation {
      (continuation: CheckedContinuation<[IngestOutcome], Never>) in
      let collected = Collector<IngestOutcome>(count: 100) { continuation.resume(returning: $0) }
      for sequence in 1...50 as ClosedRange<Int64> {
        for writer in [scene.writer, other] {
          let place = scene.place(sequence)
          writer.submit(
            IngestBatch(
              place: place, header: scene.header(digest: 5),
              content: .results(scene.rows(place, count: 2))
            ) { collected.add($0) })
        }
      }
    }
    let committed = outcomes.filter { if case .committed = $0 { true } else { false } }
    let duplicates = outcomes.filter { if case .duplicate = $0 { true } else { false } }
    #expect(committed.count == 50)
    #expect(duplicates.count == 50)
    #expect(try scene.storedRows == 100)
  }

  @Test func `a writer that is stopped first stores what it took`() async throws {
    let scene = try IngestScene()
    let collected = await withCheckedContinuation {
      (continuation: CheckedContinuation<[IngestOutcome], Never>) in
      let collected = Collector<IngestOutcome>(count: 21) { continuation.resume(returning: $0) }
      for sequence in 1...20 as ClosedRange<Int64> {
        let place = scene.place(sequence)
        scene.writer.submit(
          IngestBatch(
            place: place, header: scene.header(digest: 5),
            content: .results(scene.rows(place, count: 1))
          ) { collected.add($0) })
      }
      scene.writer.stop()
      let late = scene.place(21)
      scene.writer.submit(
        IngestBatch(
          place: late, header: scene.header(digest: 5),
          content: .results(scene.rows(late, count: 1))
        ) { collected.add($0) })
    }
    #expect(collected.last == .unknown)
    #expect(try scene.storedRows == 20)
  }

  @Test func `a full queue sends batches back at once`() async throws {
    var configuration = IngestWriter.Configuration()
    configuration.queuedBytes = 100
    let scene = try IngestScene(configuration: configuration)
    #expect(await scene.send(1) == .busy(retryMs: 500))
    #expect(try scene.storedRows == 0)
  }

  @Test func `a newer program's columns, added while batches come in, cost nothing`()
    async throws
  {
    let scene = try IngestScene()
    #expect(await scene.send(1) == .committed(upTo: 1))
    try scene.database.connect().execute(
      """
      ALTER TABLE result ADD COLUMN later int4; ALTER TABLE ingest_stream ADD COLUMN later int4;
      ALTER TABLE ingest_batch ADD COLUMN later int4 DEFAULT 1;
      ALTER TABLE agent_session ADD COLUMN later int4; ALTER TABLE vote ADD COLUMN later int4
      """)
    #expect(await scene.send(2) == .committed(upTo: 2))
    #expect(await scene.send(1) == .duplicate(committed: 2))
  }
}
