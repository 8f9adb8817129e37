import Model
import Postgres
import Store
import TestSupport
import Testing

@Suite struct IngestStormTests {
  /// An agent that obeys the protocol: it goes back on `busy` and `gap`, and asks where its stream
  /// stands when a session ends.
  @Test func `an agent whose server processes are killed again and again stores each batch once`()
    async throws
  {
    let scene = try IngestScene()
    let batches: Int64 = 300
    let pool = try scene.database.pool(size: 1)
    let killer = Task {
      while !Task.isCancelled {
        try await pool.run { connection in
          try connection.query("SELECT pg_sleep(random() * 0.02)")
          try connection.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'upblit ingest' AND datname = current_database()
            """)
        }
      }
    }
    var next: Int64 = 1
    var kills = 0
    while next <= batches {
      switch await scene.send(next, rows: 5) {
      case .committed(let upTo): next = upTo + 1
      case .duplicate(let committed), .gap(let committed): next = committed + 1
      case .busy: kills += 1
      case .unknown:
        kills += 1
        next = try scene.committed + 1
      case .fork, .fenced, .refused:
        Issue.record("a batch that was sound was not taken")
        next = batches + 1
      }
    }
    killer.cancel()
    _ = await killer.result
    let distinct = try scene.database.value(
      "SELECT count(*) FROM (SELECT DISTINCT sequence, record_index FROM result) AS r",
      as: Int64.self)
    #expect(try scene.storedRows == batches * 5)
    #expect(distinct == batches * 5)
    #expect(kills > 0)
  }
}
