import Postgres
import Quorum

/// Keeps `assignment` what monitors and agents ask for: one live agent a region, a stand-in while
/// it is silent.
///
/// Every collector runs one; an advisory lock lets one work at a time. While nothing changes a run
/// is one exchange that writes nothing.
public struct Reconciler {
  /// What one run did.
  public struct Report: Hashable, Sendable {
    /// Whether another collector was at it; then nothing else was done.
    public var isBusy = false
    /// Agents that fell silent, fell behind or came back.
    public var edges: [AgentKey] = []
    /// Agents whose assignment changed.
    public var reassigned: [AgentKey] = []
    /// Whether the whole assignment was computed.
    public var isComplete = false
    /// Whether the database's clock was found to have been set back.
    public var isClockBack = false
  }

  /// The advisory lock's key: the letters "upblit" and 1.
  static let lockKey: Int64 = 0x7570_626C_6974_01
  /// How long an agent must have been live to be given seats that others hold: five minutes.
  static let stableMs: Int64 = 300_000
  /// A gap between runs beyond which this collector may have been deaf, ms.
  static let deafAfterMs: Int64 = 5_000
  /// The whole assignment is computed at least this often, whatever the fingerprint says, ms.
  static let fullAfterMs: Int64 = 30_000

  /// A database clock that fell behind the monotonic one by more than this was set back, ms.
  static let clockToleranceMs: Int64 = 60_000

  /// What must differ for the assignment to differ.
  private struct Fingerprint: Hashable {
    var agents: [AssignmentPlan.Agent]
    /// Whose agents came or went less long ago than it takes to be stable: an organization's, or
    /// (`nil`) those that all share.
    var unsettled: Set<Int32?>
    var monitorChange: Int64
  }

  private var listeningSinceMs: Int64
  private var lastRunMs: Int64
  private var lastFullMs: Int64?
  private var fingerprint: Fingerprint?
  /// Both clocks, as they were last read together, ms.
  private var clocks: (monotonic: Int64, database: Int64)?

  /// - Parameter nowMs: monotonic milliseconds, as in `run`.
  public init(nowMs: Int64) {
    listeningSinceMs = nowMs
    lastRunMs = nowMs
  }

