import JSON
public import Model
public import Postgres
import Quorum

/// Routes in the store. Writes record themselves in the audit log.
///
/// Monitors and channels that the organization does not have fit nothing, so nobody is told of what is
/// another's.
public enum RouteQueries {
  /// The most routes of one organization.
  public static let most = 200

  /// All of an organization, in the order in which they are read.
  public static func list(
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [RouteRecord] {
    let rows = try connection.query(
      "SELECT " + RouteRecord.columns
        + " FROM route WHERE organization_id = $1 ORDER BY place, name", organization.rawValue)
    var records: [RouteRecord] = []
    for row in rows { records.append(try RouteRecord(row)) }
    return records
  }

  /// The one called `id`; `nil` where the organization has none.
  public static func get(
    _ id: RouteID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> RouteRecord? {
    let rows = try connection.query(
      "SELECT " + RouteRecord.columns + " FROM route WHERE id = $1 AND organization_id = $2", id,
      organization.rawValue)
    guard let row = rows.first else { return nil }
    return try RouteRecord(row)
  }

  /// Stores a new one. Throws `AlertingRefusal`.
  public static func create(
    _ draft: RouteDraft, organization: OrganizationID, by write: AuditedWrite
  ) throws -> RouteRecord {
    let id = RouteID.random()
    guard try list(organization: organization, on: write.connection).count < most else {
      throw AlertingRefusal.tooMany
    }
    return try store(draft, id, organization, nil, write)
  }

  /// Changes one under its row's lock; `nil` where the organization has none. Throws `AlertingRefusal`
  /// and what `edit` throws.
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

  /// Deletes one; `false` where the organization has none.
  public static func delete(
    _ id: RouteID, organization: OrganizationID, by write: AuditedWrite
  ) throws(PostgresError) -> Bool {
    let rows = try write.connection.query(
      "DELETE FROM route WHERE id = $1 AND organization_id = $2 RETURNING name", id,
      organization.rawValue)
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
