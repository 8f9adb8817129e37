/// All that a public page shows at one moment; rendering it needs nothing else.
public struct StatusPage: Hashable, Sendable, Codable {
  public var id: String
  public var name: String
  /// One or two sentences under the name; may be empty.
  public var description: String
  /// BCP 47, the language of the page's own words.
  public var language = "en"
  public var address: PageAddress
  /// The moment that the page tells of, milliseconds since 1970.
  public var now: Int64
  /// In the order in which they are shown.
  public var groups: [ComponentGroup]
  /// Newest first: all open ones, and those of the past that feeds and history show.
  public var incidents: [PageIncident]
  /// Newest first.
  public var maintenances: [PageMaintenance]

  /// Days that a component's bars show.
  public static let mostDays = 90

  public init(
    id: String, name: String, description: String = "", address: PageAddress, now: Int64,
    groups: [ComponentGroup] = [], incidents: [PageIncident] = [],
    maintenances: [PageMaintenance] = []
  ) {
    self.id = id
    self.name = name
    self.description = description
    self.address = address
    self.now = now
    self.groups = groups
    self.incidents = incidents
    self.maintenances = maintenances
  }

  public var components: [Component] { groups.flatMap(\.components) }

  public var banner: Banner {
    Banner(components: groups.flatMap { $0.components.map(\.state) }, open: open.map(\.impact))
  }

  /// Incidents that are not over.
  public var open: [PageIncident] { incidents.filter(\.isOpen) }

  /// Maintenance that is going on.
  public var active: [PageMaintenance] {
    maintenances.filter { [.inProgress, .verifying].contains($0.status(at: now)) }
  }

  /// Maintenance to come, the next first.
  public var upcoming: [PageMaintenance] {
    maintenances.filter { $0.status(at: now) == .scheduled }
      .sorted { ($0.scheduledFor, $0.id) < ($1.scheduledFor, $1.id) }
  }

  public func component(_ id: String) -> Component? {
    for group in groups {
      if let component = group.components.first(where: { $0.id == id }) { return component }
    }
    return nil
  }

  public func incident(_ id: String) -> PageIncident? { incidents.first { $0.id == id } }

  /// When something that the page shows last changed, milliseconds since 1970; 0 of a page that shows
  /// nothing. Never the moment of rendering, for that would make every rendering another.
  var updatedAt: Int64 {
    var latest = groups.lazy.flatMap(\.components).map(\.updatedAt).max() ?? 0
    for incident in incidents { latest = max(latest, incident.updatedAt) }
    for maintenance in maintenances { latest = max(latest, maintenance.updatedAt(at: now)) }
    return min(latest, now)
  }
}
