import Model
import Postgres
import Wire

/// What goes with the rows: one statement a table, however many batches.
extension IngestTransaction {
  static func addMarks(
    _ stored: [IngestBatch], _ admission: IngestAdmission, _ now: Timestamp,
    _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    let keys = Array(Set(stored.map(\.place.streamKey)))
    try pipeline.add(
      """
      UPDATE ingest_stream AS s SET committed = new.committed, updated_at = $3
      FROM unnest($1::int8[], $2::int8[]) AS new (key, committed) WHERE s.key = new.key
      """, keys, keys.map { admission.streams[$0]?.committed ?? 0 }, now)
  }

  static func addBatches(
    _ stored: [IngestBatch], _ now: Timestamp, _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    try pipeline.add(
      """
      INSERT INTO ingest_batch (
        stream_key, sequence, base_ms, clock_offset_ms, received_at, digest8, boot_id, records,
        rejected)
      SELECT stream_key, sequence, base_ms, clock_offset_ms, $1, digest8, boot_id, records, rejected
      FROM unnest(
        $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::bytea[], $7::uuid[], $8::int4[],
        $9::int4[]
      ) AS new (
        stream_key, sequence, base_ms, clock_offset_ms, digest8, boot_id, records, rejected)
      """, now, stored.map(\.place.streamKey), stored.map(\.place.sequence),
      stored.map(\.header.baseMs), stored.map(\.header.clockOffsetMs),
      stored.map { bytes($0.header.digest) }, stored.map(\.header.boot),
      stored.map { Int32(clamping: $0.rowCount) }, stored.map { Int32(clamping: rejects($0).count) }
    )
  }

  private static func rejects(_ batch: IngestBatch) -> [IngestBatch.Reject] {
    guard case .results(let results) = batch.content else { return [] }
    return results.rejects
  }

  static func addSkips(
    _ stored: [IngestBatch], _ now: Timestamp, _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    for batch in stored {
      guard case .skip(let skip) = batch.content else { continue }
      try pipeline.add(
        """
        INSERT INTO ingest_skip (
          stream_key, first, last, results, from_ms, to_ms, received_at, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """, batch.place.streamKey, Int64(clamping: skip.first), batch.place.sequence,
        Int64(clamping: skip.results), skip.fromMs, skip.toMs, now, Int16(skip.reason.rawValue))
    }
  }

  static func addRejects(
    _ stored: [IngestBatch], _ now: Timestamp, _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    var streams: [Int64] = []
    var sequences: [Int64] = []
    var indexes: [Int16] = []
    var reasons: [String] = []
    for batch in stored {
      for reject in rejects(batch) {
        streams.append(batch.place.streamKey)
        sequences.append(batch.place.sequence)
        indexes.append(reject.index)
        reasons.append(reject.reason)
      }
    }
    guard !streams.isEmpty else { return }
    try pipeline.add(
      """
      INSERT INTO ingest_reject (stream_key, sequence, index, reason, received_at)
      SELECT stream_key, sequence, index, reason, $5
      FROM unnest($1::int8[], $2::int8[], $3::int2[], $4::text[])
        AS new (stream_key, sequence, index, reason)
      """, streams, sequences, indexes, reasons, now)
  }

  static func addDetails(
    _ stored: [IngestBatch], _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    var places: [IngestBatch.Place] = []
    var details: [IngestBatch.Detail] = []
    for batch in stored {
      guard case .results(let results) = batch.content else { continue }
      details += results.details
      places += Array(repeating: batch.place, count: results.details.count)
    }
    guard !details.isEmpty else { return }
    try pipeline.add(
      """
      INSERT INTO result_evidence (
        monitor_key, started_at, stream_key, sequence, organization_id, agent_key, record_index,
        detail)
      SELECT * FROM unnest(
        $1::int8[], $2::timestamptz[], $3::int8[], $4::int8[], $5::int4[], $6::int4[], $7::int2[],
        $8::text[])
      """, details.map(\.monitorKey), details.map { Timestamp(milliseconds: $0.startedAtMs) },
      places.map(\.streamKey), places.map(\.sequence), details.map(\.organizationID),
      places.map(\.agentKey), details.map(\.index), details.map(\.text))
  }
}
