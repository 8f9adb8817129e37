import Model
import Pages
import Postgres

/// Incidents as the public sees them.
struct PageIncidents {
  /// So many are shown at most, those that are open first.
  static let most = 500
  /// Those that ended before are shown nowhere.
  static let mostDays = 400
  /// Of all incidents together so many updates are shown: of each the newest before any other's next.
  static let mostUpdates = 2_000

  /// One incident of one monitor, as it is stored.
  struct Found {
    var id: IncidentID
    var monitor: Int64
    var severity: String
    var startedAt: Int64
    var endedAt: Int64?
    var cause: PostgresUUID?
    var updates: [PageIncident.Update]
  }

  /// Those of `monitors` that are down or partly down, and whatever the public was told of.
  ///
  /// What stood within a maintenance was announced, and is shown only if something was said of it.
  static func find(
    _ organization: OrganizationID, _ monitors: [Int64], on connection: Connection
  ) throws(PostgresError) -> [Found] {
    let rows = try connection.query(
      """
      WITH told AS (
        SELECT i.id, i.monitor_key, i.severity, i.started_at,
          coalesce(i.ended_at, i.resolved_at) AS ended_at, i.cause_id, i.marks,
          EXISTS (SELECT FROM incident_note n
            WHERE n.incident_id = i.id AND n.kind = 'update') AS has_update
        FROM incident i
        WHERE i.organization_id = $1 AND i.monitor_key = ANY ($2)
          AND (i.ended_at IS NULL OR i.started_at > now() - make_interval(days => $3)))
      SELECT id, monitor_key, severity, started_at, ended_at, cause_id FROM told
      WHERE has_update OR (severity IN ('down', 'partial') AND NOT 'maintenance' = ANY (marks))
      ORDER BY ended_at IS NULL DESC, started_at DESC, id DESC LIMIT $4
      """, organization.rawValue, monitors, Int32(mostDays), Int64(most))
    var found: [Found] = []
    for row in rows {
      found.append(
        Found(
          id: try row.get(0), monitor: try row.get(1), severity: try row.get(2),
          startedAt: try row.get(3, as: Timestamp.self).milliseconds,
          endedAt: try row.get(4, as: Timestamp?.self)?.milliseconds, cause: try row.get(5),
          updates: []))
    }
    let updates = try updates(of: found.map(\.id), on: connection)
    for index in found.indices { found[index].updates = updates[found[index].id] ?? [] }
    return found
  }

  private static func updates(
    of incidents: [IncidentID], on connection: Connection
  ) throws(PostgresError) -> [IncidentID: [PageIncident.Update]] {
    var updates: [IncidentID: [PageIncident.Update]] = [:]
    for row in try connection.query(
      """
      SELECT * FROM (
        SELECT n.incident_id, n.id, n.status, n.words, n.at FROM unnest($1::uuid[]) AS i (id)
        CROSS JOIN LATERAL (
          SELECT * FROM incident_note WHERE incident_id = i.id AND kind = 'update'
          ORDER BY id DESC LIMIT $2) AS n
        ORDER BY row_number() OVER (PARTITION BY n.incident_id ORDER BY n.id DESC), n.id DESC
        LIMIT $3) AS newest
      ORDER BY id
      """, incidents, Int64(PageIncident.mostUpdates), Int64(mostUpdates))
    {
      let id: Int64 = try row.get(1)
      updates[try row.get(0), default: []].append(
        PageIncident.Update(
          id: String(id), status: IncidentStatus(rawValue: try row.get(2)) ?? .investigating,
          body: try row.get(3), at: try row.get(4, as: Timestamp.self).milliseconds))
    }
    return updates
  }

  /// One a cause, under the id of the first of its incidents; newest first.
  ///
  /// - Parameter names: of the components, by the store's numbers of their monitors.
  static func told(
    _ found: [Found], ids: [Int64: String], names: [Int64: String]
  ) -> [PageIncident] {
    var groups: [[Found]] = []
    var places: [PostgresUUID: Int] = [:]
    for one in found {
      if let cause = one.cause, let place = places[cause] {
        groups[place].append(one)
      } else {
        if let cause = one.cause { places[cause] = groups.count }
        groups.append([one])
      }
    }
    return groups.map { group in
      let group = group.sorted {
        ($0.startedAt, $0.id.description) < ($1.startedAt, $1.id.description)
      }
      let impacts = group.map { impact(of: $0.severity) }
      let isOpen = group.contains { $0.endedAt == nil }
      return PageIncident(
        id: group[0].id.description, name: name(group, names),
        impact: IncidentImpact.allCases.last { impacts.contains($0) } ?? .none,
        startedAt: group[0].startedAt,
        resolvedAt: isOpen ? nil : group.compactMap(\.endedAt).max(),
        updates: group.flatMap(\.updates).sorted { ($0.at, $0.id) < ($1.at, $1.id) },
        components: group.compactMap { ids[$0.monitor] })
    }.sorted { ($0.startedAt, $0.id) > ($1.startedAt, $1.id) }
  }

  private static func impact(of severity: String) -> IncidentImpact {
    switch severity {
    case "down": .major
    case "partial", "regional": .minor
    default: .none
    }
  }

  private static func name(_ group: [Found], _ names: [Int64: String]) -> String {
    let monitors = Set(group.map(\.monitor))
    if monitors.count > 1 { return "\(monitors.count) services are affected" }
    let name = names[group[0].monitor] ?? ""
    return switch group[0].severity {
    case "down": "\(name) is down"
    case "partial": "\(name) is partly down"
    case "regional": "\(name) can't be reached from one region"
    default: "\(name): measurement is interrupted"
    }
  }
}
