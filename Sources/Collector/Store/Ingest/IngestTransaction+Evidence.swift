import Model
import Postgres
import Wire

extension IngestTransaction {
  /// The most pieces of evidence that are kept of what one agent found of one monitor in one hour of
  /// the clock: twice what an honest agent sends.
  static let piecesPerHour: Int64 = 24
  /// The most bytes of one part.
  static let partLimit: Int32 = 16 << 10
  /// The highest kind of part that is stored.
  static let kindLimit: Int16 = 32
  /// Times and offsets beyond this many milliseconds belong to no record.
  private static let timeLimitMs: Int64 = 100_000_000_000_000

  /// Stores parts of evidence under the organization and the monitor whose record they are about.
  ///
  /// It is found among the results of the same agent by what the agent says of it: its batch, its
  /// place, its slot and its start, all of which must be as they were stored. So a record that came
  /// late, or moved no vote, has its evidence too. Where the agent does not say slot and start, only a
  /// record that failed with words, or changed what was known, is found. What is about any other, too
  /// much, or there already, is refused (`ingest_reject`).
  static func addEvidence(
    _ stored: [IngestBatch], _ now: Timestamp, _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    for batch in stored {
      guard case .evidence(let parts) = batch.content, !parts.isEmpty else { continue }
      let records = parts.map { part in
        part.record.flatMap { 0...timeLimitMs ~= $0.startedAtMs ? $0 : nil }
      }
      try pipeline.add(
        """
        WITH told AS MATERIALIZED (
          SELECT new.*, s.key AS stream_key, m.monitor_key AS told_monitor,
            CASE WHEN b.clock_offset_ms BETWEEN -$13::int8 AND $13 THEN
              'epoch'::timestamptz
                + interval '1 microsecond' * ((new.started_ms + b.clock_offset_ms) * 1000)
            END AS told_start
          FROM unnest(
            $3::uuid[], $4::int8[], $5::int4[], $6::int2[], $7::bytea[], $10::int8[], $11::int8[]
          ) WITH ORDINALITY AS new (
            stream_id, sequence, record_index, kind, content, slot, started_ms, position)
          LEFT JOIN ingest_stream AS s ON s.id = new.stream_id AND s.agent_key = $1
          LEFT JOIN ingest_batch AS b ON b.stream_key = s.key AND b.sequence = new.sequence
          LEFT JOIN monitor_slot AS m ON m.slot = new.slot
        ), given AS MATERIALIZED (
          SELECT told.*, r.organization_id, r.monitor_key, r.started_at,
            date_trunc('hour', r.started_at, 'UTC') AS hour
          FROM told LEFT JOIN LATERAL (
            SELECT organization_id, monitor_key, started_at FROM result AS r
            WHERE r.monitor_key = told.told_monitor AND r.started_at = told.told_start
              AND r.stream_key = told.stream_key AND r.sequence = told.sequence
              AND r.record_index = told.record_index
            UNION ALL
            SELECT organization_id, monitor_key, started_at FROM result_evidence AS e
            WHERE told.slot IS NULL AND e.stream_key = told.stream_key
              AND e.sequence = told.sequence AND e.record_index = told.record_index
            LIMIT 1
          ) AS r ON true
        ), known AS (
          SELECT g.monitor_key, g.hour,
            count(DISTINCT (p.stream_id, p.sequence, p.record_index)) AS pieces
          FROM (SELECT DISTINCT monitor_key, hour FROM given) AS g
          JOIN evidence_part AS p ON p.monitor_key = g.monitor_key AND p.agent_key = $1
            AND p.started_at >= g.hour AND p.started_at < g.hour + interval '1 hour'
          GROUP BY g.monitor_key, g.hour
        ), judged AS MATERIALIZED (
          SELECT given.*, CASE
            WHEN given.organization_id IS NULL THEN 'record'
            WHEN given.kind > $14 THEN 'kind'
            WHEN octet_length(given.content) > $15 THEN 'size'
            WHEN row_number() OVER (
              PARTITION BY given.stream_id, given.sequence, given.record_index, given.kind
              ORDER BY given.position) > 1 OR EXISTS (
              SELECT FROM evidence_part AS p
              WHERE p.monitor_key = given.monitor_key AND p.started_at = given.started_at
                AND p.stream_id = given.stream_id AND p.sequence = given.sequence
                AND p.record_index = given.record_index AND p.kind = given.kind) THEN 'again'
            WHEN coalesce(known.pieces, 0) + dense_rank() OVER (
              PARTITION BY given.monitor_key, given.hour
              ORDER BY given.stream_id, given.sequence, given.record_index) > $12 THEN 'count'
            END AS refusal
          FROM given LEFT JOIN known
            ON known.monitor_key = given.monitor_key AND known.hour = given.hour
        ), refused AS (
          INSERT INTO ingest_reject (stream_key, sequence, index, reason, received_at)
          SELECT $8, $9, least(position - 1, 32767), refusal, $2
          FROM judged WHERE refusal IS NOT NULL
        )
        INSERT INTO evidence_part (
          monitor_key, started_at, organization_id, agent_key, stream_id, sequence, record_index,
          kind, content, received_at)
        SELECT monitor_key, started_at, organization_id, $1, stream_id, sequence, record_index,
          kind, content, $2
        FROM judged WHERE refusal IS NULL
        """, batch.place.agentKey, now, parts.map(\.stream), parts.map(\.sequence),
        parts.map(\.index), parts.map(\.kind), parts.map(\.content), batch.place.streamKey,
        batch.place.sequence, records.map { $0.map { Int64(clamping: $0.slot) } },
        records.map { $0?.startedAtMs }, piecesPerHour, timeLimitMs, kindLimit, partLimit)
    }
  }
}
