public import Pages
public import Postgres
import Quorum
import Rollup

/// What organizations show to the public.
public enum StatusPageQueries {
  /// So many monitors are shown on one page.
  public static let mostComponents = 2_000

  /// The organizations whose pages are published, by the pages' place in the address.
  public static func published(
    on connection: Connection
  ) throws(PostgresError) -> [String: OrganizationID] {
    var found: [String: OrganizationID] = [:]
    for row in try connection.query(
      "SELECT slug, organization_id FROM status_page WHERE published")
    {
      found[try row.get(0)] = OrganizationID(rawValue: try row.get(1))
    }
    return found
  }

  /// All that an organization's page shows now; `nil` where none is published. Targets, reasons and
  /// what colleagues say to each other are not in it.
  ///
  /// - Parameters:
  ///   - origin: of the page's addresses, such as `https://status.example.org`.
  ///   - responses: response times by the components' ids, as `responses` found them; they are read
  ///     less often, for they are the dear part.
  public static func load(
    _ organization: OrganizationID, origin: String, responses: [String: ResponseTimes] = [:],
    on connection: Connection
  ) throws -> StatusPage? {
    let rows = try connection.query(
      """
      SELECT p.slug, p.title, p.description, o.uuid::text, now() FROM status_page p
      JOIN organization o ON o.id = p.organization_id
      WHERE p.organization_id = $1 AND p.published
      """, organization.rawValue)
    guard let row = rows.first else { return nil }
    let (slug, title, description, id, now) = try row.decode(
      String.self, String.self, String.self, String.self, Timestamp.self)
    let shown = try shown(organization, on: connection)
    let keys = shown.map(\.key)
    let since = now.adding(milliseconds: -Int64(StatusPage.mostDays) * 86_400_000)
    let verdicts = try PageVerdicts(
      organization, keys, since: since, until: now, on: connection)
    let windows = try PageMaintenances.find(organization, on: connection)
    let incidents = try PageIncidents.find(organization, keys, on: connection)
    var components: [Int64: Component] = [:]
    for monitor in shown {
      components[monitor.key] = component(
        monitor, verdicts, windows, responses[monitor.id], now: now.milliseconds)
    }
    return StatusPage(
      id: id, name: title, description: description,
      address: PageAddress(origin: origin, path: "/status/\(slug)"), now: now.milliseconds,
      groups: groups(shown, components),
      incidents: PageIncidents.told(
        incidents, ids: Dictionary(uniqueKeysWithValues: shown.map { ($0.key, $0.id) }),
        names: Dictionary(uniqueKeysWithValues: shown.map { ($0.key, $0.name) })),
      maintenances: PageMaintenances.told(windows, ids: shown.map { ($0.key, $0.id) }))
  }

  // MARK: Components

  /// A monitor that the page shows.
  private struct Shown {
    var key: Int64
    var id: String
    var name: String
    var group: String?
    var createdAt: Int64
    var isPaused: Bool
  }

  /// In the order of the page.
  private static func shown(
    _ organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Shown] {
    var shown: [Shown] = []
    for row in try connection.query(
      """
      SELECT m.key, m.id::text, coalesce(c.name, m.name), c.group_name, m.created_at, m.paused
      FROM monitor m LEFT JOIN status_component c ON c.monitor_key = m.key
      WHERE m.organization_id = $1 AND m.deleted_at IS NULL AND NOT coalesce(c.hidden, false)
      ORDER BY c.position NULLS LAST, m.key LIMIT $2
      """, organization.rawValue, Int64(mostComponents))
    {
      shown.append(
        Shown(
          key: try row.get(0), id: try row.get(1), name: try row.get(2), group: try row.get(3),
          createdAt: try row.get(4, as: Timestamp.self).milliseconds, isPaused: try row.get(5)))
    }
    return shown
  }

