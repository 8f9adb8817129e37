public import Model
public import Postgres

/// What an organization decides about its public page.
public struct StatusPageSettings: Hashable, Sendable {
  /// Its place in the address.
  public var slug: String
  public var title: String
  /// One or two sentences under the title; may be empty.
  public var description: String
  /// Whether anybody can read it.
  public var isPublished: Bool
  /// All monitors, in the order in which the page shows them.
  public var components: [Component]
  public var createdAt: Timestamp
  public var updatedAt: Timestamp

  /// How one monitor is shown.
  public struct Component: Hashable, Sendable {
    public var monitor: MonitorID
    /// As the team knows it.
    public var monitorName: String
    /// What the public knows it by; `nil`: the monitor's own.
    public var name: String?
    /// With which others it stands; `nil`: with those that are in no group.
    public var group: String?
    public var isHidden: Bool
  }

  public var version: String { String(updatedAt.microseconds) }
}

/// What is to change of it; what is `nil` stays.
public struct StatusPageWish: Hashable, Sendable {
  public var slug: String?
  public var title: String?
  public var description: String?
  public var isPublished: Bool?
  /// Monitors in their order; all that are not named come behind them, as they are called.
  public var components: [Component]?

  /// How one monitor is to be shown.
  public struct Component: Hashable, Sendable {
    public var monitor: MonitorID
    public var name: String?
    public var group: String?
    public var isHidden: Bool

    public init(monitor: MonitorID, name: String?, group: String?, isHidden: Bool) {
      self.monitor = monitor
      self.name = name
      self.group = group
      self.isHidden = isHidden
    }
  }

  public init(
    slug: String? = nil, title: String? = nil, description: String? = nil,
    isPublished: Bool? = nil, components: [Component]? = nil
  ) {
    self.slug = slug
    self.title = title
    self.description = description
    self.isPublished = isPublished
    self.components = components
  }
}

extension StatusPageQueries {
  /// Why a page can't be as it is wished.
  public enum Refusal: Error, Hashable, Sendable {
    /// Another organization's page is there.
    case slugIsTaken
    /// The organization has no such monitor, or it was named before.
    case noSuchMonitor(index: Int)
  }

  /// What the organization decided; `nil` where it never had a monitor, and so has no page.
  public static func settings(
    of organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> StatusPageSettings? {
    try settings(of: organization, locking: "", on: connection)
  }

  private static func settings(
    of organization: OrganizationID, locking: SQL, on connection: Connection
  ) throws(PostgresError) -> StatusPageSettings? {
    let rows = try connection.query(
      """
      SELECT slug, title, description, published, created_at, updated_at FROM status_page
      WHERE organization_id = $1
      """ + locking, organization.rawValue)
    guard let row = rows.first else { return nil }
    var settings = StatusPageSettings(
      slug: try row.get(0), title: try row.get(1), description: try row.get(2),
      isPublished: try row.get(3), components: [], createdAt: try row.get(4),
      updatedAt: try row.get(5))
    for row in try connection.query(
      """
      SELECT m.id, m.name, c.name, c.group_name, coalesce(c.hidden, false)
      FROM monitor m LEFT JOIN status_component c ON c.monitor_key = m.key
      WHERE m.organization_id = $1 AND m.deleted_at IS NULL
      ORDER BY c.position NULLS LAST, m.key LIMIT $2
      """, organization.rawValue, Int64(mostComponents))
    {
      settings.components.append(
        StatusPageSettings.Component(
          monitor: try row.get(0), monitorName: try row.get(1), name: try row.get(2),
          group: try row.get(3), isHidden: try row.get(4)))
    }
    return settings
  }

  /// Changes it under its row's lock; `nil` where the organization has none. What `wish` throws undoes
  /// all. Throws `Refusal`.
  ///
  /// - Returns: what it was, and what it is now.
  public static func change(
    of organization: OrganizationID, on connection: Connection,
    _ wish: (StatusPageSettings) throws -> StatusPageWish
  ) throws -> (before: StatusPageSettings, after: StatusPageSettings)? {
    try connection.joiningTransaction {
      connection -> (before: StatusPageSettings, after: StatusPageSettings)? in
      guard
        let before = try settings(of: organization, locking: " FOR UPDATE", on: connection)
      else { return nil }
      let wish = try wish(before)
      if let slug = wish.slug, slug != before.slug {
        let taken = try connection.query(
          "SELECT 1 FROM status_page WHERE slug = $1 AND organization_id <> $2", slug,
          organization.rawValue)
        guard taken.count == 0 else { throw Refusal.slugIsTaken }
      }
      if let components = wish.components {
        try place(components, organization, on: connection)
      }
      let rows = try connection.query(
        """
        UPDATE status_page SET slug = coalesce($2, slug), title = coalesce($3, title),
          description = coalesce($4, description), published = coalesce($5, published),
          updated_at = greatest(now(), updated_at + interval '1 microsecond')
        WHERE organization_id = $1
          -- Two pages may be given one address at the same moment.
          AND NOT EXISTS (
            SELECT FROM status_page o WHERE o.slug = $2 AND o.organization_id <> $1)
        RETURNING 1
        """, organization.rawValue, wish.slug, wish.title, wish.description, wish.isPublished)
      guard rows.count > 0, let after = try settings(of: organization, on: connection) else {
        throw Refusal.slugIsTaken
      }
      return (before, after)
    }
  }

  /// Puts the named monitors into this order, and lets all others be shown as they are called.
  private static func place(
    _ components: [StatusPageWish.Component], _ organization: OrganizationID,
    on connection: Connection
  ) throws {
    try connection.query(
      "DELETE FROM status_component WHERE organization_id = $1", organization.rawValue)
    for (index, component) in components.enumerated() {
      let rows = try connection.query(
        """
        INSERT INTO status_component
          (monitor_key, organization_id, name, group_name, position, hidden)
        SELECT key, organization_id, $3, $4, $5, $6 FROM monitor
        WHERE id = $1 AND organization_id = $2 AND deleted_at IS NULL
        ON CONFLICT DO NOTHING RETURNING 1
        """, component.monitor, organization.rawValue, component.name, component.group,
        Int32(clamping: index), component.isHidden)
      guard rows.count > 0 else { throw Refusal.noSuchMonitor(index: index) }
    }
  }
}
