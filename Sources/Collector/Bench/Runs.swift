import Glibc
import Model
import Postgres
import Store
import Synchronization

/// Where the partitions' rows may begin so that all stand within them.
private func startOfRows() -> Int64 { Timestamp.now().microseconds - 3 * 86_400_000_000 }

/// An agent that sends its next batch when an earlier one was answered.
final class BenchAgent: Sendable {
  let agent: Int32
  let stream: Int64
  private let load: IngestLoad
  private let writer: IngestWriter
  private let now: Int64
  private let done: @Sendable () -> Void
  private let progress = Mutex((sent: 0, answered: 0))

  init(
    agent: Int32, stream: Int64, load: IngestLoad, writer: IngestWriter, now: Int64,
    done: @escaping @Sendable () -> Void
  ) {
    self.agent = agent
    self.stream = stream
    self.load = load
    self.writer = writer
    self.now = now
    self.done = done
  }

  func sendNext() {
    let sequence = progress.withLock { progress -> Int64? in
      guard progress.sent < load.batchesPerAgent else { return nil }
      progress.sent += 1
      return Int64(progress.sent)
    }
    guard let sequence else { return }
    let place = IngestBatch.Place(
      agentKey: agent, generation: 1, streamKey: stream, sequence: sequence)
    let header = IngestBatch.Header(
      digest: UInt64(sequence), boot: .zero, baseMs: 0, clockOffsetMs: 0)
    let rows = load.encode(stream: stream, sequence: sequence, agent: agent, now: now)
    writer.submit(
      IngestBatch(place: place, header: header, content: .results(.init(rows: rows))) { outcome in
        guard case .committed = outcome else {
          print("a batch was answered \(outcome)")
          exit(1)
        }
        self.answered()
      })
  }

  private func answered() {
    let isLast = progress.withLock { progress in
      progress.answered += 1
      return progress.answered == load.batchesPerAgent
    }
    if isLast { done() } else { sendNext() }
  }
}

/// Fills the table through the writer.
func runIngest(_ address: PostgresAddress, _ load: IngestLoad) throws -> Measured {
  let connection = try Connection(address)
  try connection.execute("TRUNCATE result; TRUNCATE ingest_batch; CHECKPOINT")
  var configuration = IngestWriter.Configuration()
  configuration.threads = load.writers
  let writer = try IngestWriter(address, configuration: configuration)
  let left = Mutex(load.agents)
  let finished = BlockingQueue<Bool>(bound: 1)
  let now = startOfRows()
  var agents: [BenchAgent] = []
  for number in 0..<load.agents {
    let rows = try connection.query(
      """
      WITH a AS (
        INSERT INTO agent (id, name, region, provider, hostname, software, root_sealed)
        VALUES (gen_random_uuid(), 'bench', $1, 'bench', '', '', '') RETURNING key
      ), s AS (
        INSERT INTO agent_session (agent_key, generation, session_id, collector_id, boot_id)
        SELECT key, 1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid() FROM a
      )
      INSERT INTO ingest_stream (agent_key, id) SELECT key, gen_random_uuid() FROM a
      RETURNING agent_key, key
      """, "r\(number)")
    guard let (agent, stream) = try rows.first?.decode(Int32.self, Int64.self) else { continue }
    agents.append(
      BenchAgent(agent: agent, stream: stream, load: load, writer: writer, now: now) {
        let isLast = left.withLock { left in
          left -= 1
          return left == 0
        }
        if isLast { _ = finished.offer(true) }
      })
  }
  let (cpu, begun) = (ownCPU(), seconds())
  for _ in 0..<load.window {
    for agent in agents { agent.sendNext() }
  }
  _ = finished.take(upTo: 1)
  let (wall, used) = (seconds() - begun, ownCPU() - cpu)
  let server = try serverCPU(connection)
  writer.stop()
  let flushes = try connection.query("SELECT count(DISTINCT received_at) FROM ingest_batch")
  return Measured(
    rows: load.batchesPerAgent * load.agents * load.rowsPerBatch, wall: wall, cpu: used,
    serverCPU: server, flushes: try flushes.first?.get(0) ?? 1)
}

/// Fills the table by COPY alone, over one connection, a transaction for every so many rows.
func runCopy(_ address: PostgresAddress, _ load: IngestLoad, rowsPerFlush: Int) throws -> Measured {
  let setup = try Connection(address)
  try setup.execute("TRUNCATE result; CHECKPOINT")
  let batches = max(1, rowsPerFlush / load.rowsPerBatch)
  let now = startOfRows()
  // The same rows in the order in which the agents' batches come in.
  var all: [CopyRows] = []
  for sequence in 1...Int64(max(1, load.batchesPerAgent)) {
    for agent in 0..<Int32(load.agents) {
      all.append(load.encode(stream: Int64(agent), sequence: sequence, agent: agent, now: now))
    }
  }
  let connection = try Connection(address)
  let (cpu, begun) = (ownCPU(), seconds())
  var flushes = 0
  for start in stride(from: 0, to: all.count, by: batches) {
    try connection.copyBinary("COPY result FROM STDIN (FORMAT binary)") {
      writer throws(PostgresError) in
      for rows in all[start..<min(all.count, start + batches)] { try writer.write(rows.bytes) }
    }
    flushes += 1
  }
  let (wall, used) = (seconds() - begun, ownCPU() - cpu)
  return Measured(
    rows: all.reduce(0) { $0 + $1.rowCount }, wall: wall, cpu: used,
    serverCPU: try serverCPU(setup), flushes: flushes)
}
