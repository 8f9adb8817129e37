import Decisions
import Logging
import Model
import Postgres
import Store
import TestSupport
import Testing

@Suite struct `The decision service` {
  /// Agents as rows: heard now, each in a region of its own.
  private func addAgents(_ database: TestDatabase, _ connection: Connection) throws -> [Int32] {
    try ["a", "b", "c"].map { region in
      let agent = try database.addAgent(name: region, region: region, provider: "p-\(region)")
      try connection.query(
        """
        INSERT INTO agent_live (
          agent_key, boot_id, seen_at, connected_since, watermark_ms, mono_now_ms,
          assignment_revision, spool_bytes, dropped, loop_lag_ms, canaries, clock_steps, failing)
        VALUES ($1, $2, now(), now(), $3, $3, 0, 0, 0, 0, 0, 0, 0)
        """, agent, boot, Timestamp.now().milliseconds)
      return agent
    }
  }

  private let boot = BootID.random()

  /// Answers every question that is open as the agents would, with `outcome`.
  private func answer(_ agents: [Int32], outcome: Int16, _ connection: Connection) throws {
    for agent in agents {
      for request in try ProbeRequests.take(agent: agent, connection).requests {
        try tell(request.monitorKey, agent, outcome: outcome, request: request.id, connection)
        try ProbeRequests.finish([(request.id, false)], agent: agent, connection)
      }
    }
  }

  /// What ingest writes for a finding.
  private func tell(
    _ monitor: Int64, _ agent: Int32, outcome: Int16, request: ProbeRequestID? = nil,
    _ connection: Connection
  ) throws {
    try connection.transaction { connection in
      try connection.query(
        """
        INSERT INTO quorum_event (monitor_key, organization_id, kind, payload)
        SELECT m.key, m.organization_id, 'observation', jsonb_build_object(
          'region', a.region, 'agent_key', a.key, 'boot_id', $3::uuid, 'epoch', m.epoch,
          'outcome', $4::int2, 'total_us', 900, 'observed_ms', $5::int8, 'started_at_ms', $5::int8,
          'probe_request', $6::uuid)
        FROM monitor m, agent a WHERE m.key = $1 AND a.key = $2
        """, monitor, agent, boot, outcome, Timestamp.now().milliseconds, request)
      try connection.query(
        "UPDATE monitor_due SET due_at = clock_timestamp() WHERE monitor_key = $1", monitor)
      try connection.notify("upblit_due", "")
    }
  }

  /// Lets the agents answer until `monitor` has as many verdicts as `words`, and compares them.
  private func expectVerdicts(
    _ words: [String], of monitor: Int64, from agents: [Int32], outcome: Int16,
    _ connection: Connection
  ) throws {
    var said: [String] = []
    let deadline = ContinuousClock.now.advanced(by: .seconds(60))
    while said.count < words.count, ContinuousClock.now < deadline {
      _ = try connection.notifications(timeoutMs: 100)
      try answer(agents, outcome: outcome, connection)
      said = try connection.query(
        "SELECT verdict FROM verdict WHERE monitor_key = $1 ORDER BY id", monitor
      ).map { try $0.get(0) }
    }
    #expect(said == words)
  }

  @Test func `of two collectors decides once, and ends when it is told to`() async throws {
    let database = try TestDatabase.make()
    let connection = try database.connect()
    try connection.listen(to: ["upblit_probe"])
    let services = (0..<2).map { _ in
      DecisionService(
        database.address, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
    let running = services.map { service in Task { try await service.run() } }
    let agents = try addAgents(database, connection)
    let monitor = try database.addMonitor(organization: try database.addOrganization()).key
    try expectVerdicts(["up"], of: monitor, from: agents, outcome: 0, connection)
    for agent in agents { try tell(monitor, agent, outcome: 2, connection) }
    try expectVerdicts(["up", "down"], of: monitor, from: agents, outcome: 2, connection)
    for task in running { task.cancel() }
    for task in running { try await task.value }
    #expect(try database.value("SELECT count(*) FROM incident") == Int64(1))
    let left: Int64 = try database.value(
      """
      SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'upblit decisions%'
      """)
    #expect(left == 0)
  }
}
