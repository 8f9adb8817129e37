import Model
import Postgres
import Wire

/// Stores one group of batches in one transaction: the fence, the streams' marks, the rows, and
/// what they owe to the quorum.
///
/// Three exchanges with the server: the locks; the rows by COPY, straight from the batches'
/// buffers; everything else together with COMMIT. Locks are taken in one order (sessions by agent,
/// streams by key, votes, monitors), so that two groups never wait for each other in a circle.
struct IngestTransaction {
  private let connection: Connection
  private let batches: [IngestBatch]
  private var outcomes: [IngestOutcome]

  /// Stores what of `batches` is to be stored and returns an outcome for each, in order.
  ///
  /// When it throws nothing was stored, except after `outcomeUnknown`.
  static func store(
    _ batches: [IngestBatch], _ connection: Connection
  ) throws(PostgresError) -> [IngestOutcome] {
    var transaction = IngestTransaction(connection: connection, batches: batches)
    return try transaction.run()
  }

  private init(connection: Connection, batches: [IngestBatch]) {
    self.connection = connection
    self.batches = batches
    outcomes = Array(repeating: .unknown, count: batches.count)
  }

  private mutating func run() throws(PostgresError) -> [IngestOutcome] {
    var admission = try lock()
    let (accepted, comparisons) = judgeAll(&admission)
    try compare(comparisons)
    guard !accepted.isEmpty else {
      connection.rollback()
      return outcomes
    }
    try copyRows(accepted)
    try finish(accepted, admission)
    return outcomes
  }

  /// Opens the transaction and locks the sessions and the streams.
  private func lock() throws(PostgresError) -> IngestAdmission {
    let agents = Array(Set(batches.map(\.place.agentKey)))
    let streams = Array(Set(batches.map(\.place.streamKey)))
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add("BEGIN")
      try pipeline.add(
        """
        SELECT agent_key, generation FROM agent_session
        WHERE agent_key = ANY ($1) ORDER BY agent_key FOR SHARE
        """, agents)
      try pipeline.add(
        """
        SELECT key, agent_key, committed FROM ingest_stream
        WHERE key = ANY ($1) ORDER BY key FOR UPDATE
        """, streams)
    }
    var admission = IngestAdmission(generations: [:], streams: [:])
    for row in answers[1] {
      admission.generations[try row.get(0)] = try row.get(1, as: Int64.self)
    }
    for row in answers[2] {
      admission.streams[try row.get(0)] = IngestAdmission.Stream(
        agentKey: try row.get(1), committed: try row.get(2))
    }
    return admission
  }

  private struct Comparison {
    var index: Int
    var name: IngestAdmission.Name
    var committed: Int64
  }

  /// Judges every batch in order; returns the positions of those to store and those to compare.
  private mutating func judgeAll(
    _ admission: inout IngestAdmission
  ) -> (accepted: [Int], comparisons: [Comparison]) {
    var accepted: [Int] = []
    var comparisons: [Comparison] = []
    for (index, batch) in batches.enumerated() {
      var first = batch.place.sequence
      if case .skip(let skip) = batch.content { first = Int64(clamping: skip.first) }
      switch admission.judge(batch.place, digest: batch.header.digest, first: first) {
      case .store:
        outcomes[index] = .committed(upTo: batch.place.sequence)
        accepted.append(index)
      case .compare(let name, let committed):
        comparisons.append(Comparison(index: index, name: name, committed: committed))
      case .answer(let outcome):
        outcomes[index] = outcome
      }
    }
    return (accepted, comparisons)
  }

  /// Tells repetitions from forks by the digests that were stored. A digest that is no longer kept
  /// is taken for the same.
  private mutating func compare(_ comparisons: [Comparison]) throws(PostgresError) {
    guard !comparisons.isEmpty else { return }
    let rows = try connection.query(
      """
      SELECT stream_key, sequence, digest8 FROM ingest_batch
      JOIN unnest($1::int8[], $2::int8[]) AS asked (stream_key, sequence)
        USING (stream_key, sequence)
      """, comparisons.map(\.name.streamKey), comparisons.map(\.name.sequence))
    var digests: [IngestAdmission.Name: [UInt8]] = [:]
    for row in rows {
      let name = IngestAdmission.Name(streamKey: try row.get(0), sequence: try row.get(1))
      digests[name] = try row.get(2, as: [UInt8].self)
    }
    for comparison in comparisons {
      let mine = Self.bytes(batches[comparison.index].header.digest)
      let isSame = digests[comparison.name].map { $0 == mine } ?? true
      outcomes[comparison.index] =
        isSame
        ? .duplicate(committed: comparison.committed) : .fork(committed: comparison.committed)
    }
  }

  private func copyRows(_ accepted: [Int]) throws(PostgresError) {
    let filled = accepted.filter { batches[$0].rowCount > 0 }
    guard !filled.isEmpty else { return }
    try connection.copyBinary(Self.copyStatement) { writer throws(PostgresError) in
      for index in filled {
        guard case .results(let results) = batches[index].content else { continue }
        try writer.write(results.rows.bytes)
      }
    }
  }

  private static let copyStatement = SQL(
    verbatim: "COPY result (\(ResultRowEncoder.columns)) FROM STDIN (FORMAT binary)")

  /// Writes all that goes with the rows, and commits.
  private func finish(
    _ accepted: [Int], _ admission: IngestAdmission
  ) throws(PostgresError) {
    let stored = accepted.map { batches[$0] }
    let now = Timestamp.now()
    try connection.pipeline(commits: true) { pipeline throws(PostgresError) in
      try Self.addMarks(stored, admission, now, &pipeline)
      try Self.addBatches(stored, now, &pipeline)
      try Self.addSkips(stored, now, &pipeline)
      try Self.addRejects(stored, now, &pipeline)
      try Self.addDetails(stored, &pipeline)
      try Self.addEvidence(stored, now, &pipeline)
      try Self.addObservations(stored, now, &pipeline)
      try RollupQueue.add(stored, &pipeline)
      try pipeline.add("COMMIT")
    }
  }

  static func bytes(_ digest: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: digest >> UInt64(56 - 8 * $0)) }
  }
}
