import Model
import Pages
import Postgres
import Quorum

/// Planned maintenances of an organization, as its page and its components' past need them.
struct PageMaintenances {
  /// So many of the newest are known to a page.
  static let most = 500

  /// One window.
  struct Found {
    var id: MaintenanceID
    var title: String
    var span: TimeSpan
    var createdAt: Int64
    /// `nil`: all monitors.
    var monitors: Set<Int64>?

    func covers(_ monitor: Int64) -> Bool { monitors?.contains(monitor) ?? true }
  }

  static func find(
    _ organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Found] {
    var found: [Found] = []
    for row in try connection.query(
      """
      SELECT w.id, w.title, w.starts_at, w.ends_at, w.created_at, w.all_monitors,
        ARRAY(SELECT c.monitor_key FROM maintenance_monitor c WHERE c.maintenance_id = w.id)
      FROM maintenance w WHERE w.organization_id = $1
        AND w.ends_at > now() - make_interval(days => $2) AND w.ends_at > w.starts_at
      ORDER BY w.starts_at DESC, w.id DESC LIMIT $3
      """, organization.rawValue, Int32(PageIncidents.mostDays), Int64(most))
    {
      let isForAll: Bool = try row.get(5)
      found.append(
        Found(
          id: try row.get(0), title: try row.get(1),
          span: TimeSpan(
            from: try row.get(2, as: Timestamp.self).milliseconds,
            to: try row.get(3, as: Timestamp.self).milliseconds),
          createdAt: try row.get(4, as: Timestamp.self).milliseconds,
          monitors: isForAll ? nil : Set(try row.get(6, as: [Int64].self))))
    }
    return found
  }

  /// Those that concern what the page shows.
  static func told(_ found: [Found], ids: [(monitor: Int64, id: String)]) -> [PageMaintenance] {
    found.compactMap { window in
      let components = ids.filter { window.covers($0.monitor) }.map(\.id)
      guard !components.isEmpty else { return nil }
      return PageMaintenance(
        id: window.id.description, name: window.title, createdAt: window.createdAt,
        scheduledFor: window.span.from, scheduledUntil: window.span.to, components: components)
    }
  }
}
