/// How far a planned maintenance has come.
public enum MaintenanceStatus: String, CaseIterable, Hashable, Sendable, Codable {
  case scheduled
  case inProgress = "in_progress"
  case verifying
  case completed

  public var word: String {
    switch self {
    case .scheduled: "Scheduled"
    case .inProgress: "In progress"
    case .verifying: "Verifying"
    case .completed: "Completed"
    }
  }
}

/// A planned maintenance as the public sees it.
public struct PageMaintenance: Hashable, Sendable, Codable {
  public typealias Update = PublicUpdate<MaintenanceStatus>

  public var id: String
  public var name: String
  /// When it was planned, milliseconds since 1970.
  public var createdAt: Int64
  /// Milliseconds since 1970.
  public var scheduledFor: Int64
  public var scheduledUntil: Int64
  /// `nil` until somebody ended it, or its time came.
  public var completedAt: Int64?
  /// Oldest first.
  public var updates: [Update]
  /// Ids of components of the page; others are passed over.
  public var components: [String]

  public init(
    id: String, name: String, createdAt: Int64, scheduledFor: Int64, scheduledUntil: Int64,
    completedAt: Int64? = nil, updates: [Update] = [], components: [String] = []
  ) {
    self.id = id
    self.name = name
    self.createdAt = createdAt
    self.scheduledFor = scheduledFor
    self.scheduledUntil = scheduledUntil
    self.completedAt = completedAt
    self.updates = updates
    self.components = components
  }

  /// Decided by the clock; an update may only say `verifying` while it is in progress.
  public func status(at now: Int64) -> MaintenanceStatus {
    if completedAt != nil || now >= scheduledUntil { return .completed }
    if now < scheduledFor { return .scheduled }
    return updates.last?.status == .verifying ? .verifying : .inProgress
  }

  /// When something about it last changed, milliseconds since 1970: the same until the next change.
  public func updatedAt(at now: Int64) -> Int64 {
    let ended = completedAt ?? scheduledUntil
    let moments = [updates.last?.at, scheduledFor, ended].compactMap { $0 }
    return moments.filter { $0 <= now }.reduce(createdAt, max)
  }
}
