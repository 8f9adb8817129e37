import JSON
public import Postgres

/// Quotas of organizations, and what is used of them.
///
/// `problem` takes the quota's lock, before or after its transaction locks the organization's row for
/// reading; `set` takes the row alone, so neither can wait for the other in a circle. That a quota is set
/// while something is added is as if it were set after: what is there stays.
public enum QuotaQueries {
  /// An organization's quota and its use; `nil` where there is none of that number.
  public static func get(
    _ organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> (quota: OrganizationQuota, use: OrganizationQuota.Use)? {
    let rows = try connection.query(
      "SELECT o.most_monitors, o.least_interval_s, o.most_probes_per_s, count(m.key), "
        + "coalesce(sum(coalesce(cardinality(m.regions), " + regions
          + """
          )::float8 / m.interval_s) FILTER (WHERE NOT m.paused), 0)
          FROM organization o
          LEFT JOIN monitor m ON m.organization_id = o.id AND m.deleted_at IS NULL
          WHERE o.id = $1 GROUP BY o.id
          """, organization.rawValue)
    guard let row = rows.first else { return nil }
    return (
      OrganizationQuota(
        mostMonitors: try row.get(0), leastIntervalSeconds: try row.get(1),
        mostProbesPerSecond: try row.get(2)),
      OrganizationQuota.Use(monitors: try row.get(3), probesPerSecond: try row.get(4))
    )
  }

  /// How many regions a monitor that names none is probed in: those of live agents that the organization
  /// may see.
  public static func regionCount(
    of organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Int {
    let rows = try connection.query("SELECT " + regions, organization.rawValue)
    return try rows.first?.get(0) ?? 0
  }

  /// Makes the transaction the only one that adds to the organization's use, or changes its quota.
  ///
  /// To be the first lock of the transaction: `set` takes it before the organization's row, which
  /// whoever writes a monitor holds.
  public static func lock(
    _ organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) {
    try connection.lock(AccountLock.quota, organization)
  }

  /// Why a monitor may not become `new`; `nil` where it may. To be asked in the transaction that
  /// writes it, which takes `lock` before any other; it is taken here at the latest.
  ///
  /// - Parameter regions: that the monitor names before and after; `nil` means all.
  public static func problem(
    old: (intervalSeconds: Int32, regions: [String]?, isPaused: Bool)?,
    new: (intervalSeconds: Int32, regions: [String]?, isPaused: Bool),
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> OrganizationQuota.Problem? {
    try lock(organization, on: connection)
    guard let (quota, use) = try get(organization, on: connection) else { return nil }
    let all = try regionCount(of: organization, on: connection)
    func load(
      _ monitor: (intervalSeconds: Int32, regions: [String]?, isPaused: Bool)
    ) -> OrganizationQuota.Load {
      OrganizationQuota.Load(
        intervalSeconds: monitor.intervalSeconds, regions: monitor.regions?.count ?? all,
        isPaused: monitor.isPaused)
    }
    return quota.problem(use: use, old: old.map(load), new: load(new))
  }

  /// Sets an organization's quota: for operators, by a key too. `nil` where there is no such
  /// organization; throws `notAllowed` and `quotaOutOfRange`.
  public static func set(
    _ quota: OrganizationQuota, of organization: OrganizationID, in write: AuditedWrite
  ) throws -> OrganizationQuota? {
    try AuthorityQueries.requireOperator(write, orKey: true)
    guard quota.isSettable else { throw AccountRefusal.quotaOutOfRange }
    try write.connection.query(
      "SELECT 1 FROM organization WHERE id = $1 FOR NO KEY UPDATE", organization.rawValue)
    guard let old = try get(organization, on: write.connection)?.quota else {
      write.nothingChanged()
      return nil
    }
    if old == quota {
      write.nothingChanged()
      return quota
    }
    try write.connection.query(
      """
      UPDATE organization SET most_monitors = $2, least_interval_s = $3, most_probes_per_s = $4,
        updated_at = greatest(now(), updated_at + interval '1 microsecond')
      WHERE id = $1
      """, organization.rawValue, quota.mostMonitors, quota.leastIntervalSeconds,
      quota.mostProbesPerSecond)
    try write.record(
      AuditEntry(
        "organization.quota", organization: organization,
        change: [
          "most_monitors": [.optional(old.mostMonitors), .optional(quota.mostMonitors)],
          "least_interval_s": [
            .optional(old.leastIntervalSeconds), .optional(quota.leastIntervalSeconds),
          ],
          "most_probes_per_s": [
            old.mostProbesPerSecond.map { .number($0) } ?? .null,
            quota.mostProbesPerSecond.map { .number($0) } ?? .null,
          ],
        ]))
    return quota
  }

  private static let regions: SQL = """
    (SELECT count(DISTINCT a.region) FROM agent a
     WHERE a.status = 'active' AND (a.organization_id = $1 OR a.organization_id IS NULL))
    """
}
