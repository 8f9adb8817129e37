import Postgres
import TestSupport

/// What the database holds of probes, named by their nonces as the target saw them.
struct Ledger {
  /// A stored result.
  struct Entry {
    var nonce: String
    /// 8: the agent's own trouble; such a probe may never have reached the target.
    var failureClass: Int16?
  }

  /// Nonces of all stored results, with how often each is stored.
  var stored: [String: Int] = [:]
  /// Nonces of results that need not have reached the target.
  var withoutRequest: Set<String> = []
  /// Results that agents announced as lost.
  var skipped: Int64 = 0
  /// Records that the collector did not take.
  var rejected: Int64 = 0

  init(_ database: TestDatabase) throws {
    let rows = try database.connect().query(
      """
      SELECT a.id::text || '/' || s.slot::text || '/'
          || (round(extract(epoch FROM r.started_at) * 1000)::int8 - b.clock_offset_ms)::text,
        (r.reason / 100)::int2
      FROM result r
      JOIN ingest_batch b ON b.stream_key = r.stream_key AND b.sequence = r.sequence
      JOIN agent a ON a.key = r.agent_key
      JOIN monitor_slot s ON s.monitor_key = r.monitor_key
      """)
    for row in rows {
      let (nonce, failureClass) = try row.decode(String.self, Int16?.self)
      stored[nonce, default: 0] += 1
      if let failureClass, [1, 2, 3, 8, 9].contains(failureClass) { withoutRequest.insert(nonce) }
    }
    skipped = try database.value("SELECT coalesce(sum(results), 0)::int8 FROM ingest_skip")
    rejected = try database.value("SELECT count(*) FROM ingest_reject")
  }

  /// Nonces that are stored more than once.
  var doubled: [String] { stored.filter { $0.value > 1 }.map(\.key) }
}
