public import Model
public import Postgres
import Quorum

/// "Run now": every agent that has a monitor is asked to probe it at once, by the same rows and within
/// the same bounds as the quorum's questions. What they find is taken like a scheduled probe's finding.
public enum MonitorRuns {
  /// What was asked.
  public struct Run: Hashable, Sendable {
    public var askedAt: Timestamp
    public var probes: [Probe]
  }

  /// One question to one agent.
  public struct Probe: Hashable, Sendable {
    public var id: ProbeRequestID
    public var agent: AgentID
    public var region: String
  }

  /// Why nobody was asked.
  public enum Refusal: Error, Hashable, Sendable {
    /// It was asked less than ``leastSeconds`` ago.
    case tooSoon
    /// The organization asked for ``mostPerMinute`` within a minute.
    case tooMany
    case paused
    /// No agent that is heard has it assigned.
    case nobody
  }

  /// Seconds that pass between two runs of one monitor.
  public static let leastSeconds = 5
  /// Monitors that an organization runs within a minute, so that its questions leave room for others'.
  public static let mostPerMinute = 300

  /// Of no episode: the engine's count up from zero.
  private static let noRound = RoundID(episode: -1, round: 0)

  /// Asks. `nil` where the organization has no such monitor; throws `Refusal`.
  public static func ask(
    _ id: MonitorID, organization: OrganizationID, in write: AuditedWrite
  ) throws -> Run? {
    let connection = write.connection
    let rows = try connection.query(
      """
      SELECT key, slot, host, epoch, timeout_ms, paused, now(),
        floor(extract(epoch FROM clock_timestamp()) * 1000)::int8
      FROM monitor WHERE id = $1 AND organization_id = $2 AND deleted_at IS NULL
      """, id, organization.rawValue)
    guard let row = rows.first else {
      write.nothingChanged()
      return nil
    }
    let (key, slot, host, epoch, timeoutMs, isPaused, askedAt, now) = try row.decode(
      Int64.self, Int64.self, String.self, Int32.self, Int32.self, Bool.self, Timestamp.self,
      Int64.self)
    if isPaused { throw Refusal.paused }
    let agents = try heard(slot, connection)
    if agents.isEmpty { throw Refusal.nobody }
    try take(key, organization, connection)
    let wanted = QuestionRows.Wanted(
      ask: Ask(
        id: noRound, purpose: .introduce, epoch: epoch,
        voters: agents.map { Ask.Asked(region: $0.region, agent: $0.key) },
        deadlineMs: Int64(timeoutMs) + 2_000), monitorKey: key,
      organizationID: organization.rawValue, host: host, slot: slot, askedAt: now)
    let questions = try QuestionRows.deal([wanted], connection)
    _ = try connection.pipeline { pipeline throws(PostgresError) in
      try questions.add(to: &pipeline)
    }
    try write.record(
      AuditEntry("monitor.run", organization: organization, objectID: id.description))
    let ids = Dictionary(questions.identifiers.map { ($0.agent, $0.id) }) { first, _ in first }
    return Run(
      askedAt: askedAt,
      probes: agents.compactMap { agent in
        ids[agent.key].map { Probe(id: $0, agent: agent.id, region: agent.region) }
      })
  }

  private typealias Agent = (key: AgentKey, id: AgentID, region: String)

  private static func heard(
    _ slot: Int64, _ connection: Connection
  ) throws(PostgresError) -> [Agent] {
    var agents: [Agent] = []
    for row in try connection.query(
      """
      SELECT g.key, g.id, g.region FROM assignment s JOIN agent g ON g.key = s.agent_key
      JOIN agent_live l ON l.agent_key = g.key
      WHERE s.slot = $1 AND g.status = 'active' AND l.seen_at > now() - make_interval(secs => $2)
      ORDER BY g.region, g.key
      """, slot, Double(AgentDirectory.silentAfterSeconds))
    {
      agents.append((try row.get(0), try row.get(1), try row.get(2)))
    }
    return agents
  }

  /// Notes the run, unless there was one just now, or too many were asked for.
  private static func take(
    _ key: Int64, _ organization: OrganizationID, _ connection: Connection
  ) throws {
    let many = try connection.query(
      """
      SELECT FROM monitor_run WHERE organization_id = $1 AND asked_at > now() - interval '1 minute'
      OFFSET $2 LIMIT 1
      """, organization.rawValue, mostPerMinute - 1)
    if many.count > 0 { throw Refusal.tooMany }
    let taken = try connection.query(
      """
      INSERT INTO monitor_run AS known (monitor_key, organization_id, asked_at)
      VALUES ($1, $2, clock_timestamp())
      ON CONFLICT (monitor_key) DO UPDATE SET asked_at = clock_timestamp()
      WHERE known.asked_at <= clock_timestamp() - make_interval(secs => $3)
      RETURNING 1
      """, key, organization.rawValue, Double(leastSeconds))
    if taken.count == 0 { throw Refusal.tooSoon }
  }
}
