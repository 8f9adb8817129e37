import JSON
import Model
import Postgres
import Quorum

/// All that one step of one monitor reads.
struct DecisionInput {
  /// The row that was claimed.
  struct Claim {
    var monitorKey: Int64
    var dueAt: Timestamp
    var state: MonitorState
    var log: LogHead
  }

  /// An event that waits, with its number.
  struct Waiting {
    var id: Int64
    /// `nil` for one that no engine of this version understands.
    var change: Event.Change?
    /// Whether it is a failure that the agent's canaries never confirmed.
    var isUnconfirmed = false
  }

  var claim: Claim
  var organizationID: Int32
  var slot: Int64
  /// Collector time by the database's clock, ms.
  var at: Int64
  var settings: Settings
  var panel: Panel
  /// The agents of the panel, by which documents name them.
  var agents: [AgentKey: AgentID]
  /// What is known of them beside.
  var known: [AgentKey: AgentKnowledge]
  var waiting: [Waiting]
  /// Questions of the present episode that will not be answered.
  var dropped: [Event.Change]
  /// Whether more events wait than were taken.
  var hasMore: Bool
  /// Whether findings wait for what will tell their worth (`AgentKnowledge`).
  var isHolding: Bool

  /// The most events that one step takes.
  static let mostEvents = 500
  /// The most findings that are held back.
  static let mostHeld = 100
  /// How soon a monitor for which findings are held back is looked at again, ms. What they wait for
  /// wishes for a look as well; this is for a wish that was missed.
  static let holdMs: Int64 = 1_000

