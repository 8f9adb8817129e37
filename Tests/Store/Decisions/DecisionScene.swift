import FoundationEssentials
import JSON
import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

/// Agents that are heard, monitors that they vote for, and a hand that lets time pass.
///
/// Time passes by moving what is stored into the past: nothing sleeps.
final class DecisionScene {
  let database: TestDatabase
  let connection: Connection
  let organization: Int32
  var reconciler = Reconciler(nowMs: 0)
  var nowMs: Int64 = 100_000
  private(set) var boots: [AgentKey: BootID] = [:]
  private(set) var clock: TestClock?
  /// How far the database's clock is ahead, ms.
  private var aheadMs: Int64 = 0

  init() throws {
    database = try TestDatabase.make()
    connection = try database.connect()
    organization = try database.addOrganization()
    _ = try reconciler.run(nowMs: 0, connection)
    reconciler = Reconciler(nowMs: 0)
  }

  func addAgent(_ region: String, provider: String? = nil) throws -> AgentKey {
    let agent = try database.addAgent(
      name: region, region: region, provider: provider ?? "provider-\(region)")
    boots[agent] = .random()
    try hear(agent)
    return agent
  }

  func addMonitor() throws -> Int64 {
    try database.addMonitor(organization: organization).key
  }

  static var wallMs: Int64 { Timestamp.now().milliseconds }

  /// An ALIVE of `agent`, `agoMs` ago; agent time is the wall clock here.
  func hear(_ agent: AgentKey, agoMs: Int64 = 0) throws {
    let at = Timestamp.now().adding(milliseconds: aheadMs - agoMs)
    try connection.query(
      """
      INSERT INTO agent_live (
        agent_key, boot_id, seen_at, connected_since, watermark_ms, mono_now_ms,
        assignment_revision, spool_bytes, dropped, loop_lag_ms, canaries, clock_steps, failing)
      VALUES ($1, $2, $3, $3, $4, $4, 0, 0, 0, 0, 0, 0, 0)
      ON CONFLICT (agent_key) DO UPDATE SET boot_id = excluded.boot_id, seen_at = excluded.seen_at,
        watermark_ms = excluded.watermark_ms, mono_now_ms = excluded.mono_now_ms
      """, agent, boots[agent], at, at.milliseconds)
  }

  /// A new start of `agent`: its session has begun, its first ALIVE is still to come.
  func restart(_ agent: AgentKey) throws {
    boots[agent] = .random()
    try connection.query(
      "UPDATE agent_session SET boot_id = $2 WHERE agent_key = $1", agent, boots[agent])
  }

  /// What an agent says of five canaries: when the last set began (agent time, ms; 0 for none yet),
  /// and how many of them failed.
  struct Canaries {
    var beganMs: Int64 = 0
    var failing: Int32 = 0
  }

  /// An ALIVE of `agent` as a session stores it.
  @discardableResult
  func alive(
    _ agent: AgentKey, canaries: Canaries? = nil, loopLagMs: Int32 = 0, clockSteps: Int32 = 0
  ) throws -> [TrustNews] {
    let nowMs = Self.wallMs
    return try AgentLive.store(
      [
        AgentLive(
          agentKey: agent, generation: 1, boot: boots[agent] ?? .zero, connectedSince: .now(),
          watermarkMs: nowMs, monoNowMs: nowMs, assignmentRevision: 0, spoolBytes: 0, dropped: 0,
          loopLagMs: loopLagMs, canaries: canaries.map { 0x1f00 | (1 << $0.failing - 1) } ?? 0,
          clockSteps: clockSteps, failing: 0, canarySetMs: canaries?.beganMs ?? 0)
      ], connection)
  }

  @discardableResult
  func reconcile(isHinted: Bool = false) throws -> Reconciler.Report {
    nowMs += 1_000
    return try reconciler.run(nowMs: nowMs, isHinted: isHinted, connection)
  }

  /// Who votes for `monitor`, by region.
  func voters(_ monitor: Int64) throws -> [String: AgentKey] {
    let rows = try connection.query(
      """
      SELECT a.region, a.key FROM assignment s JOIN agent a ON a.key = s.agent_key
      WHERE s.monitor_key = $1
      """, monitor)
    return try Dictionary(
      rows.map { try $0.decode(String.self, AgentKey.self) },
      uniquingKeysWith: { first, _ in first })
  }

  /// When the next finding began: some seconds ago, and each a little after the one before.
  private var findingMs = DecisionScene.wallMs - 10_000

