import JSON
import Model
import Postgres
import Quorum

/// What is thought of each agent's surroundings (table `agent_trust`), stepped in this one place:
/// `Quorum.AgentTrust` under the row's lock. Nothing is written while nothing is amiss.
public enum AgentTrusts {
  /// What bears on trust.
  enum Cause {
    /// Its ALIVE as `agent_live` has it.
    case alive
    /// Its session broke.
    case disconnected
    /// A trusted peer sees this monitor up, on which the agent has just failed ambiguously.
    case contradicted(monitor: Int64)
    /// Time passed.
    case tick
  }

  /// Takes in what the stored ALIVEs of `agents` say beyond what was taken in before.
  static func heard(
    _ agents: [Int32], _ connection: Connection
  ) throws -> [TrustNews] {
    try agents.compactMap { try step($0, .alive, connection) }
  }

  /// A session of the agent broke, without a farewell of either side.
  static func disconnected(_ agent: Int32, _ connection: Connection) throws -> TrustNews? {
    try step(agent, .disconnected, connection)
  }

  /// A trusted peer sees `monitor` up, where `agent` found it failing ambiguously.
  static func contradicted(
    _ agent: Int32, on monitor: Int64, _ connection: Connection
  ) throws -> TrustNews? {
    try step(agent, .contradicted(monitor: monitor), connection)
  }

  /// Looks whether trust in agents whose time has come can be restored.
  public static func restore(_ connection: Connection) throws -> [TrustNews] {
    let rows = try connection.query(
      "SELECT agent_key FROM agent_trust WHERE wake_at <= clock_timestamp() ORDER BY agent_key")
    return try rows.compactMap { try step(try $0.get(0), .tick, connection) }
  }

  /// Which of the agents whose keys `$1` holds said something that was not taken in yet.
  static let unheard: SQL = """
    SELECT l.agent_key FROM agent_live AS l LEFT JOIN agent_trust AS t USING (agent_key)
    WHERE l.agent_key = ANY ($1::int4[]) AND (
      t.agent_key IS NULL OR t.boot_id <> l.boot_id OR t.clock_steps <> l.clock_steps
      OR t.canary_set_ms <> l.canary_set_ms OR t.has_canaries <> (l.canaries >= 256)
      OR l.loop_lag_ms > $2)
    ORDER BY l.agent_key
    """

  // MARK: - One step

  private static func step(
    _ agent: Int32, _ cause: Cause, _ connection: Connection
  ) throws -> TrustNews? {
    try connection.retryingTransaction { connection in
      if case .alive = cause {
        try connection.query(
          """
          INSERT INTO agent_trust (
            agent_key, boot_id, clock_steps, canary_set_ms, has_canaries, state)
          VALUES ($1, $2, 0, 0, false, 'null') ON CONFLICT (agent_key) DO NOTHING
          """, agent, BootID.zero)
      }
      let rows = try connection.query(rowQuery, agent)
      guard let row = rows.first else { return nil }
      var stored = try Stored(row)
      let before = stored.trust
      take(cause, into: &stored)
      guard stored.trust != before || stored.isNew else { return nil }
      return try write(stored, before: before, agent, connection)
    }
  }

  /// A row and what stands beside it.
  private struct Stored {
    var trust: AgentTrust
    var boot: BootID
    var canarySetMs: Int64
    /// The reason of the event that stands, if one does.
    var toldReason: String?
    var at: Int64
    var assigned: Int64
    var live: Live?
    /// Whether something was heard that has to be noted, even where it changes nothing.
    var isNew = false

    struct Live {
      var boot: BootID
      var loopLagMs: Int32
      var clockSteps: Int32
      var canaries: Int32
      var canarySetMs: Int64
    }

    init(_ row: Row) throws {
      let text = try row.get(0, as: JSONText.self).text
      trust =
        text == "null"
        ? AgentTrust(hasCanaries: false)
        : try Tree.read(from: JSONValue(parsing: text))
      boot = try row.get(1)
      canarySetMs = try row.get(2)
      toldReason = try row.get(3)
      at = try row.get(4)
      assigned = try row.get(5)
      if let boot = try row.get(6, as: BootID?.self) {
        live = Live(
          boot: boot, loopLagMs: try row.get(7), clockSteps: try row.get(8),
          canaries: try row.get(9), canarySetMs: try row.get(10))
      }
    }
  }