  /// Runs once. Throws where the store could not be asked; then nothing was changed, or all was.
  ///
  /// - Parameters:
  ///   - nowMs: monotonic milliseconds.
  ///   - isHinted: whether something is known to have changed.
  public mutating func run(
    nowMs: Int64, isHinted: Bool = false, _ connection: Connection
  ) throws -> Report {
    if nowMs &- lastRunMs > Self.deafAfterMs { listeningSinceMs = nowMs }
    lastRunMs = nowMs
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add("BEGIN")
      try pipeline.add("SELECT pg_try_advisory_xact_lock($1)", Self.lockKey)
      try pipeline.add(Self.agentsQuery)
      try pipeline.add(
        """
        SELECT last_value, floor(extract(epoch FROM clock_timestamp()) * 1000)::int8,
          ARRAY(
            SELECT DISTINCT organization_id FROM agent WHERE greatest(created_at, revoked_at)
              > clock_timestamp() - make_interval(secs => $1 / 1000.0))
        FROM monitor_change
        """, Self.stableMs)
    }
    defer { connection.rollback() }
    var report = Report()
    guard answers.count == 4, try answers[1].first?.get(0, as: Bool.self) == true else {
      fingerprint = nil
      report.isBusy = true
      return report
    }
    report.isClockBack = try compareClocks(answers, nowMs: nowMs)
    if report.isClockBack { try Self.follow(connection) }
    let agents = try takeAgents(
      answers[2], listeningForMs: nowMs &- listeningSinceMs, &report, connection)
    let new = Fingerprint(
      agents: agents, unsettled: Set(try answers[3].first?.get(2, as: [Int32?].self) ?? []),
      monitorChange: try answers[3].first?.get(0, as: Int64.self) ?? 0)
    let isFull =
      isHinted || fingerprint != new
      || lastFullMs.map { nowMs &- $0 >= Self.fullAfterMs } ?? true
    if isFull {
      report.reassigned = try Self.assign(new, connection)
      report.isComplete = true
    }
    if isFull || !report.edges.isEmpty || report.isClockBack { try connection.commit() }
    if isFull {
      fingerprint = new
      lastFullMs = nowMs
    }
    return report
  }

  /// Whether the database's clock was set back since it was last read, or since an agent was last
  /// heard.
  private mutating func compareClocks(
    _ answers: [Rows], nowMs: Int64
  ) throws(PostgresError) -> Bool {
    guard let databaseMs = try answers[3].first?.get(1, as: Int64.self) else {
      return false
    }
    let before = clocks
    clocks = (nowMs, databaseMs)
    if let before,
      databaseMs &- before.database < nowMs &- before.monotonic &- Self.clockToleranceMs
    {
      return true
    }
    for row in answers[2] {
      if let heardAgoMs = try row.get(5, as: Int64?.self), heardAgoMs < -Self.clockToleranceMs {
        return true
      }
    }
    return false
  }

  /// Takes back to now what the clock before had put into what is the future again: a monitor would
  /// not be looked at until then, and an agent not be found silent. One that is silent stays so.
  private static func follow(_ connection: Connection) throws(PostgresError) {
    try connection.execute(
      """
      UPDATE agent_live l SET seen_at = clock_timestamp() - CASE
        WHEN EXISTS (
          SELECT FROM agent_presence p WHERE p.agent_key = l.agent_key AND p.state = 'silent')
        THEN interval '1 hour' ELSE interval '0' END
      WHERE seen_at > clock_timestamp();
      UPDATE agent_presence SET since = clock_timestamp() WHERE since > clock_timestamp();
      UPDATE agent_trust SET wake_at = clock_timestamp()
      WHERE wake_at > clock_timestamp() + interval '2 minutes';
      UPDATE monitor_due SET due_at = clock_timestamp()
      WHERE due_at > clock_timestamp() AND due_at < 'infinity'
      """)
    try connection.notify(.due)
  }

  /// Reads the agents, writes down who fell silent or came back, and makes their monitors due.
  private func takeAgents(
    _ rows: Rows, listeningForMs: Int64, _ report: inout Report, _ connection: Connection
  ) throws(PostgresError) -> [AssignmentPlan.Agent] {
    var agents: [AssignmentPlan.Agent] = []
    var edges: [AgentKey] = []
    var states: [String] = []
    for row in rows {
      let (key, organization, region) = try row.decode(
        AgentKey.self, Int32?.self, String.self)
      let before = try row.get(3, as: String?.self).flatMap { AgentPresence(rawValue: $0) }
      let sinceMs = try row.get(4, as: Int64?.self) ?? 0
      var sign: AgentPresence.Sign?
      if let heardAgoMs = try row.get(5, as: Int64?.self) {
        sign = AgentPresence.Sign(
          heardAgoMs: max(0, heardAgoMs), agentNowMs: try row.get(6), watermarkMs: try row.get(7),
          longestTimeoutMs: try row.get(8))
      }
      let now = AgentPresence.judge(sign, before: before, listeningForMs: listeningForMs)
      if now != before {
        edges.append(key)
        states.append(now.rawValue)
      }
      agents.append(
        AssignmentPlan.Agent(
          key: key, organizationID: organization, region: region,
          provider: try row.get(9), live: now == .live,
          stable: now == .live && before == .live && sinceMs >= Self.stableMs))
    }
    guard !edges.isEmpty else { return agents }
    report.edges = edges
    try connection.query(
      """
      INSERT INTO agent_presence AS known (agent_key, state, since)
      SELECT agent_key, state, now() FROM unnest($1::int4[], $2::text[]) AS new (agent_key, state)
      ON CONFLICT (agent_key) DO UPDATE SET state = excluded.state, since = excluded.since
      """, edges, states)
    try connection.query(Due.wishOfAgents, edges)
    try connection.notify(.due)
    return agents
  }

  /// Computes the whole assignment and writes what differs; returns the agents concerned.
  private static func assign(
    _ fingerprint: Fingerprint, _ connection: Connection
  ) throws(PostgresError) -> [AgentKey] {
    let monitors = try readMonitors(connection)
    let present = try readRows(connection)
    let wanted = AssignmentPlan(agents: fingerprint.agents).rows(
      for: monitors, present: present, unsettled: fingerprint.unsettled)
    let difference = AssignmentPlan.difference(from: present, to: wanted)
    guard !difference.isEmpty else { return [] }
    let changed = difference.agents.sorted()
    let timeouts = Dictionary(
      monitors.map { ($0.key, $0.timeoutMs) }, uniquingKeysWith: { first, _ in first })
    var longest: [AgentKey: Int32] = [:]
    for row in wanted {
      longest[row.agent] = max(longest[row.agent] ?? 0, timeouts[row.monitor] ?? 0)
    }
    try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add(
        """
        DELETE FROM assignment AS a USING unnest($1::int4[], $2::int8[]) AS gone (agent_key, slot)
        WHERE a.agent_key = gone.agent_key AND a.slot = gone.slot
        """, difference.gone.map(\.agent), difference.gone.map(\.slot))
      try pipeline.add(
        """
        INSERT INTO assignment (agent_key, slot, monitor_key, organization_id, phase_ms)
        SELECT * FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::int4[], $5::int4[])
        ON CONFLICT (agent_key, slot) DO UPDATE SET phase_ms = excluded.phase_ms
        """, difference.written.map(\.agent), difference.written.map(\.slot),
        difference.written.map(\.monitor), difference.written.map(\.organizationID),
        difference.written.map(\.phaseMs))
      try pipeline.add(
        """
        INSERT INTO agent_assignment AS known (agent_key, revision, longest_timeout_ms)
        SELECT agent_key, 1, longest FROM unnest($1::int4[], $2::int4[]) AS new (agent_key, longest)
        ORDER BY agent_key
        ON CONFLICT (agent_key) DO UPDATE SET revision = known.revision + 1,
          longest_timeout_ms = excluded.longest_timeout_ms, updated_at = now()
        """, changed, changed.map { longest[$0] ?? 0 })
      try pipeline.add(Due.wish, Array(difference.monitors))
      try pipeline.add(
        "SELECT pg_notify($1, agent::text) FROM unnest($2::int4[]) AS agent",
        StoreChannel.assignment.rawValue, changed)
      try pipeline.add("SELECT pg_notify($1, '')", StoreChannel.due.rawValue)
    }
    return changed
  }

  private static func readMonitors(
    _ connection: Connection
  ) throws(PostgresError) -> [AssignmentPlan.Monitor] {
    let rows = try connection.query(
      """
      SELECT key, slot, organization_id, interval_s, timeout_ms, regions
      FROM monitor WHERE deleted_at IS NULL AND NOT paused ORDER BY key
      """)
    var monitors: [AssignmentPlan.Monitor] = []
    monitors.reserveCapacity(rows.count)
    for row in rows {
      monitors.append(
        AssignmentPlan.Monitor(
          key: try row.get(0), slot: try row.get(1), organizationID: try row.get(2),
          intervalMs: Int64(try row.get(3, as: Int32.self)) * 1_000, timeoutMs: try row.get(4),
          regions: try row.get(5)))
    }
    return monitors
  }

  private static func readRows(
    _ connection: Connection
  ) throws(PostgresError) -> [AssignmentPlan.Row] {
    let rows = try connection.query(
      "SELECT agent_key, slot, monitor_key, organization_id, phase_ms FROM assignment")
    var present: [AssignmentPlan.Row] = []
    present.reserveCapacity(rows.count)
    for row in rows {
      present.append(
        AssignmentPlan.Row(
          agent: try row.get(0), slot: try row.get(1), monitor: try row.get(2),
          organizationID: try row.get(3), phaseMs: try row.get(4)))
    }
    return present
  }

  private static let agentsQuery: SQL = """
    SELECT a.key, a.organization_id, a.region, p.state,
      floor(extract(epoch FROM clock_timestamp() - p.since) * 1000)::int8,
      floor(extract(epoch FROM clock_timestamp() - l.seen_at) * 1000)::int8,
      l.mono_now_ms, l.watermark_ms, coalesce(r.longest_timeout_ms, 0)::int8, a.provider
    FROM agent a
    LEFT JOIN agent_presence p ON p.agent_key = a.key
    LEFT JOIN agent_live l ON l.agent_key = a.key
    LEFT JOIN agent_assignment r ON r.agent_key = a.key
    WHERE a.status = 'active' ORDER BY a.key
    """
}
