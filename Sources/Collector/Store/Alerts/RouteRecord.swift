public import Model
public import Postgres
public import Quorum

/// Who is to be told of what.
public struct RouteDraft: Hashable, Sendable {
  /// Unique in the organization.
  public var name: String
  /// Routes are read in this order.
  public var place: Int32
  /// Monitors that have one of these tags or are one of these; both empty: all.
  public var tags: [String] = []
  public var monitors: [MonitorID] = []
  /// `notify` or `page`.
  public var leastUrgency: Urgency = .notify
  /// What notices are about; empty: anything.
  public var verdicts: [Verdict] = []
  public var channels: [ChannelID]
  /// What ended within so many seconds is not told.
  public var delaySeconds: Int32 = 0
  /// After how many seconds without a word people are told again; `nil` for never.
  public var reminderSeconds: Int32?
  /// Whether routes after it are not read for what fits it.
  public var isLast = false

  public init(name: String, place: Int32 = 0, channels: [ChannelID]) {
    self.name = name
    self.place = place
    self.channels = channels
  }
}

/// A route as it is stored.
public struct RouteRecord: Hashable, Sendable {
  public var id: RouteID
  public var draft: RouteDraft
  public var createdAt: Timestamp
  public var updatedAt: Timestamp

  /// Changes with everything that people change.
  public var version: String { String(updatedAt.microseconds) }

  static let columns: SQL = """
    id, name, place, tags, monitors, least_urgency, verdicts, channels, delay_s, remind_s, is_last,
    created_at, updated_at
    """

  init(_ row: Row) throws(PostgresError) {
    id = try row.get(0)
    draft = RouteDraft(name: try row.get(1), place: try row.get(2), channels: try row.get(7))
    draft.tags = try row.get(3)
    draft.monitors = try row.get(4)
    draft.leastUrgency = Urgency(rawValue: try row.get(5)) ?? .notify
    draft.verdicts = try row.get(6, as: [String].self).compactMap(Verdict.init)
    draft.delaySeconds = try row.get(8)
    draft.reminderSeconds = try row.get(9)
    draft.isLast = try row.get(10)
    createdAt = try row.get(11)
    updatedAt = try row.get(12)
  }
}
