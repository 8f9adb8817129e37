import Model
import Postgres

extension IngestTransaction {
  /// Writes what the quorum must hear of: an event for each observation, the vote that the last one
  /// of each region makes, and the wish that the monitor be looked at now.
  ///
  /// A wish always changes `due_at`, so that a worker which is about to write a later one over it
  /// sees that it must not.
  static func addObservations(
    _ stored: [IngestBatch], _ now: Timestamp, _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    var all: [Observation] = []
    var agents: [Int32] = []
    var boots: [BootID] = []
    for batch in stored {
      guard case .results(let results) = batch.content else { continue }
      all += results.observations
      agents += Array(repeating: batch.place.agentKey, count: results.observations.count)
      boots += Array(repeating: batch.header.boot, count: results.observations.count)
    }
    guard !all.isEmpty else { return }
    try pipeline.add(
      """
      WITH observed AS MATERIALIZED (
        SELECT * FROM unnest(
          $1::int8[], $2::int4[], $3::text[], $4::int4[], $5::int2[], $6::int2[], $7::int2[],
          $8::int2[], $9::text[], $10::int4[], $11::timestamptz[], $12::int8[], $13::uuid[],
          $14::int4[], $15::uuid[], $17::int4[], $18::int4[], $19::int4[], $20::int4[],
          $21::text[]
        ) WITH ORDINALITY AS o (
          monitor_key, organization_id, region, epoch, outcome, reason, curl_code, status,
          detail, total_us, started_at, observed_ms, probe_request, agent_key, boot_id, dns_us,
          connect_us, tls_us, first_byte_us, address, position)
      ), logged AS (
        INSERT INTO quorum_event (monitor_key, organization_id, created_at, kind, payload)
        SELECT monitor_key, organization_id, $16, 'observation', jsonb_build_object(
          'region', region, 'agent_key', agent_key, 'boot_id', boot_id, 'epoch', epoch,
          'outcome', outcome, 'reason', reason, 'curl_code', curl_code,
          'status', status, 'address', address, 'detail', detail, 'total_us', total_us, 'dns_us', dns_us,
          'connect_us', connect_us, 'tls_us', tls_us, 'first_byte_us', first_byte_us,
          'observed_ms', observed_ms,
          'started_at_ms', floor(extract(epoch FROM started_at) * 1000)::int8,
          'probe_request', probe_request)
        FROM observed ORDER BY position
      ), voted AS (
        INSERT INTO vote AS known (
          monitor_key, region, organization_id, agent_key, epoch, outcome, reason, curl_code,
          status, total_us, observed_ms, since, updated_at, boot_id, probe_request, detail)
        SELECT DISTINCT ON (monitor_key, region)
          monitor_key, region, organization_id, agent_key, epoch, outcome, reason, curl_code,
          status, total_us, observed_ms, started_at, $16, boot_id, probe_request, detail
        FROM observed ORDER BY monitor_key, region, position DESC
        ON CONFLICT (monitor_key, region) DO UPDATE SET
          organization_id = excluded.organization_id, agent_key = excluded.agent_key,
          epoch = excluded.epoch, outcome = excluded.outcome,
          reason = excluded.reason, curl_code = excluded.curl_code,
          status = excluded.status, total_us = excluded.total_us,
          observed_ms = excluded.observed_ms, updated_at = excluded.updated_at,
          boot_id = excluded.boot_id, probe_request = excluded.probe_request,
          detail = excluded.detail,
          -- the same opinion, said again, has stood since it was first said
          since = CASE
            WHEN known.outcome = excluded.outcome AND known.epoch = excluded.epoch
            THEN known.since ELSE excluded.since END
        -- what is older than what is known never takes its place
        WHERE known.epoch <= excluded.epoch
          AND (known.agent_key <> excluded.agent_key OR known.boot_id <> excluded.boot_id
            OR known.observed_ms <= excluded.observed_ms)
      ), wished AS (
        INSERT INTO monitor_due AS known (monitor_key, organization_id, due_at)
        SELECT monitor_key, organization_id, clock_timestamp() FROM (
          SELECT DISTINCT ON (monitor_key) monitor_key, organization_id FROM observed
          ORDER BY monitor_key) AS told
        ON CONFLICT (monitor_key) DO UPDATE SET due_at = greatest(
          excluded.due_at, least(known.due_at, excluded.due_at) + interval '1 microsecond')
      )
      SELECT pg_notify('upblit_due', '')
      """, all.map(\.monitorKey), all.map(\.organizationID), all.map(\.region), all.map(\.epoch),
      all.map(\.outcome.rawValue), all.map(\.reason), all.map(\.curlCode), all.map(\.status),
      all.map(\.detail), all.map(\.totalUs),
      all.map { Timestamp(milliseconds: $0.startedAtMs) }, all.map(\.observedMs),
      all.map(\.request), agents, boots, now, all.map(\.dnsUs), all.map(\.connectUs),
      all.map(\.tlsUs), all.map(\.firstByteUs), all.map(\.address))
  }
}