  private static func take(_ cause: Cause, into stored: inout Stored) {
    let at = stored.at
    switch cause {
    case .alive:
      guard let live = stored.live else { return }
      let configured = UInt8(truncatingIfNeeded: live.canaries >> 8)
      let failing = UInt8(truncatingIfNeeded: live.canaries) & configured
      stored.trust.use(canaries: configured != 0)
      stored.trust.take(
        .alive(
          boot: live.boot, loopLagMs: Int64(live.loopLagMs), clockSteps: Int64(live.clockSteps)),
        at: at)
      if live.canarySetMs > 0,
        live.canarySetMs != stored.canarySetMs || live.boot != stored.boot
      {
        stored.trust.take(
          .canaries(
            boot: live.boot, startedMs: live.canarySetMs, failing: failing.nonzeroBitCount,
            of: configured.nonzeroBitCount), at: at)
      }
      stored.isNew = true
    case .disconnected: stored.trust.take(.disconnected, at: at)
    case .contradicted(let monitor):
      stored.trust.take(
        .contradicted(monitor: monitor, assigned: Int(clamping: stored.assigned)), at: at)
    case .tick: stored.trust.take(.tick, at: at)
    }
  }

  private static func write(
    _ stored: Stored, before: AgentTrust, _ agent: Int32, _ connection: Connection
  ) throws -> TrustNews? {
    let trust = stored.trust
    var news: TrustNews?
    var told = stored.toldReason
    if told == nil, let doubt = trust.doubts.first(where: { $0.reason != .restarted }) {
      told = doubt.reason.rawValue
      news = TrustNews(agentKey: agent, isTrusted: false, reason: doubt.reason.rawValue)
    } else if let reason = told, trust.isTrusted {
      told = nil
      news = TrustNews(agentKey: agent, isTrusted: true, reason: reason)
    }
    var reason: String?
    if case .distrusted(let word) = trust.trust { reason = word }
    try connection.query(
      """
      UPDATE agent_trust SET state = $2, reason = $3,
        distrusted_since = CASE WHEN $3::text IS NULL THEN NULL
          ELSE coalesce(distrusted_since, now()) END,
        wake_at = $4, told_reason = $5, boot_id = coalesce($6, boot_id),
        clock_steps = coalesce($7, clock_steps), canary_set_ms = coalesce($8, canary_set_ms),
        has_canaries = $9, updated_at = now()
      WHERE agent_key = $1
      """, agent, StoredVerdict.json(trust), reason,
      trust.wakeAt.map { Timestamp(milliseconds: $0) }, told,
      stored.isNew ? stored.live?.boot : nil, stored.isNew ? stored.live?.clockSteps : nil,
      stored.isNew ? stored.live?.canarySetMs : nil, trust.hasCanaries)
    if let news {
      try connection.query(
        """
        INSERT INTO agent_event (agent_key, organization_id, kind, reason)
        SELECT key, organization_id, $2, $3 FROM agent WHERE key = $1
        """, agent, news.isTrusted ? "trusted" : "distrusted", news.reason)
    }
    // A tick that only moves the wake time is no reason to look at monitors.
    if trust.isTrusted != before.isTrusted {
      try connection.query(Due.wishOfAgents, [agent])
      try connection.notify(.due)
    } else if stored.isNew {
      try connection.query(Due.wishOfWaiting, [agent])
    }
    return news
  }

  private static let rowQuery: SQL = """
    SELECT t.state, t.boot_id, t.canary_set_ms, t.told_reason,
      floor(extract(epoch FROM clock_timestamp()) * 1000)::int8,
      (SELECT count(*) FROM assignment AS a WHERE a.agent_key = t.agent_key),
      l.boot_id, l.loop_lag_ms, l.clock_steps, l.canaries, l.canary_set_ms
    FROM agent_trust AS t LEFT JOIN agent_live AS l USING (agent_key)
    WHERE t.agent_key = $1 FOR UPDATE OF t
    """
}