  private static func component(
    _ monitor: Shown, _ verdicts: PageVerdicts, _ windows: [PageMaintenances.Found],
    _ response: ResponseTimes?, now: Int64
  ) -> Component {
    let decisions = verdicts.decisions[monitor.key] ?? []
    let pauses = verdicts.pauses[monitor.key] ?? []
    let maintenances = windows.filter { $0.covers(monitor.key) }.map(\.span)
    let history = ComponentHistory(
      intervals: VerdictInterval.intervals(
        of: UptimeQueries.merged(decisions, pauses), until: now),
      pauses: pauses, maintenances: maintenances, createdAt: monitor.createdAt, now: now)
    var state = ComponentState(monitor.isPaused ? nil : decisions.last?.verdict)
    if state < .degraded, maintenances.contains(where: { $0.from <= now && now < $0.to }) {
      state = .maintenance
    }
    return Component(
      id: monitor.id, name: monitor.name, state: state, createdAt: monitor.createdAt,
      updatedAt: max(monitor.createdAt, decisions.last?.decidedAt ?? 0), days: history.days(),
      uptime: history.uptimes(),
      regions: (verdicts.regions[monitor.key] ?? []).map { region in
        let worst = verdicts.standing[monitor.key]?.worst(of: region.name) ?? .noData
        return RegionState(name: region.name, state: min(region.state, worst))
      },
      response: response)
  }

  /// Groups stand where their first component does; what is in none stands together, first.
  private static func groups(
    _ shown: [Shown], _ components: [Int64: Component]
  ) -> [ComponentGroup] {
    var groups = [ComponentGroup(id: "components", name: nil, components: [])]
    var places: [String: Int] = [:]
    for monitor in shown {
      guard let component = components[monitor.key] else { continue }
      guard let name = monitor.group else {
        groups[0].components.append(component)
        continue
      }
      if places[name] == nil {
        places[name] = groups.count
        groups.append(ComponentGroup(id: groupID(name), name: name, components: []))
      }
      groups[places[name] ?? 0].components.append(component)
    }
    return groups.filter { !$0.components.isEmpty }
  }

  /// The same for the same name on every page and day (FNV-1a, 64 bits).
  private static func groupID(_ name: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return "group-" + String(hash, radix: 16)
  }

  // MARK: Response times

  /// How far back charts go.
  private static let chartHours: Int64 = 72

  /// Medians by region of all that a page shows, by the components' ids: of the last three days by the
  /// hour, of a monitor of the last hours by the minute.
  public static func responses(
    _ organization: OrganizationID, on connection: Connection
  ) throws -> [String: ResponseTimes] {
    let now = Timestamp.now()
    var responses: [String: ResponseTimes] = [:]
    for monitor in try shown(organization, on: connection) where !monitor.isPaused {
      let age = now.milliseconds - monitor.createdAt
      let unit: RollupQueries.Unit = age < 3 * 3_600_000 ? .minute : .hour
      let span = min(max(age, 60_000), chartHours * 3_600_000)
      let wish = RollupQueries.Wish(
        monitor: monitor.key, since: now.adding(milliseconds: -span - unit.rawValue * 1000),
        until: now, unit: unit)
      let points = try RollupQueries.byRegion(wish, organization: organization, on: connection)
      responses[monitor.id] = times(points, unit)
    }
    return responses
  }

  private static func times(
    _ points: [RollupQueries.Point], _ unit: RollupQueries.Unit
  ) -> ResponseTimes? {
    let stepMs = unit.rawValue * 1000
    guard let first = points.first?.startsAt.milliseconds,
      let last = points.last?.startsAt.milliseconds
    else { return nil }
    let steps = Int((last - first) / stepMs) + 1
    var values: [String: [Int32?]] = [:]
    for point in points {
      guard let region = point.region, let median = point.cell.latencies.quantile(0.5) else {
        continue
      }
      let place = Int((point.startsAt.milliseconds - first) / stepMs)
      values[region, default: Array(repeating: nil, count: steps)][place] =
        Int32(clamping: (median + 500) / 1000)
    }
    guard !values.isEmpty else { return nil }
    return ResponseTimes(
      start: first, step: stepMs,
      series: values.keys.sorted().map { .init(region: $0, values: values[$0] ?? []) })
  }
}
