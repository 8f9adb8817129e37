import Alerts
import JSON
public import Model
public import OpenSSL
public import Postgres

/// Channels in the store, their secrets sealed (`sealing`). Writes record themselves in the audit log,
/// where secrets are told by their names alone.
public enum ChannelQueries {
  /// The most channels of one organization.
  public static let most: Int64 = 100

  /// Stores a new one. Throws `AlertingRefusal`.
  public static func create(
    _ draft: ChannelDraft, organization: OrganizationID, sealing: SealingKey, by write: AuditedWrite
  ) throws -> ChannelRecord {
    let id = ChannelID.random()
    let connection = write.connection
    let count = try connection.query(
      "SELECT count(*) FROM channel WHERE organization_id = $1 AND deleted_at IS NULL",
      organization.rawValue)
    guard try count.first?.get(0, as: Int64.self) ?? 0 < most else { throw AlertingRefusal.tooMany }
    let inserted = try connection.query(
      """
      INSERT INTO channel (id, organization_id, name, kind, settings, secrets, enabled)
      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
      """, id, organization.rawValue, draft.name, draft.settings.kind,
      JSONText(draft.settings.open.text),
      try SealedSettings.seal(draft.settings, channel: id, sealing), draft.enabled)
    guard inserted.affected == 1 else { throw AlertingRefusal.nameTaken }
    try connection.query(
      "INSERT INTO channel_outbox (channel_id, organization_id) VALUES ($1, $2)", id,
      organization.rawValue)
    try write.record(
      AuditEntry(
        "channel.create", organization: organization, objectID: id.description,
        change: change(from: nil, to: draft)))
    return try written(id, organization, sealing, connection)
  }

  /// The one called `id`; `nil` where the organization has none, or no longer.
  public static func get(
    _ id: ChannelID, organization: OrganizationID, sealing: SealingKey, on connection: Connection
  ) throws -> ChannelRecord? {
    let rows = try connection.query(
      "SELECT " + ChannelRecord.columns
        + " FROM channel c WHERE c.id = $1 AND c.organization_id = $2 AND c.deleted_at IS NULL",
      id, organization.rawValue)
    return try rows.first.map { try ChannelRecord($0, sealing) }
  }

  /// All of an organization, by name.
  public static func list(
    organization: OrganizationID, sealing: SealingKey, on connection: Connection
  ) throws -> [ChannelRecord] {
    try connection.query(
      "SELECT " + ChannelRecord.columns
        + """
         FROM channel c WHERE c.organization_id = $1 AND c.deleted_at IS NULL
        ORDER BY c.name, c.id
        """, organization.rawValue
    ).map { try ChannelRecord($0, sealing) }
  }

  /// Changes one under its row's lock; `nil` where the organization has none. Throws `AlertingRefusal`
  /// and what `edit` throws.
  ///
  /// One that is switched on again forgets why it was off. What waits for one that is switched off
  /// fails; what waits for another attempt is tried at once with settings that were changed.
  public static func change(
    _ id: ChannelID, organization: OrganizationID, sealing: SealingKey, by write: AuditedWrite,
    _ edit: (inout ChannelDraft) throws -> Void
  ) throws -> ChannelRecord? {
    let connection = write.connection
    try connection.query(
      "SELECT 1 FROM channel WHERE id = $1 AND organization_id = $2 FOR NO KEY UPDATE", id,
      organization.rawValue)
    guard let old = try get(id, organization: organization, sealing: sealing, on: connection)
    else {
      write.nothingChanged()
      return nil
    }
    var draft = old.draft
    try edit(&draft)
    if draft == old.draft {
      write.nothingChanged()
      return old
    }
    let secrets = try SealedSettings.seal(draft.settings, channel: id, sealing)
    try update(id, draft, secrets, connection)
    if !draft.enabled {
      try lockOutbox(id, connection)
      try fail(id, "the channel was switched off", connection)
    } else if draft.settings != old.draft.settings {
      try hurry(id, connection)
    }
    try write.record(
      AuditEntry(
        "channel.update", organization: organization, objectID: id.description,
        change: change(from: old.draft, to: draft)))
    return try written(id, organization, sealing, connection)
  }

