import Glibc
import Postgres
import Store

/// An outage of many monitors at once, as the deciding threads see it.
struct StepLoad: Sendable {
  var monitors = 300
  var regions = 3
  /// Outages, one after the other, each of other monitors.
  var runs = 3
  /// The most monitors that are stepped in one transaction.
  var atOnce: Int32 = 32

  /// Makes organization, agents and monitors that they vote for; returns the monitors' keys.
  func prepare(_ connection: Connection) throws -> [Int64] {
    try connection.execute(
      """
      TRUNCATE organization, agent, monitor, monitor_due, quorum_event, quorum_log, vote CASCADE
      """)
    try connection.query(
      """
      WITH made AS (
        INSERT INTO agent (id, name, region, provider, hostname, software, root_sealed)
        SELECT gen_random_uuid(), 'bench', 'r' || n, 'p' || n, '', '', ''
        FROM generate_series(1, $1) AS n RETURNING key
      ), spoken AS (
        INSERT INTO agent_session (agent_key, generation, session_id, collector_id, boot_id)
        SELECT key, 1, gen_random_uuid(), gen_random_uuid(), $2::uuid FROM made
      ), present AS (
        INSERT INTO agent_presence (agent_key, state, since) SELECT key, 'live', now() FROM made
      )
      INSERT INTO agent_live (
        agent_key, boot_id, seen_at, connected_since, watermark_ms, mono_now_ms,
        assignment_revision, spool_bytes, dropped, loop_lag_ms, canaries, clock_steps, failing)
      SELECT key, $2::uuid, now(), now(), 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM made
      """, Int32(regions), Self.boot)
    try connection.query("INSERT INTO organization (name) VALUES ('bench')")
    let rows = try connection.query(
      """
      INSERT INTO monitor (
        organization_id, name, kind, target, "check", interval_s, timeout_ms, policy)
      SELECT o.id, 'm', 'http', 'http://bench.example/' || n, '{}', 60, 10000,
        '{"kind": "majority"}'
      FROM generate_series(1, $1) AS n, organization AS o RETURNING key
      """, Int32(monitors * runs))
    try connection.query(
      """
      INSERT INTO assignment (agent_key, slot, organization_id, monitor_key, phase_ms)
      SELECT a.key, m.slot, m.organization_id, m.key, 0 FROM agent AS a, monitor AS m
      """)
    try connection.execute("ANALYZE")
    return try rows.map { try $0.get(0, as: Int64.self) }.sorted()
  }

  private static let boot = "00000000-0000-4000-8000-000000000001"

  /// Every agent is heard.
  func hear(_ connection: Connection) throws {
    try connection.query(
      """
      UPDATE agent_live SET seen_at = now(),
        mono_now_ms = floor(extract(epoch FROM clock_timestamp()) * 1000),
        watermark_ms = floor(extract(epoch FROM clock_timestamp()) * 1000)
      """)
  }

  /// Findings of `outcome` by the first `agents` agents, unasked.
  func tell(
    _ monitors: ArraySlice<Int64>, outcome: Int16, agents: Int, _ connection: Connection
  ) throws {
    try hear(connection)
    try connection.query(
      SQL(verbatim: Self.told) + """
          monitor AS m, LATERAL (SELECT * FROM agent ORDER BY key LIMIT $4) AS a,
          LATERAL (SELECT NULL::uuid AS id) AS r
        WHERE m.key = ANY ($1) ORDER BY a.key, m.key
        """, Array(monitors), outcome, Self.boot, Int32(agents))
    try wish(monitors, connection)
  }

  /// Answers every open question.
  func answer(
    _ monitors: ArraySlice<Int64>, outcome: Int16, _ connection: Connection
  ) throws -> Int {
    try hear(connection)
    try connection.query(
      SQL(verbatim: Self.told) + """
          probe_request AS r JOIN monitor AS m ON m.key = r.monitor_key
          JOIN agent AS a ON a.key = r.agent_key
        WHERE m.key = ANY ($1) AND r.done_at IS NULL ORDER BY r.agent_key, m.key
        """, Array(monitors), outcome, Self.boot)
    try wish(monitors, connection)
    return try connection.query(
      "UPDATE probe_request SET done_at = now() WHERE done_at IS NULL"
    ).affected
  }

