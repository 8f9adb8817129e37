/// How bad an incident is for the users, in Statuspage's words.
public enum IncidentImpact: String, CaseIterable, Hashable, Sendable, Codable {
  case none, minor, major, critical

  /// The state whose icon and colour the incident wears.
  public var state: ComponentState {
    switch self {
    case .none: .noData
    case .minor: .degraded
    case .major, .critical: .down
    }
  }

  public var words: String {
    switch self {
    case .none: "No impact"
    case .minor: "Minor impact"
    case .major: "Major impact"
    case .critical: "Critical impact"
    }
  }
}

/// How far those who repair have come.
public enum IncidentStatus: String, CaseIterable, Hashable, Sendable, Codable {
  case investigating, identified, monitoring, resolved

  public var word: String {
    switch self {
    case .investigating: "Investigating"
    case .identified: "Identified"
    case .monitoring: "Monitoring"
    case .resolved: "Resolved"
    }
  }
}

/// What the public was told of an incident or a maintenance at one moment.
public struct PublicUpdate<Status: Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
  public var id: String
  public var status: Status
  /// Text without markup; lines are kept.
  public var body: String
  /// Milliseconds since 1970.
  public var at: Int64

  public init(id: String, status: Status, body: String, at: Int64) {
    self.id = id
    self.status = status
    self.body = body
    self.at = at
  }
}

/// An incident as the public sees it.
public struct PageIncident: Hashable, Sendable, Codable {
  public typealias Update = PublicUpdate<IncidentStatus>

  /// Of one incident the newest so many updates are shown.
  public static let mostUpdates = 100

  /// Stable: feeds name the incident by it for ever.
  public var id: String
  public var name: String
  public var impact: IncidentImpact
  /// Milliseconds since 1970.
  public var startedAt: Int64
  /// `nil` while it is open.
  public var resolvedAt: Int64?
  /// In the order in which they were written, oldest first.
  public var updates: [Update]
  /// Ids of components of the page; others are passed over.
  public var components: [String]

  public init(
    id: String, name: String, impact: IncidentImpact, startedAt: Int64, resolvedAt: Int64? = nil,
    updates: [Update] = [], components: [String] = []
  ) {
    self.id = id
    self.name = name
    self.impact = impact
    self.startedAt = startedAt
    self.resolvedAt = resolvedAt
    self.updates = updates
    self.components = components
  }

  public var isOpen: Bool { resolvedAt == nil }

  /// What the last update says; without any, what is known from the measurement.
  public var status: IncidentStatus {
    isOpen ? updates.last?.status ?? .investigating : .resolved
  }

  /// When something about it last changed, milliseconds since 1970.
  public var updatedAt: Int64 {
    max(updates.last?.at ?? startedAt, resolvedAt ?? startedAt)
  }
}
