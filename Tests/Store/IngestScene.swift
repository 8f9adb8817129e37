import Model
import Postgres
import Store
import Synchronization
import TestSupport
import Wire

/// An agent with one stream and one monitor, and a writer to send batches to.
final class IngestScene: Sendable {
  let database: TestDatabase
  let writer: IngestWriter
  let organization: Int32
  let agent: Int32
  let stream: Int64
  let monitor: Int64
  let boot = BootID.random()

  init(
    _ database: TestDatabase? = nil,
    configuration: IngestWriter.Configuration = IngestWriter.Configuration()
  ) throws {
    let database = try database ?? TestDatabase.make()
    self.database = database
    organization = try database.addOrganization()
    agent = try database.addAgent()
    stream = try database.addStream(agentKey: agent)
    monitor = try database.addMonitor(organization: organization).key
    writer = try IngestWriter(database.address, configuration: configuration)
  }

  deinit { writer.stop() }

  func place(
    _ sequence: Int64, agent: Int32? = nil, stream: Int64? = nil, generation: Int64 = 1
  ) -> IngestBatch.Place {
    IngestBatch.Place(
      agentKey: agent ?? self.agent, generation: generation, streamKey: stream ?? self.stream,
      sequence: sequence)
  }

  func header(digest: UInt64) -> IngestBatch.Header {
    IngestBatch.Header(digest: digest, boot: boot, baseMs: 1000, clockOffsetMs: 7)
  }

  /// Rows of a batch, all of which began at `startedAt`.
  func rows(
    _ place: IngestBatch.Place, count: Int, startedAt: Timestamp = .now()
  ) -> IngestBatch.Results {
    var encoder = ResultRowEncoder(
      streamKey: place.streamKey, sequence: place.sequence, agentKey: place.agentKey, rows: count)
    for index in 0..<count {
      var fields = ResultRowEncoder.Fields()
      fields.monitorKey = monitor
      fields.organizationID = organization
      fields.startedAtUs = startedAt.microseconds
      fields.totalUs = 1234
      fields.recordIndex = Int16(index)
      encoder.append(fields)
    }
    return IngestBatch.Results(rows: encoder.finish())
  }

  /// Sends a batch and waits for what becomes of it.
  func send(
    _ place: IngestBatch.Place, digest: UInt64? = nil, _ content: IngestBatch.Content
  ) async -> IngestOutcome {
    await withCheckedContinuation { continuation in
      writer.submit(
        IngestBatch(
          place: place, header: header(digest: digest ?? UInt64(place.sequence)), content: content
        ) { continuation.resume(returning: $0) })
    }
  }

  /// Sends `rows` rows as one batch.
  func send(
    _ sequence: Int64, rows count: Int = 3, digest: UInt64? = nil, generation: Int64 = 1
  ) async -> IngestOutcome {
    let place = place(sequence, generation: generation)
    return await send(place, digest: digest, .results(rows(place, count: count)))
  }

  /// Sends again, as late as it is told to, until the answer is not `busy`.
  func sendUntilTaken(_ sequence: Int64, rows count: Int = 3) async throws -> IngestOutcome {
    while true {
      let outcome = await send(sequence, rows: count)
      guard case .busy(let retryMs) = outcome else { return outcome }
      try await Task.sleep(for: .milliseconds(retryMs))
    }
  }

  /// Ends the writer's server process as soon as it waits for what `waitEvent` names, by a pattern;
  /// throws where it does not within a minute. Looks for it on a thread of its own, so that the batch
  /// which it waits for can be sent.
  func terminateWriter(waitingFor waitEvent: String) async throws {
    let pool = try database.pool(size: 1)
    try await pool.run { connection in
      let deadline = ContinuousClock.now.advanced(by: .seconds(60))
      while ContinuousClock.now < deadline {
        let rows = try connection.query(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'upblit ingest' AND datname = current_database()
            AND wait_event_type || ':' || wait_event LIKE $1
          """, waitEvent)
        if rows.count > 0 { return }
        try connection.query("SELECT pg_sleep(0.005)")
      }
      throw TestSupportError("the writer did not wait for \(waitEvent) within a minute")
    }
  }

  var storedRows: Int64 {
    get throws { try database.value("SELECT count(*) FROM result") }
  }

  var committed: Int64 {
    get throws { try database.value("SELECT max(committed) FROM ingest_stream") }
  }
}
