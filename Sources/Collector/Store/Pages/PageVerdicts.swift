import Pages
import Postgres
import Quorum

/// What a page needs to know of many monitors' verdicts, pauses and votes at once.
struct PageVerdicts {
  /// So many of a monitor's newest verdicts count; of one that changes more often the days before
  /// hold no data.
  static let mostOfOne = 2_000

  private(set) var decisions: [Int64: [UptimeQueries.Decision]] = [:]
  private(set) var pauses: [Int64: [TimeSpan]] = [:]
  private(set) var regions: [Int64: [RegionState]] = [:]
  private(set) var standing: [Int64: Standing] = [:]

  /// A monitor's newest verdict, and what it makes thinkable of its regions.
  struct Standing {
    var verdict: Verdict
    /// The regions that fail while others do not.
    var failing: Set<String>
    /// Whether it is about what the monitor asks now.
    var isOfPresentQuestion: Bool

    /// The worst that may be published of a region: what one says alone is not, before the quorum has
    /// confirmed it.
    func worst(of region: String) -> ComponentState {
      switch verdict {
      case .unknown: .noData
      case _ where !isOfPresentQuestion: .up
      case .up: .up
      case .degraded: .degraded
      case .regional, .partial: failing.contains(region) ? .down : .up
      case .down: .down
      }
    }
  }

  init(
    _ organization: OrganizationID, _ monitors: [Int64], since: Timestamp, until: Timestamp,
    on connection: Connection
  ) throws(PostgresError) {
    for row in try connection.query(
      """
      SELECT m.key, v.verdict, v.started_at, v.decided_at FROM unnest($2::int8[]) AS m (key)
      CROSS JOIN LATERAL (
        SELECT id, verdict, started_at, decided_at FROM verdict
        WHERE monitor_key = m.key AND organization_id = $1 AND id >= coalesce((
          SELECT id FROM verdict WHERE monitor_key = m.key AND decided_at <= $3
          ORDER BY id DESC LIMIT 1), 0)
        ORDER BY id DESC LIMIT $4) AS v
      ORDER BY m.key, v.id
      """, organization.rawValue, monitors, since, Int64(Self.mostOfOne))
    {
      decisions[try row.get(0), default: []].append(
        UptimeQueries.Decision(
          verdict: Verdict(rawValue: try row.get(1)) ?? .unknown,
          startedAt: try row.get(2, as: Timestamp.self).milliseconds,
          decidedAt: try row.get(3, as: Timestamp.self).milliseconds))
    }
    for row in try connection.query(
      """
      SELECT monitor_key, started_at, least(ended_at, $4) FROM monitor_pause
      WHERE monitor_key = ANY ($2) AND organization_id = $1 AND started_at < $4
        AND coalesce(ended_at, $4) > $3 ORDER BY monitor_key, started_at
      """, organization.rawValue, monitors, since, until)
    {
      pauses[try row.get(0), default: []].append(
        TimeSpan(
          from: try row.get(1, as: Timestamp.self).milliseconds,
          to: try row.get(2, as: Timestamp.self).milliseconds))
    }
    try readStanding(organization, monitors, on: connection)
    try readRegions(organization, monitors, on: connection)
  }

  private mutating func readStanding(
    _ organization: OrganizationID, _ monitors: [Int64], on connection: Connection
  ) throws(PostgresError) {
    for row in try connection.query(
      """
      SELECT m.key, v.verdict, v.epoch = m.epoch,
        ARRAY(SELECT jsonb_array_elements_text(coalesce(v.tally->'regions', '[]')))
      FROM monitor m CROSS JOIN LATERAL (
        SELECT verdict, epoch, tally FROM verdict
        WHERE monitor_key = m.key AND organization_id = $1 ORDER BY id DESC LIMIT 1) AS v
      WHERE m.key = ANY ($2)
      """, organization.rawValue, monitors)
    {
      standing[try row.get(0)] = Standing(
        verdict: Verdict(rawValue: try row.get(1)) ?? .unknown,
        failing: Set(try row.get(3, as: [String].self)), isOfPresentQuestion: try row.get(2))
    }
  }

  /// What each region says now that still asks; nothing where its agent is not heard.
  private mutating func readRegions(
    _ organization: OrganizationID, _ monitors: [Int64], on connection: Connection
  ) throws(PostgresError) {
    for row in try connection.query(
      """
      SELECT v.monitor_key, v.region, v.outcome,
        coalesce(l.seen_at > now() - make_interval(secs => $3), false)
      FROM vote v JOIN monitor m ON m.key = v.monitor_key AND m.epoch = v.epoch
        JOIN agent a ON a.key = v.agent_key AND a.status = 'active'
        JOIN assignment s ON s.monitor_key = v.monitor_key AND s.agent_key = v.agent_key
        LEFT JOIN agent_live l ON l.agent_key = v.agent_key
      WHERE v.monitor_key = ANY ($2) AND v.organization_id = $1 AND NOT m.paused
      ORDER BY v.monitor_key, v.region
      """, organization.rawValue, monitors, Double(AgentDirectory.silentAfterSeconds))
    {
      let (outcome, isHeard) = (try row.get(2, as: Int16.self), try row.get(3, as: Bool.self))
      let state: ComponentState =
        switch outcome {
        case _ where !isHeard: .noData
        case 0: .up
        case 1: .degraded
        case 2, 3: .down
        default: .noData
        }
      regions[try row.get(0), default: []].append(
        RegionState(name: try row.get(1), state: state))
    }
  }
}
