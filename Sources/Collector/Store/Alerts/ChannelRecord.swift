public import Alerts
import JSON
public import Model
import OpenSSL
public import Postgres

/// What somebody wants a channel to be.
public struct ChannelDraft: Hashable, Sendable {
  /// Unique in the organization.
  public var name: String
  public var settings: ChannelSettings
  public var enabled: Bool

  public init(name: String, settings: ChannelSettings, enabled: Bool = true) {
    self.name = name
    self.settings = settings
    self.enabled = enabled
  }
}

/// A way to reach people or programs, as it is stored.
public struct ChannelRecord: Hashable, Sendable {
  public var id: ChannelID
  public var organization: OrganizationID
  public var draft: ChannelDraft
  /// Why its receiver wanted no more, where that switched it off.
  public var disabledReason: String?
  public var createdAt: Timestamp
  public var updatedAt: Timestamp

  /// Changes with everything that people change.
  public var version: String { String(updatedAt.microseconds) }

  static let columns: SQL = """
    c.id, c.organization_id, c.name, c.kind, c.settings, c.secrets, c.enabled, c.disabled_reason,
    c.created_at, c.updated_at
    """

  /// Throws where the settings don't open, or its kind takes them no more.
  init(_ row: Row, _ sealing: SealingKey) throws {
    id = try row.get(0)
    organization = OrganizationID(rawValue: try row.get(1, as: Int32.self))
    draft = ChannelDraft(
      name: try row.get(2),
      settings: try SealedSettings.open(
        try row.json(4), try row.get(5), kind: try row.get(3), channel: id, sealing),
      enabled: try row.get(6))
    disabledReason = try row.get(7)
    createdAt = try row.get(8)
    updatedAt = try row.get(9)
  }
}

/// What channels and routes are named by.
public enum NamedAlerting {
  public enum Channel {}
  public enum Route {}
  public enum Lease {}
}

/// Names a channel.
public typealias ChannelID = Identifier<NamedAlerting.Channel>
/// Names a route.
public typealias RouteID = Identifier<NamedAlerting.Route>
/// Names one worker's hold on a channel.
public typealias LeaseID = Identifier<NamedAlerting.Lease>

/// Why a channel or a route can't be made or changed, for a reason that is not in what was sent.
public enum AlertingRefusal: Error, Hashable, Sendable {
  /// The organization has another one of that name.
  case nameTaken
  /// The organization has as many as it may.
  case tooMany
}

/// How a channel or a route stands that is about to be deleted.
public struct AlertingStanding: Hashable, Sendable {
  public var version: String
  public var isDeleted: Bool
}
