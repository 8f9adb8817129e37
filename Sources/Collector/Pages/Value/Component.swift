/// One line of the page: a monitor under the name that the public knows it by.
public struct Component: Hashable, Sendable, Codable {
  /// Stable and public; letters, digits and hyphens (anything else is encoded where it stands in an
  /// address).
  public var id: String
  public var name: String
  /// May be empty.
  public var description: String
  public var state: ComponentState
  /// Milliseconds since 1970.
  public var createdAt: Int64
  public var updatedAt: Int64
  /// Oldest first; the last is the day (UTC) of the page's `now`. At most `StatusPage.mostDays` of
  /// them, the newest, are shown.
  public var days: [ComponentDay]
  public var uptime: [PageUptime.Window: PageUptime]
  /// In the order in which they are shown.
  public var regions: [RegionState]
  public var response: ResponseTimes?

  public init(
    id: String, name: String, description: String = "", state: ComponentState,
    createdAt: Int64 = 0, updatedAt: Int64 = 0, days: [ComponentDay] = [],
    uptime: [PageUptime.Window: PageUptime] = [:], regions: [RegionState] = [],
    response: ResponseTimes? = nil
  ) {
    self.id = id
    self.name = name
    self.description = description
    self.state = state
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.days = days
    self.uptime = uptime
    self.regions = regions
    self.response = response
  }
}

/// How a component is, seen from one region.
public struct RegionState: Hashable, Sendable, Codable {
  public var name: String
  public var state: ComponentState

  public init(name: String, state: ComponentState) {
    self.name = name
    self.state = state
  }
}

/// One day (UTC) of a component.
public struct ComponentDay: Hashable, Sendable, Codable {
  /// The worst of the day.
  public var state: ComponentState
  /// Seconds, 0 to 86,400.
  public var downtime: Int32
  /// Thousandths of the day that were measured.
  public var coverage: UInt16

  /// Numbers beyond the range are taken as its nearest end.
  public init(state: ComponentState, downtime: Int32 = 0, coverage: UInt16 = 1000) {
    self.state = state
    self.downtime = min(max(downtime, 0), 86_400)
    self.coverage = min(coverage, 1000)
  }

  /// `down for 12 min`, `degraded`, `no downtime`: the end of a sentence that begins with the day.
  var words: String {
    let measured = coverage < 990 && state != .noData ? ", \(coverage / 10)% measured" : ""
    return switch state {
    case .noData: "no data"
    case .up: "no downtime\(measured)"
    case .maintenance: "maintenance\(measured)"
    case .degraded: "degraded\(measured)"
    case .down: "down for \(DurationWords.text(seconds: Int64(downtime)))\(measured)"
    }
  }
}

/// Components that are shown together; its state is its worst component's.
public struct ComponentGroup: Hashable, Sendable, Codable {
  public var id: String
  /// `nil` for components that stand alone: they are shown without a heading of their own.
  public var name: String?
  public var components: [Component]

  public init(id: String, name: String?, components: [Component]) {
    self.id = id
    self.name = name
    self.components = components
  }

  public var state: ComponentState { .worst(components.lazy.map(\.state)) }
}
