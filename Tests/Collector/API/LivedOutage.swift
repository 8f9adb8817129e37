import Model
import Postgres
import TestSupport
import Testing

@testable import Store

/// An outage that the decision engine itself went through: three regions, up, down, and then the
/// monitor was paused, which closed the incident.
struct LivedOutage: Sendable {
  let incident: String
  let verdict: Int64
  private let database: TestDatabase

  /// Changes the verdict that opened it.
  func change(_ assignment: SQL) throws {
    try database.connect().query("UPDATE verdict SET " + assignment + " WHERE id = $1", verdict)
  }

  static func store(in api: TestAPI) async throws -> LivedOutage {
    let monitor = try await api.makeMonitor(key: try api.key(), name: "shop")
    let connection = try api.database.connect()
    let key: Int64 = try #require(
      connection.query("SELECT key FROM monitor WHERE id = $1", MonitorID(monitor)).first
    ).get(0)
    let boot = BootID.random()
    var agents: [Int32] = []
    for region in ["ap", "eu", "us"] {
      let agent = try api.database.addAgent(
        name: "\(region)-1", region: region, provider: "p-\(region)")
      try connection.query(
        """
        INSERT INTO agent_live (
          agent_key, boot_id, seen_at, connected_since, watermark_ms, mono_now_ms,
          assignment_revision, spool_bytes, dropped, loop_lag_ms, canaries, clock_steps, failing)
        VALUES ($1, $2, now(), now(), $3, $3, 0, 0, 0, 0, 0, 0, 0)
        """, agent, boot, Timestamp.now().milliseconds)
      agents.append(agent)
    }
    var reconciler = Reconciler(nowMs: 0)
    _ = try reconciler.run(nowMs: 1_000, connection)
    try answer(key, isUp: true, boot, connection)
    try tell(key, agents[1], isUp: false, nil, boot, connection)
    try answer(key, isUp: false, boot, connection)
    try connection.query("UPDATE monitor SET paused = true WHERE key = $1", key)
    while try DecisionStep.run(connection) != nil {}
    let row = try #require(
      connection.query(
        "SELECT id, opening_verdict FROM incident WHERE monitor_key = $1", key
      ).first)
    return LivedOutage(
      incident: try row.get(0, as: IncidentID.self).description, verdict: try row.get(1),
      database: api.database)
  }

  /// Lets every question be answered alike until none is open.
  private static func answer(
    _ monitor: Int64, isUp: Bool, _ boot: BootID, _ connection: Connection
  ) throws {
    while true {
      while try DecisionStep.run(connection) != nil {}
      let rows = try connection.query(
        """
        UPDATE probe_request SET done_at = now() WHERE done_at IS NULL RETURNING id, agent_key
        """)
      if rows.count == 0 { return }
      for row in rows {
        try tell(
          monitor, try row.get(1), isUp: isUp, try row.get(0, as: ProbeRequestID.self), boot,
          connection)
      }
    }
  }

  private static func tell(
    _ monitor: Int64, _ agent: Int32, isUp: Bool, _ request: ProbeRequestID?, _ boot: BootID,
    _ connection: Connection
  ) throws {
    try connection.query(
      """
      INSERT INTO quorum_event (monitor_key, organization_id, kind, payload)
      SELECT m.key, m.organization_id, 'observation', jsonb_build_object(
        'region', a.region, 'agent_key', a.key, 'boot_id', $3::uuid, 'epoch', m.epoch,
        'outcome', CASE WHEN $4::bool THEN 0 ELSE 2 END,
        'reason', CASE WHEN $4::bool THEN NULL ELSE 301 END,
        'curl_code', CASE WHEN $4::bool THEN NULL ELSE 7 END,
        'detail', CASE WHEN $4::bool THEN NULL ELSE 'connection refused' END,
        'total_us', 1500, 'dns_us', 300, 'connect_us', 900, 'observed_ms', $5::int8,
        'started_at_ms', $5::int8, 'probe_request', $6::uuid)
      FROM monitor m, agent a WHERE m.key = $1 AND a.key = $2
      """, monitor, agent, boot, isUp, Timestamp.now().milliseconds, request)
    try connection.query(Due.wish, [monitor])
  }
}
