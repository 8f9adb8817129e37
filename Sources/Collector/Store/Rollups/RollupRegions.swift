import Postgres

/// The numbers by which rollups know regions.
enum RollupRegions {
  /// Those of agents' regions as they are now, by the agents' keys; makes what is missing.
  static func keys(
    of agents: Set<Int32>, _ connection: Connection
  ) throws(PostgresError) -> [Int32: Int32] {
    let agents = agents.sorted()
    var keys = try known(agents, connection)
    guard keys.count < agents.count else { return keys }
    try connection.query(
      """
      INSERT INTO rollup_region (name)
      SELECT DISTINCT region FROM agent AS a WHERE key = ANY ($1)
        AND NOT EXISTS (SELECT FROM rollup_region AS r WHERE r.name = a.region)
      ON CONFLICT DO NOTHING
      """, agents)
    keys = try known(agents, connection)
    return keys
  }

  private static func known(
    _ agents: [Int32], _ connection: Connection
  ) throws(PostgresError) -> [Int32: Int32] {
    let rows = try connection.query(
      """
      SELECT a.key, r.key FROM agent AS a JOIN rollup_region AS r ON r.name = a.region
      WHERE a.key = ANY ($1)
      """, agents)
    var keys: [Int32: Int32] = [:]
    for row in rows { keys[try row.get(0)] = try row.get(1, as: Int32.self) }
    return keys
  }
}
