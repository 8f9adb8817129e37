import Checks
public import JSON
public import Model
public import OpenSSL
public import Postgres

/// Checks that somebody tries once, from one agent in each region. Their answers are told to whoever
/// asked and become no results; all of it is gone after some minutes.
public enum CheckTries {
  /// How one stands.
  public struct Record: Hashable, Sendable {
    public var id: ProbeRequestID
    /// The check's document without its secrets.
    public var check: JSONValue
    public var timeoutMs: Int32
    public var askedAt: Timestamp
    /// What has not come by then does not come.
    public var expiresAt: Timestamp
    /// Whether all that will come has come.
    public var isDone: Bool
    /// In the order of their names.
    public var regions: [Region]
  }

  /// What one region says.
  public struct Region: Hashable, Sendable {
    public var name: String
    /// Who was asked; `nil` where nobody is connected.
    public var agent: AgentID?
    /// `nil` while it is awaited.
    public var answer: TryAnswer?
  }

  /// Why nobody was asked.
  public enum Refusal: Error, Hashable, Sendable {
    /// ``mostAMinute`` were tried within the last minute.
    case tooMany(retryAfterSeconds: Int64)
    /// ``mostOpen`` are not answered yet.
    case tooManyOpen
    /// The organization's quota, and what its monitors and tries would take of it.
    case quota(mostProbesPerSecond: Double, wished: Double)
  }

  /// What an organization may try.
  public static let mostAMinute: Int64 = 30
  /// A shared agent works on eight at once: so three leave room for the others.
  public static let mostOpen: Int64 = 3
  /// More regions are not asked, the last by name being left out.
  static let mostRegions = 50
  /// How long an answer may be on its way beside the check's own time, ms.
  static let graceMs: Int32 = 8_000
  /// How long an answer can be read once it is complete, and a little more.
  static let keptSeconds = 600.0

  // MARK: Asking

  /// Asks one live agent in each region. Throws `Refusal`.
  ///
  /// Takes the organization's quota as its first lock.
  public static func ask(
    _ draft: TryDraft, organization: OrganizationID, sealing: SealingKey, in write: AuditedWrite
  ) throws -> Record {
    let connection = write.connection
    try QuotaQueries.lock(organization, on: connection)
    let agents = try chosen(draft.regions, organization, connection)
    try requireRoom(for: agents.count { $0.isLive }, organization, connection)
    let id = ProbeRequestID.random()
    try connection.query(
      """
      INSERT INTO check_try (id, organization_id, "check", secrets, timeout_ms, asked, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => ($5 + $7) / 1000.0))
      """, id, organization.rawValue, JSONText(CheckDocument.encode(draft.check)),
      try SealedSecrets.seal(CheckDocument.secrets(of: draft.check), tried: id, sealing),
      draft.timeoutMs, Int32(agents.count { $0.isLive }), graceMs)
    for agent in agents {
      let answer = agent.isLive ? nil : TryAnswer(unasked: .agentAbsent)
      try connection.query(
        """
        INSERT INTO check_try_region (try_id, region, organization_id, agent_key, answer)
        VALUES ($1, $2, $3, $4, $5)
        """, id, agent.region, organization.rawValue, agent.isLive ? agent.key : nil,
        answer.map { JSONText($0.json.text) })
      if agent.isLive, let key = agent.key { try connection.notify(.try, String(key)) }
    }
    try write.record(
      AuditEntry(
        "check.try", organization: organization, objectID: id.description,
        change: [
          "kind": .string(draft.check.kind.word), "target": .string(draft.check.target),
          "regions": .strings(agents.map(\.region)),
        ]))
    guard let record = try get(id, organization: organization, on: connection) else {
      throw PostgresError(.bug, "a check that is tried is not there")
    }
    return record
  }

  private struct Agent {
    var region: String
    var key: Int32?
    var isLive: Bool
  }

