import JSON
public import Model
public import Postgres
import Quorum

/// Routes in the store. Writes record themselves in the audit log.
///
/// Only monitors and channels of the organization can be named; where they are deleted later they fit
/// nothing. What a row names of another's would fit nothing either.
public enum RouteQueries {
  /// The most routes of one organization.
  public static let most = 200

  /// All of an organization, in the order in which they are read.
  public static func list(
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [RouteRecord] {
    let rows = try connection.query(
      "SELECT " + RouteRecord.columns
        + """
         FROM route WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY place, name, id
        """, organization.rawValue)
    var records: [RouteRecord] = []
    for row in rows { records.append(try RouteRecord(row)) }
    return records
  }

  /// The one called `id`; `nil` where the organization has none.
  public static func get(
    _ id: RouteID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> RouteRecord? {
    let rows = try connection.query(
      "SELECT " + RouteRecord.columns
        + " FROM route WHERE id = $1 AND organization_id = $2 AND deleted_at IS NULL", id,
      organization.rawValue)
    guard let row = rows.first else { return nil }
    return try RouteRecord(row)
  }

  /// Stores a new one. Throws `AlertingRefusal`, and `FieldErrors` for what it names and the organization
  /// does not have.
  public static func create(
    _ draft: RouteDraft, organization: OrganizationID, by write: AuditedWrite
  ) throws -> RouteRecord {
    let id = RouteID.random()
    guard try list(organization: organization, on: write.connection).count < most else {
      throw AlertingRefusal.tooMany
    }
    return try store(draft, id, organization, nil, write)
  }

  /// Changes one under its row's lock; `nil` where the organization has none. Throws as
  /// `create` does, and what `edit` throws.
  public static func change(
    _ id: RouteID, organization: OrganizationID, by write: AuditedWrite,
    _ edit: (inout RouteDraft) throws -> Void
  ) throws -> RouteRecord? {
    try write.connection.query(
      "SELECT 1 FROM route WHERE id = $1 AND organization_id = $2 FOR NO KEY UPDATE", id,
      organization.rawValue)
    guard let old = try get(id, organization: organization, on: write.connection) else {
      write.nothingChanged()
      return nil
    }
    var draft = old.draft
    try edit(&draft)
    if draft == old.draft {
      write.nothingChanged()
      return old
    }
    return try store(draft, id, organization, old.draft, write)
  }

  /// How one stands, its row locked; also where it is deleted. `nil` where the organization never had it.
  public static func standing(
    _ id: RouteID, organization: OrganizationID, by write: AuditedWrite
  ) throws(PostgresError) -> AlertingStanding? {
    let rows = try write.connection.query(
      """
      SELECT updated_at, deleted_at IS NOT NULL FROM route
      WHERE id = $1 AND organization_id = $2 FOR NO KEY UPDATE
      """, id, organization.rawValue)
    guard let row = rows.first else { return nil }
    return AlertingStanding(
      version: String(try row.get(0, as: Timestamp.self).microseconds), isDeleted: try row.get(1))
  }

  /// Deletes one; `false` where the organization has none.
  public static func delete(
    _ id: RouteID, organization: OrganizationID, by write: AuditedWrite
  ) throws(PostgresError) -> Bool {
    let rows = try write.connection.query(
      """
      UPDATE route SET deleted_at = now()
      WHERE id = $1 AND organization_id = $2 AND deleted_at IS NULL RETURNING name
      """, id, organization.rawValue)
    guard let row = rows.first else {
      write.nothingChanged()
      return false
    }
    try write.record(
      AuditEntry(
        "route.delete", organization: organization, objectID: id.description,
        change: ["name": [.string(try row.get(0, as: String.self)), .null]]))
    return true
  }

  private static func store(
    _ draft: RouteDraft, _ id: RouteID, _ organization: OrganizationID, _ old: RouteDraft?,
    _ write: AuditedWrite
  ) throws -> RouteRecord {
    try judge(draft, keeping: old, organization, write.connection)
    do throws(PostgresError) {
      try write.connection.query(
        """
        INSERT INTO route (id, organization_id, name, place, tags, monitors, least_urgency, verdicts,
          channels, delay_s, remind_s, is_last)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (id) DO UPDATE SET name = $3, place = $4, tags = $5, monitors = $6,
          least_urgency = $7, verdicts = $8, channels = $9, delay_s = $10, remind_s = $11,
          is_last = $12, updated_at = greatest(now(), route.updated_at + interval '1 microsecond')
        """, id, organization.rawValue, draft.name, draft.place, draft.tags, draft.monitors,
        draft.leastUrgency.rawValue, draft.verdicts.map(\.rawValue), draft.channels,
        draft.delaySeconds, draft.reminderSeconds, draft.isLast)
    } catch {
      if error.isUniqueViolation { throw AlertingRefusal.nameTaken }
      throw error
    }
    try write.record(
      AuditEntry(
        old == nil ? "route.create" : "route.update", organization: organization,
        objectID: id.description, change: change(from: old, to: draft)))
    guard let record = try get(id, organization: organization, on: write.connection) else {
      throw PostgresError(.bug, "a route that was just written is not there")
    }
    return record
  }

  /// Throws where it newly names what the organization does not have.
  private static func judge(
    _ draft: RouteDraft, keeping old: RouteDraft?, _ organization: OrganizationID,
    _ connection: Connection
  ) throws {
    var errors = FieldErrors()
    let monitors = try known(
      "SELECT id FROM monitor WHERE organization_id = $1 AND id = ANY ($2) AND deleted_at IS NULL",
      draft.monitors, organization, connection)
    for (index, id) in draft.monitors.enumerated()
    where !monitors.contains(id) && old?.monitors.contains(id) != true {
      errors.add("/monitors/\(index)", "is no monitor of your organization")
    }
    let channels = try known(
      "SELECT id FROM channel WHERE organization_id = $1 AND id = ANY ($2) AND deleted_at IS NULL",
      draft.channels, organization, connection)
    for (index, id) in draft.channels.enumerated()
    where !channels.contains(id) && old?.channels.contains(id) != true {
      errors.add("/channels/\(index)", "is no channel of your organization")
    }
    if !errors.errors.isEmpty { throw errors }
  }

  private static func known<Kind>(
    _ query: SQL, _ ids: [Identifier<Kind>], _ organization: OrganizationID,
    _ connection: Connection
  ) throws(PostgresError) -> Set<Identifier<Kind>> {
    guard !ids.isEmpty else { return [] }
    var known: Set<Identifier<Kind>> = []
    for row in try connection.query(query, organization.rawValue, ids) {
      known.insert(try row.get(0))
    }
    return known
  }

  private static func change(from old: RouteDraft?, to new: RouteDraft) -> JSONValue {
    var change = JSONObject()
    func note(_ name: String, _ value: (RouteDraft) -> JSONValue) {
      let (before, after) = (old.map(value) ?? .null, value(new))
      if before != after { change[name] = [before, after] }
    }
    note("name") { .string($0.name) }
    note("place") { .integer(Int64($0.place)) }
    note("tags") { .strings($0.tags) }
    note("monitors") { .strings($0.monitors.map(\.description)) }
    note("least_urgency") { .string($0.leastUrgency.rawValue) }
    note("verdicts") { .strings($0.verdicts.map(\.rawValue)) }
    note("channels") { .strings($0.channels.map(\.description)) }
    note("delay_s") { .integer(Int64($0.delaySeconds)) }
    note("remind_s") { .optional($0.reminderSeconds) }
    note("is_last") { .bool($0.isLast) }
    return .object(change)
  }
}