  private static let told = """
    INSERT INTO quorum_event (monitor_key, organization_id, kind, payload)
    SELECT m.key, m.organization_id, 'observation', jsonb_build_object(
      'region', a.region, 'agent_key', a.key, 'boot_id', $3::text, 'epoch', m.epoch,
      'outcome', $2::int2, 'reason', CASE $2 WHEN 2 THEN 301 END,
      'curl_code', CASE $2 WHEN 2 THEN 7 END, 'status', null, 'detail', null,
      'total_us', 1500, 'dns_us', 100, 'connect_us', 700, 'tls_us', 500, 'first_byte_us', 200,
      'observed_ms', floor(extract(epoch FROM clock_timestamp()) * 1000)::int8,
      'started_at_ms', floor(extract(epoch FROM clock_timestamp()) * 1000)::int8,
      'probe_request', r.id)
    FROM
    """ + " "

  private func wish(_ monitors: ArraySlice<Int64>, _ connection: Connection) throws {
    try connection.query(
      "UPDATE monitor_due SET due_at = clock_timestamp() WHERE monitor_key = ANY ($1)",
      Array(monitors))
  }

  /// Steps whatever is due; returns how many steps that were.
  func drain(_ connection: Connection) throws -> Int {
    var steps = 0
    while let outcome = try DecisionStep.run(connection, atMost: atOnce) {
      steps += outcome.reports.count
    }
    return steps
  }
}

/// What the steps of one phase cost.
struct StepCost {
  var steps = 0
  var wall = 0.0
  var cpu = 0.0
  var serverCPU = 0.0

  static func + (left: StepCost, right: StepCost) -> StepCost {
    StepCost(
      steps: left.steps + right.steps, wall: left.wall + right.wall, cpu: left.cpu + right.cpu,
      serverCPU: left.serverCPU + right.serverCPU)
  }

  func line(_ name: String) -> String {
    let steps = Double(max(1, self.steps))
    return """
      {"bench":"\(name)","steps":\(self.steps),"steps_per_s":\(Int(steps / wall)),\
      "wall_us_per_step":\(rounded(wall * 1e6 / steps)),\
      "cpu_us_per_step":\(rounded(cpu * 1e6 / steps)),\
      "server_cpu_us_per_step":\(rounded(serverCPU * 1e6 / steps))}
      """
  }
}

/// Outages of many monitors: first findings, which ask everybody, then the answers, which open
/// incidents.
func runSteps(_ address: PostgresAddress, _ load: StepLoad) throws {
  let connection = try Connection(address)
  try Migrator.migrate(connection)
  let worker = try Connection(address)
  try worker.execute(DecisionLoop.settings)
  let all = try load.prepare(connection)
  _ = try load.drain(worker)
  while try load.answer(all[...], outcome: 0, connection) > 0 { _ = try load.drain(worker) }
  func measure() throws -> StepCost {
    let (cpu, begun, server) = (ownCPU(), seconds(), try serverCPU(connection))
    let steps = try load.drain(worker)
    return StepCost(
      steps: steps, wall: seconds() - begun, cpu: ownCPU() - cpu,
      serverCPU: try serverCPU(connection) - server)
  }
  var asking = StepCost()
  var deciding = StepCost()
  for run in 0..<load.runs {
    let hit = all[run * load.monitors..<(run + 1) * load.monitors]
    try load.tell(hit, outcome: 2, agents: 1, connection)
    asking = asking + (try measure())
    _ = try load.answer(hit, outcome: 2, connection)
    deciding = deciding + (try measure())
  }
  let incidents = try connection.query("SELECT count(*) FROM incident WHERE ended_at IS NULL")
  print(asking.line("steps.asking"))
  print(deciding.line("steps.deciding"))
  print((asking + deciding).line("steps"))
  let open: Int64 = try incidents.first?.get(0) ?? 0
  print(#"{"bench":"steps.incidents","open":\#(open),"monitors":\#(all.count)}"#)
}
