public import Postgres

/// The regions that an organization may use: those of its agents, of the installation's, and those that
/// its monitors name.
public enum RegionQueries {
  /// One region.
  public struct Record: Hashable, Sendable {
    public var name: String
    /// Agents that were not revoked: the organization's own and the installation's.
    public var own: Int64
    public var shared: Int64
    /// How many of them are heard.
    public var live: Int64
    /// When one of them was last heard.
    public var heardAt: Timestamp?
    /// The organization's monitors whose regions it is among.
    public var monitors: Int64
  }

  /// At most `limit` regions whose names come after `name`.
  public static func list(
    after name: String?, limit: Int, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    var records: [Record] = []
    for row in try connection.query(
      """
      WITH seen AS (
        SELECT a.region COLLATE "C" AS name, count(a.organization_id) AS own,
          count(*) - count(a.organization_id) AS shared,
          count(*) FILTER (WHERE l.seen_at > now() - make_interval(secs => $4)) AS live,
          max(l.seen_at) AS heard_at
        FROM agent a LEFT JOIN agent_live l ON l.agent_key = a.key
        WHERE (a.organization_id = $1 OR a.organization_id IS NULL) AND a.status = 'active'
        GROUP BY 1
      ), named AS (
        SELECT r.name COLLATE "C" AS name, count(*) AS monitors
        FROM monitor m CROSS JOIN unnest(m.regions) AS r (name)
        WHERE m.organization_id = $1 AND m.deleted_at IS NULL GROUP BY 1
      ), unbound AS (
        SELECT count(*) AS monitors FROM monitor
        WHERE organization_id = $1 AND deleted_at IS NULL AND regions IS NULL
      )
      SELECT name, coalesce(s.own, 0), coalesce(s.shared, 0), coalesce(s.live, 0), s.heard_at,
        coalesce(n.monitors, 0) + CASE WHEN s.own IS NULL THEN 0 ELSE u.monitors END
      FROM seen s FULL JOIN named n USING (name) CROSS JOIN unbound u
      WHERE name > $2 ORDER BY name LIMIT $3
      """, organization.rawValue, name ?? "", limit, Double(AgentDirectory.silentAfterSeconds))
    {
      records.append(
        Record(
          name: try row.get(0), own: try row.get(1), shared: try row.get(2),
          live: try row.get(3), heardAt: try row.get(4), monitors: try row.get(5)))
    }
    return records
  }
}