  /// Opens a transaction and claims the monitor that has been due longest and that nobody else is
  /// stepping; `nil` where there is none. The row's lock lasts as long as the transaction.
  static func claim(_ connection: Connection) throws -> Claim? {
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add("BEGIN")
      try pipeline.add(
        """
        SELECT d.monitor_key, d.due_at, s.state, s.log_number, s.log_snapshot, s.log_engine,
          s.verdict_digest
        FROM monitor_due d JOIN quorum_state s USING (monitor_key)
        WHERE d.due_at <= now() ORDER BY d.due_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED
        """)
    }
    guard let row = answers.last?.first else { return nil }
    let monitorKey = try row.get(0, as: Int64.self)
    let dueAt = try row.get(1, as: Timestamp.self)
    let state = try row.get(2, as: JSONText.self)
    let log = LogHead(
      number: try row.get(3), snapshot: try row.get(4), engine: try row.get(5),
      verdictDigest: try row.get(6))
    do {
      return Claim(
        monitorKey: monitorKey, dueAt: dueAt, state: try decodeState(state.text), log: log)
    } catch {
      throw DecisionError(monitorKey: monitorKey, "its stored state can't be read: \(error)")
    }
  }

  private static func decodeState(_ text: String) throws -> MonitorState {
    if text == "null" { return MonitorState() }
    let tree = try JSONValue(parsing: text)
    if let version = tree["version"]?.integerValue, version != MonitorState.currentVersion {
      return MonitorState()
    }
    return try Tree.read(from: tree)
  }

  /// Reads the rest for a claimed monitor.
  static func load(_ claim: Claim, _ connection: Connection) throws -> DecisionInput {
    let key = claim.monitorKey
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add(monitorQuery, key)
      try pipeline.add(seatsQuery, key)
      try pipeline.add(eventsQuery, key, Int32(mostEvents))
      try pipeline.add(droppedQuery, key, Int64(claim.state.presentEpisode ?? -1))
    }
    guard answers.count == 4, let row = answers[0].first else {
      throw DecisionError(monitorKey: key, "it has no row")
    }
    let (organizationID, epoch, slot, interval, timeout, regions, policy, inactive, at) =
      try row.decode(
        Int32.self, Int32.self, Int64.self, Int32.self, Int32.self, [String]?.self, JSONText.self,
        Bool.self, Int64.self)
    let settings = Settings(
      epoch: epoch, intervalMs: Int64(interval) * 1_000, timeoutMs: Int64(timeout),
      policy: try decodePolicy(policy.text, of: key), active: !inactive)
    var agents: [AgentKey: AgentID] = [:]
    var known: [AgentKey: AgentKnowledge] = [:]
    let panel = try readPanel(answers[1], named: regions, &agents, &known)
    var waiting: [Waiting] = []
    var held = 0
    for row in answers[2] {
      var event = Waiting(id: try row.get(0), change: try StoredEvent.change(row))
      switch readiness(
        of: event.change, panel, known, agoMs: try row.get(5), freshMs: settings.freshMs)
      {
      case .ready: break
      case .held where held < mostHeld:
        held += 1
        continue
      case .held, .unconfirmed: event.isUnconfirmed = true
      }
      waiting.append(event)
    }
    let dropped = try answers[3].map { row throws(PostgresError) in
      Event.Change.dropped(
        RoundID(episode: try row.get(2), round: try row.get(3)), region: try row.get(1),
        agent: try row.get(0))
    }
    return DecisionInput(
      claim: claim, organizationID: organizationID, slot: slot, at: at, settings: settings,
      panel: panel, agents: agents, known: known, waiting: waiting, dropped: dropped,
      hasMore: waiting.count + held == mostEvents && !waiting.isEmpty, isHolding: held > 0)
  }

  private static func readiness(
    of change: Event.Change?, _ panel: Panel, _ known: [AgentKey: AgentKnowledge], agoMs: Int64,
    freshMs: Int64
  ) -> AgentKnowledge.Readiness {
    guard case .observed(let finding) = change, let voter = panel[finding.region],
      voter.agent == finding.agent, let agent = known[finding.agent]
    else { return .ready }
    return agent.readiness(of: finding, from: voter, agoMs: agoMs, freshMs: freshMs)
  }

  private static func decodePolicy(_ text: String, of key: Int64) throws(DecisionError) -> Policy {
    do {
      return try Tree.read(from: JSONValue(parsing: text))
    } catch {
      throw DecisionError(monitorKey: key, "its policy can't be read: \(error)")
    }
  }

  /// One seat a region: those that the monitor names, or those that are assigned.
  private static func readPanel(
    _ rows: Rows, named: [String]?, _ agents: inout [AgentKey: AgentID],
    _ known: inout [AgentKey: AgentKnowledge]
  ) throws(PostgresError) -> Panel {
    var voters: [String: Voter] = [:]
    for row in rows {
      let (agent, id, region, provider) = try row.decode(
        AgentKey.self, AgentID.self, String.self, String.self)
      var presence: Presence?
      if let boot = try row.get(4, as: BootID?.self) {
        presence = Presence(
          boot: boot, heardAgoMs: max(0, try row.get(5)), agentNowMs: try row.get(6),
          watermarkMs: try row.get(7), silent: try row.get(8, as: String.self) != "live",
          longestTimeoutMs: try row.get(9))
      }
      agents[agent] = id
      known[agent] = AgentKnowledge(
        start: try row.get(10), trustedStart: try row.get(12), hasCanaries: try row.get(13),
        state: try row.get(14))
      let reason = try row.get(11, as: String?.self)
      voters[region] = Voter(
        agent: agent, region: region, domain: provider, presence: presence,
        trust: reason.map { .distrusted(reason: $0) } ?? .trusted)
    }
    let regions = named.map(Set.init) ?? Set(voters.keys)
    return Panel(regions.map { Seat(region: $0, voter: voters[$0]) })
  }

  private static let monitorQuery: SQL = """
    SELECT organization_id, epoch, slot, interval_s, timeout_ms, regions, policy,
      paused OR deleted_at IS NOT NULL, floor(extract(epoch FROM clock_timestamp()) * 1000)::int8
    FROM monitor WHERE key = $1
    """

  private static let seatsQuery: SQL = """
    SELECT g.key, g.id, g.region, g.provider, l.boot_id,
      floor(extract(epoch FROM clock_timestamp() - l.seen_at) * 1000)::int8,
      l.mono_now_ms, l.watermark_ms, coalesce(p.state, 'silent'),
      coalesce(r.longest_timeout_ms, 0)::int8, n.boot_id, t.reason, t.boot_id, t.has_canaries,
      t.state
    FROM assignment s
    JOIN monitor m ON m.key = s.monitor_key AND m.slot = s.slot
    JOIN agent g ON g.key = s.agent_key
    LEFT JOIN agent_live l ON l.agent_key = g.key
    LEFT JOIN agent_presence p ON p.agent_key = g.key
    LEFT JOIN agent_assignment r ON r.agent_key = g.key
    LEFT JOIN agent_session n ON n.agent_key = g.key
    LEFT JOIN agent_trust t ON t.agent_key = g.key
    WHERE s.monitor_key = $1
    """

  private static let eventsQuery: SQL = """
    SELECT e.id, e.kind, e.payload, r.episode, r.round,
      floor(extract(epoch FROM clock_timestamp() - e.created_at) * 1000)::int8
    FROM quorum_event e
    LEFT JOIN probe_request r
      ON r.id = (e.payload->>'probe_request')::uuid AND r.monitor_key = e.monitor_key
    WHERE e.monitor_key = $1 AND e.stepped_at IS NULL ORDER BY e.id LIMIT $2
    """

  private static let droppedQuery: SQL = """
    SELECT r.agent_key, g.region, r.episode::int4, r.round
    FROM probe_request r JOIN agent g ON g.key = r.agent_key
    WHERE r.monitor_key = $1 AND r.episode = $2 AND r.dropped ORDER BY r.round, r.agent_key
    """
}

extension Settings {
  /// For how long a finding may vote, ms.
  fileprivate var freshMs: Int64 {
    Freshness.limitMs(intervalMs: intervalMs, timeoutMs: timeoutMs)
  }
}

extension MonitorState {
  /// The number of the episode whose rounds are open.
  var presentEpisode: Int32? {
    switch stage {
    case .settled, .down: nil
    case .suspect(let episode): episode.number
    case .recovering(let episode): episode.number
    }
  }
}
