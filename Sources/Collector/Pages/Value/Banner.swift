/// What the whole page says first, worst last.
public enum Banner: UInt8, CaseIterable, Hashable, Sendable, Comparable {
  case noData
  case operational
  case maintenance
  case degraded
  case partialOutage
  case majorOutage

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// From the components' states and the impacts of the incidents that are open.
  ///
  /// All that reported are down: a major outage; some: a partial one. An incident that somebody
  /// opened by hand counts although every component is up.
  public init(components: [ComponentState], open: [IncidentImpact]) {
    let reported = components.lazy.filter { $0 != .noData }
    let measured: Banner =
      switch ComponentState.worst(components) {
      case .noData: .noData
      case .up: .operational
      case .maintenance: .maintenance
      case .degraded: .degraded
      case .down: reported.allSatisfy { $0 == .down } ? .majorOutage : .partialOutage
      }
    self = open.map(\.banner).reduce(measured, max)
  }

  public var words: String {
    switch self {
    case .noData: "No data yet"
    case .operational: "All systems operational"
    case .maintenance: "Maintenance in progress"
    case .degraded: "Some systems are degraded"
    case .partialOutage: "Some systems are down"
    case .majorOutage: "Major outage"
    }
  }

  /// The state whose icon and colour the banner wears.
  public var state: ComponentState {
    switch self {
    case .noData: .noData
    case .operational: .up
    case .maintenance: .maintenance
    case .degraded: .degraded
    case .partialOutage, .majorOutage: .down
    }
  }

  /// Statuspage's `indicator`.
  public var indicator: String {
    switch self {
    case .noData, .operational: "none"
    case .maintenance: "maintenance"
    case .degraded: "minor"
    case .partialOutage: "major"
    case .majorOutage: "critical"
    }
  }
}

extension IncidentImpact {
  /// The least that the banner says while an incident of this impact is open.
  var banner: Banner {
    switch self {
    case .none: .noData
    case .minor: .degraded
    case .major: .partialOutage
    case .critical: .majorOutage
    }
  }
}