  /// An agent of each region, a live one where there is any, the organization's own before those that
  /// all share.
  private static func chosen(
    _ regions: [String]?, _ organization: OrganizationID, _ connection: Connection
  ) throws(PostgresError) -> [Agent] {
    var agents: [Agent] = []
    for row in try connection.query(
      """
      SELECT DISTINCT ON (region) region, key, live FROM (
        SELECT g.region COLLATE "C" AS region, g.key, g.organization_id,
          coalesce(l.seen_at > now() - make_interval(secs => $3), false) AS live
        FROM agent g LEFT JOIN agent_live l ON l.agent_key = g.key
        WHERE g.status = 'active' AND (g.organization_id = $1 OR g.organization_id IS NULL)
          AND ($2::text[] IS NULL OR g.region = ANY ($2))) AS seen
      ORDER BY region, live DESC, organization_id NULLS LAST, random() LIMIT $4
      """, organization.rawValue, regions, Double(AgentDirectory.silentAfterSeconds),
      Int64(mostRegions))
    {
      agents.append(
        Agent(region: try row.get(0), key: try row.get(1), isLive: try row.get(2)))
    }
    let known = Set(agents.map(\.region))
    return agents
      + (regions ?? []).filter { !known.contains($0) }.map { Agent(region: $0, isLive: false) }
  }

  /// Throws where the organization has tried as much as it may.
  private static func requireRoom(
    for agents: Int, _ organization: OrganizationID, _ connection: Connection
  ) throws {
    let rows = try connection.query(
      """
      SELECT count(*) FILTER (WHERE asked_at > now() - interval '1 minute'),
        coalesce(sum(asked) FILTER (WHERE asked_at > now() - interval '1 minute'), 0)::int8,
        coalesce(ceil(extract(epoch FROM
          min(asked_at) FILTER (WHERE asked_at > now() - interval '1 minute')
          + interval '1 minute' - now())), 0)::int8,
        count(*) FILTER (WHERE expires_at > now() AND EXISTS (
          SELECT FROM check_try_region r WHERE r.try_id = t.id AND r.answer IS NULL))
      FROM check_try t
      WHERE organization_id = $1 AND asked_at > now() - interval '2 minutes'
      """, organization.rawValue)
    guard let row = rows.first else { return }
    let (recent, asked, secondsLeft, open) = try row.decode(
      Int64.self, Int64.self, Int64.self, Int64.self)
    if recent >= mostAMinute { throw Refusal.tooMany(retryAfterSeconds: max(1, secondsLeft)) }
    if open >= mostOpen { throw Refusal.tooManyOpen }
    guard agents > 0, let (quota, use) = try QuotaQueries.get(organization, on: connection),
      let most = quota.mostProbesPerSecond
    else { return }
    let wished = use.probesPerSecond + Double(asked + Int64(agents)) / 60
    if wished > most * (1 + 1e-9) {
      throw Refusal.quota(mostProbesPerSecond: most, wished: wished)
    }
  }

  // MARK: Reading

  /// How it stands; `nil` where the organization tried no such check, or not lately.
  public static func get(
    _ id: ProbeRequestID, organization: OrganizationID, on connection: Connection
  ) throws -> Record? {
    let rows = try connection.query(
      """
      SELECT "check", timeout_ms, asked_at, expires_at, expires_at <= clock_timestamp()
      FROM check_try WHERE id = $1 AND organization_id = $2
      """, id, organization.rawValue)
    guard let row = rows.first else { return nil }
    let isOver = try row.get(4, as: Bool.self)
    var regions: [Region] = []
    for row in try connection.query(
      """
      SELECT r.region, a.id, r.answer
      FROM check_try_region r LEFT JOIN agent a ON a.key = r.agent_key
      WHERE r.try_id = $1 AND r.organization_id = $2 ORDER BY r.region COLLATE "C"
      """, id, organization.rawValue)
    {
      let stored = try row.get(2, as: JSONText?.self)
      let answer = try stored.map { TryAnswer(stored: try JSONValue(parsing: $0.text)) }
      regions.append(
        Region(
          name: try row.get(0), agent: try row.get(1),
          answer: answer ?? (isOver ? TryAnswer(unasked: .agentSilent) : nil)))
    }
    return Record(
      id: id, check: try JSONValue(parsing: try row.get(0, as: JSONText.self).text),
      timeoutMs: try row.get(1), askedAt: try row.get(2), expiresAt: try row.get(3),
      isDone: isOver || regions.allSatisfy { $0.answer != nil }, regions: regions)
  }

  /// Takes away what nobody reads any more; returns how many went. To be called every minute or so, by
  /// any collector.
  public static func clear(on connection: Connection) throws(PostgresError) -> Int {
    try connection.query(
      """
      DELETE FROM check_try WHERE id IN (
        SELECT id FROM check_try WHERE expires_at < now() - make_interval(secs => $1)
        ORDER BY expires_at LIMIT 10000 FOR UPDATE SKIP LOCKED)
      """, keptSeconds
    ).affected
  }
}