  /// Whether the organization has, or had, one called `id`.
  public static func had(
    _ id: ChannelID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Bool {
    try connection.query(
      "SELECT 1 FROM channel WHERE id = $1 AND organization_id = $2", id, organization.rawValue
    ).count > 0
  }

  /// How one stands, its row locked; also where it is deleted. `nil` where the organization never had it.
  public static func standing(
    _ id: ChannelID, organization: OrganizationID, by write: AuditedWrite
  ) throws(PostgresError) -> AlertingStanding? {
    let rows = try write.connection.query(
      """
      SELECT updated_at, deleted_at IS NOT NULL FROM channel
      WHERE id = $1 AND organization_id = $2 FOR NO KEY UPDATE
      """, id, organization.rawValue)
    guard let row = rows.first else { return nil }
    return AlertingStanding(
      version: String(try row.get(0, as: Timestamp.self).microseconds), isDeleted: try row.get(1))
  }

  /// Deletes one: nothing more is sent to it, what was stays. `false` where the organization has none.
  public static func delete(
    _ id: ChannelID, organization: OrganizationID, by write: AuditedWrite
  ) throws(PostgresError) -> Bool {
    let connection = write.connection
    let rows = try connection.query(
      """
      UPDATE channel SET deleted_at = now(), secrets = NULL, enabled = false
      WHERE id = $1 AND organization_id = $2 AND deleted_at IS NULL RETURNING name
      """, id, organization.rawValue)
    guard let row = rows.first else {
      write.nothingChanged()
      return false
    }
    try connection.query(
      """
      UPDATE route SET channels = array_remove(channels, $1), updated_at = now()
      WHERE organization_id = $2 AND $1 = ANY (channels)
      """, id, organization.rawValue)
    try lockOutbox(id, connection)
    try fail(id, "the channel was deleted", connection)
    try write.record(
      AuditEntry(
        "channel.delete", organization: organization, objectID: id.description,
        change: ["name": [.string(try row.get(0, as: String.self)), .null]]))
    return true
  }

  /// Before its deliveries are written: see `Outbox`.
  private static func lockOutbox(
    _ id: ChannelID, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query("SELECT 1 FROM channel_outbox WHERE channel_id = $1 FOR UPDATE", id)
  }

  /// Says of all that waits for a channel that it is never sent; who is sending something now says so
  /// of that.
  static func fail(
    _ id: ChannelID, _ reason: String, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      UPDATE delivery SET state = 'failed', reason = $2
      WHERE channel_id = $1 AND state = 'pending'
      """, id, reason)
  }

  /// Lets a channel be tried again now, however often it failed before.
  private static func hurry(_ id: ChannelID, _ connection: Connection) throws(PostgresError) {
    try connection.query(
      "UPDATE channel_outbox SET held_until = NULL WHERE channel_id = $1", id)
    try connection.query(
      """
      UPDATE delivery SET retry_at = NULL, next_at = now()
      WHERE channel_id = $1 AND state = 'pending' AND retry_at IS NOT NULL
      """, id)
    try connection.notify(.delivery)
  }

  private static func update(
    _ id: ChannelID, _ draft: ChannelDraft, _ secrets: [UInt8]?, _ connection: Connection
  ) throws {
    do throws(PostgresError) {
      try connection.query(
        """
        UPDATE channel SET name = $2, kind = $3, settings = $4, secrets = $5, enabled = $6,
          disabled_reason = CASE WHEN $6 THEN NULL ELSE disabled_reason END,
          updated_at = greatest(now(), updated_at + interval '1 microsecond')
        WHERE id = $1
        """, id, draft.name, draft.settings.kind, JSONText(draft.settings.open.text), secrets,
        draft.enabled)
    } catch {
      if error.isUniqueViolation { throw AlertingRefusal.nameTaken }
      throw error
    }
  }

  private static func change(from old: ChannelDraft?, to new: ChannelDraft) -> JSONValue {
    var change = JSONObject()
    func note(_ name: String, _ value: (ChannelDraft) -> JSONValue) {
      let (before, after) = (old.map(value) ?? .null, value(new))
      if before != after { change[name] = [before, after] }
    }
    note("name") { .string($0.name) }
    note("kind") { .string($0.settings.kind) }
    note("enabled") { .bool($0.enabled) }
    note("settings") { $0.settings.open }
    let secrets = Set((old?.settings.secretNames ?? []) + new.settings.secretNames)
      .filter { old?.settings[$0] != new.settings[$0] }
    if !secrets.isEmpty { change["secrets_changed"] = .strings(secrets.sorted()) }
    return .object(change)
  }

  private static func written(
    _ id: ChannelID, _ organization: OrganizationID, _ sealing: SealingKey,
    _ connection: Connection
  ) throws -> ChannelRecord {
    guard
      let record = try get(id, organization: organization, sealing: sealing, on: connection)
    else { throw PostgresError(.bug, "a channel that was just written is not there") }
    return record
  }
}
