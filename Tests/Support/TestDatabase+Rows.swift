import Model
import Postgres

/// Rows that many tests need, put in without the code under test.
extension TestDatabase {
  /// An organization; returns its number.
  public func addOrganization(_ name: String = "acme") throws -> Int32 {
    let rows = try connect().query(
      "INSERT INTO organization (name) VALUES ($1) RETURNING id", name)
    return try one(rows)
  }

  /// An active agent of the installation, with a session of generation 1; returns its key.
  public func addAgent(
    id: AgentID = .random(), name: String = "agent", region: String = "eu",
    provider: String = "home", organization: Int32? = nil
  ) throws -> Int32 {
    let rows = try connect().query(
      """
      WITH new AS (
        INSERT INTO agent (
          id, organization_id, name, region, provider, hostname, software, root_sealed)
        VALUES ($1, $2, $3, $4, $5, 'host', 'test', '')
        RETURNING key
      ), session AS (
        INSERT INTO agent_session (agent_key, generation, session_id, collector_id, boot_id)
        SELECT key, 1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid() FROM new
      )
      SELECT key FROM new
      """, id, organization, name, region, provider)
    return try one(rows)
  }

  /// An empty stream of an agent; returns its key.
  public func addStream(agentKey: Int32, id: StreamID = .random()) throws -> Int64 {
    let rows = try connect().query(
      "INSERT INTO ingest_stream (agent_key, id) VALUES ($1, $2) RETURNING key", agentKey, id)
    return try one(rows)
  }

  /// A monitor of an http check, with its slot; returns its key and the slot.
  public func addMonitor(
    organization: Int32, name: String = "monitor", url: String = "http://example.org/",
    intervalSeconds: Int32 = 60, timeoutMs: Int32 = 10_000
  ) throws -> (key: Int64, slot: Int64) {
    let rows = try connect().query(
      """
      WITH new AS (
        INSERT INTO monitor (
          organization_id, name, kind, target, "check", interval_s, timeout_ms, policy)
        VALUES ($1, $2, 'http', $3, jsonb_build_object('kind', 'http', 'url', $3), $4, $5,
          '{"kind": "majority"}')
        RETURNING key, slot, epoch, organization_id
      ), named AS (
        INSERT INTO monitor_slot (slot, monitor_key, epoch, organization_id)
        SELECT slot, key, epoch, organization_id FROM new
      )
      SELECT key, slot FROM new
      """, organization, name, url, intervalSeconds, timeoutMs)
    guard let row = rows.first else { throw TestSupportError("no row came back") }
    return try row.decode(Int64.self, Int64.self)
  }

  /// The single value that a query without parameters answers.
  public func value<T: PostgresValue>(_ sql: SQL, as type: T.Type = T.self) throws -> T {
    try one(connect().query(sql))
  }

  private func one<T: PostgresValue>(_ rows: Rows) throws -> T {
    guard let row = rows.first else { throw TestSupportError("no row came back") }
    return try row.get(0)
  }
}
