/// How one component, region or day is; ordered from what weighs least to what weighs most.
///
/// The worst child decides about its parent. `noData` weighs least, so a parent has no data only if
/// no child has any; maintenance weighs less than an outage, so it never hides one.
public enum ComponentState: UInt8, CaseIterable, Hashable, Sendable, Codable, Comparable {
  case noData
  case up
  case maintenance
  case degraded
  case down

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// The state of what consists of `children`; `noData` of nothing.
  public static func worst(_ children: some Sequence<ComponentState>) -> ComponentState {
    children.max() ?? .noData
  }

  /// The word beside the icon: colour alone never tells a state (WCAG 2.2, 1.4.1).
  public var word: String {
    switch self {
    case .noData: "No data"
    case .up: "Operational"
    case .maintenance: "Under maintenance"
    case .degraded: "Degraded"
    case .down: "Down"
    }
  }

  /// The state in Statuspage's vocabulary, which has no word for missing data: a component that
  /// nobody measured is told to be operational, as Statuspage does of new components.
  public var statuspage: String {
    switch self {
    case .noData, .up: "operational"
    case .maintenance: "under_maintenance"
    case .degraded: "degraded_performance"
    case .down: "major_outage"
    }
  }

  /// The colour of the state on badges, dark enough under white text (at least 4.5:1).
  public var colour: DayColour {
    switch self {
    case .noData: .grey
    case .up: .green
    case .maintenance: .blue
    case .degraded: .amber
    case .down: .red
    }
  }
}

/// The colours of states where no stylesheet reaches: badges and Shields.
public enum DayColour: Hashable, Sendable {
  case grey, green, blue, amber, red

  /// `#rrggbb`, at least 4.5:1 against white.
  public var hexadecimal: StaticString {
    switch self {
    case .grey: "#5f666e"
    case .green: "#137a49"
    case .blue: "#2a62c5"
    case .amber: "#96590a"
    case .red: "#c22b2e"
    }
  }

  /// The name of the colour at shields.io.
  public var shields: String {
    switch self {
    case .grey: "lightgrey"
    case .green: "brightgreen"
    case .blue: "blue"
    case .amber: "yellow"
    case .red: "red"
    }
  }
}