  /// A finding as ingest tells it; returns when it was, collector time (ms).
  @discardableResult
  func tell(
    _ monitor: Int64, _ agent: AgentKey, _ kind: VoteKind, request: ProbeRequestID? = nil,
    detail: String? = nil
  ) throws -> Int64 {
    findingMs += 2
    let startedMs = findingMs + aheadMs
    try connection.transaction { connection in
      try connection.query(
        """
        INSERT INTO quorum_event (monitor_key, organization_id, kind, payload)
        SELECT m.key, m.organization_id, 'observation', jsonb_build_object(
          'region', a.region, 'agent_key', a.key, 'boot_id', $3::uuid, 'epoch', m.epoch,
          'outcome', $4::int2, 'reason', CASE $4::int2 WHEN 2 THEN 301 WHEN 3 THEN 201 END,
          'curl_code', CASE WHEN $4::int2 = 2 THEN 7 END, 'status', null, 'detail', $5::text,
          'total_us', 1500, 'observed_ms', $6::int8, 'started_at_ms', $6::int8,
          'probe_request', $7::uuid)
        FROM monitor m, agent a WHERE m.key = $1 AND a.key = $2
        """, monitor, agent, boots[agent], kind.code, detail, startedMs, request)
      try connection.query(Due.wish, [monitor])
    }
    return startedMs
  }

  /// Lets every open question be answered by what `finding` says, until none is open.
  func answer(_ finding: (AgentKey) -> VoteKind?) throws {
    for _ in 0..<20 {
      try stepAll()
      let rows = try connection.query(
        """
        UPDATE probe_request SET done_at = now() WHERE done_at IS NULL
        RETURNING id, monitor_key, agent_key
        """)
      if rows.count == 0 { return }
      for row in rows {
        let (id, monitor, agent) = try row.decode(
          ProbeRequestID.self, Int64.self, AgentKey.self)
        if let kind = finding(agent) {
          try tell(monitor, agent, kind, request: id, detail: "told by \(agent)")
        }
      }
    }
  }

  /// Lets the database's clock go ahead, with every agent heard again: unlike `pass`, it leaves what
  /// is stored as it was.
  func wait(_ ms: Int64) throws {
    let clock = try self.clock ?? TestClock(connection)
    self.clock = clock
    aheadMs += ms
    try clock.advance(ms, connection)
    for agent in boots.keys { try hear(agent) }
  }

  /// Steps whatever is due.
  @discardableResult
  func stepAll() throws -> [DecisionStep.Report] {
    var reports: [DecisionStep.Report] = []
    while let outcome = try DecisionStep.run(connection) {
      reports += outcome.reports
      for error in outcome.putAside { Issue.record(error) }
    }
    return reports
  }

  /// Moves all that the engine remembers of `monitor` into the past, and makes it due.
  func pass(_ ms: Int64, _ monitor: Int64) throws {
    var state = try state(monitor)
    state.steppedAt -= ms
    state.blindSince = state.blindSince.map { $0 - ms }
    for index in state.seats.indices {
      state.seats[index].introducedAt = state.seats[index].introducedAt.map { $0 - ms }
    }
    for index in state.listed.indices {
      state.listed[index].recheckAt = state.listed[index].recheckAt.map { $0 - ms }
    }
    if var watch = state.watch {
      watch.since -= ms
      watch.askedAt = watch.askedAt.map { $0 - ms }
      state.watch = watch
    }
    func moved(_ episode: Episode) -> Episode {
      var episode = episode
      for index in episode.rounds.indices { episode.rounds[index].askedAt -= ms }
      return episode
    }
    switch state.stage {
    case .settled: break
    case .suspect(let episode): state.stage = .suspect(moved(episode))
    case .recovering(let episode): state.stage = .recovering(moved(episode))
    case .down(var outage):
      outage.pausedUntil = outage.pausedUntil.map { $0 - ms }
      state.stage = .down(outage)
    }
    try connection.query(
      "UPDATE quorum_state SET state = $2 WHERE monitor_key = $1", monitor,
      StoredVerdict.json(state))
    try connection.query(Due.wish, [monitor])
  }

  func state(_ monitor: Int64) throws -> MonitorState {
    let rows = try connection.query(
      "SELECT state FROM quorum_state WHERE monitor_key = $1", monitor)
    let text = try rows.first?.get(0, as: JSONText.self).text ?? "null"
    return try JSONDecoder().decode(MonitorState.self, from: Data(text.utf8))
  }

  func verdicts(_ monitor: Int64) throws -> [String] {
    try connection.query("SELECT verdict FROM verdict WHERE monitor_key = $1 ORDER BY id", monitor)
      .map { try $0.get(0) }
  }

  struct Incident: Equatable {
    var severity: String
    var startedAt: Int64
    var endedAt: Int64?
    var opening: String
    var closing: String?
  }

  func incidents(_ monitor: Int64) throws -> [Incident] {
    try connection.query(
      """
      SELECT i.severity, i.started_at, i.ended_at, o.verdict, c.verdict FROM incident i
      JOIN verdict o ON o.id = i.opening_verdict LEFT JOIN verdict c ON c.id = i.closing_verdict
      WHERE i.monitor_key = $1 ORDER BY i.decided_at
      """, monitor
    ).map { row in
      Incident(
        severity: try row.get(0), startedAt: try row.get(1, as: Timestamp.self).milliseconds,
        endedAt: try row.get(2, as: Timestamp?.self)?.milliseconds, opening: try row.get(3),
        closing: try row.get(4))
    }
  }
}
