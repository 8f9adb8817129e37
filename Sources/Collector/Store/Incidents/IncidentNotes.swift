import JSON
import Model
public import Postgres

/// What people say of incidents: each thing is kept with who said it, and decides nothing.
public enum IncidentNotes {
  /// One thing that was said.
  public struct Record: Hashable, Sendable {
    public var id: Int64
    public var at: Timestamp
    public var kind: Kind
    /// Of an update.
    public var status: Status?
    public var words: String?
    public var actor: AuditActor
  }

  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case acknowledged
    /// For colleagues.
    case comment
    /// For the public.
    case update
    case resolved
  }

  /// How far the people who answer for it are.
  public enum Status: String, Hashable, Sendable, CaseIterable {
    case investigating, identified, monitoring, resolved
  }

  /// So many comments, and so many updates, may be kept of one incident.
  public static let most = 1_000

  /// Why something can't be said.
  public enum Refusal: Error, Hashable, Sendable {
    /// The verdict says that it lasts: `down`, `partial` or `regional`.
    case lasts(severity: String)
    /// As much was said of it as may be kept.
    case full
  }

  /// What was said of an incident, oldest first.
  public static func list(
    of incident: IncidentID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    var records: [Record] = []
    for row in try connection.query(
      columns + " FROM incident_note WHERE incident_id = $1 AND organization_id = $2 ORDER BY id",
      incident, organization.rawValue)
    {
      records.append(try record(row))
    }
    return records
  }

  /// Says that somebody knows of an open incident; again, or of one that is over, does nothing.
  /// `nil` where the organization has no such incident.
  public static func acknowledge(
    _ id: IncidentID, organization: OrganizationID, in write: AuditedWrite
  ) throws -> IncidentQueries.Record? {
    guard let incident = try locked(id, organization, write) else { return nil }
    guard incident.isOpen, incident.acknowledgedAt == nil else {
      write.nothingChanged()
      return incident
    }
    try write.connection.query(
      "UPDATE incident SET acknowledged_at = now() WHERE id = $1 AND organization_id = $2", id,
      organization.rawValue)
    try add(.acknowledged, to: id, organization, in: write)
    return try IncidentQueries.get(id, organization: organization, on: write.connection)
  }

  /// Says that an open incident is over, where no verdict can: its severity is unknown, or its monitor
  /// is paused or deleted. The incident stays open by its verdict, and is taken for unresolved again when
  /// that worsens. Throws `lasts` where a verdict says that it lasts; again, or of one that is over,
  /// does nothing.
  public static func resolve(
    _ id: IncidentID, words: String?, organization: OrganizationID, in write: AuditedWrite
  ) throws -> IncidentQueries.Record? {
    guard let incident = try locked(id, organization, write) else { return nil }
    guard incident.isOpen, incident.resolvedAt == nil else {
      write.nothingChanged()
      return incident
    }
    let rows = try write.connection.query(
      "SELECT paused OR deleted_at IS NOT NULL FROM monitor WHERE key = $1 AND organization_id = $2",
      incident.monitorKey, organization.rawValue)
    let isUnwatched = try rows.first?.get(0, as: Bool.self) ?? true
    guard isUnwatched || incident.severity == "unknown" else {
      throw Refusal.lasts(severity: incident.severity)
    }
    try write.connection.query(
      "UPDATE incident SET resolved_at = now() WHERE id = $1 AND organization_id = $2", id,
      organization.rawValue)
    try add(.resolved, words, to: id, organization, in: write)
    return try IncidentQueries.get(id, organization: organization, on: write.connection)
  }

  /// Adds a comment, or with a status an update for the public. `nil` where the organization has no
  /// such incident; throws `full`.
  public static func say(
    _ words: String, status: Status? = nil, of id: IncidentID, organization: OrganizationID,
    in write: AuditedWrite
  ) throws -> Record? {
    guard try locked(id, organization, write) != nil else { return nil }
    return try add(
      status == nil ? .comment : .update, words, status, to: id, organization, in: write)
  }

  /// The incident, which nobody else writes to until the end of the transaction.
  private static func locked(
    _ id: IncidentID, _ organization: OrganizationID, _ write: AuditedWrite
  ) throws(PostgresError) -> IncidentQueries.Record? {
    try write.connection.query(
      "SELECT 1 FROM incident WHERE id = $1 AND organization_id = $2 FOR NO KEY UPDATE", id,
      organization.rawValue)
    let found = try IncidentQueries.get(id, organization: organization, on: write.connection)
    if found == nil { write.nothingChanged() }
    return found
  }

  @discardableResult
  private static func add(
    _ kind: Kind, _ words: String? = nil, _ status: Status? = nil, to incident: IncidentID,
    _ organization: OrganizationID, in write: AuditedWrite
  ) throws -> Record {
    let actor = write.context.actor
    let rows = try write.connection.query(
      """
      WITH added AS (
        INSERT INTO incident_note (
          incident_id, organization_id, kind, status, words, actor_kind, actor_id, actor_label)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8
        WHERE (
          $3 NOT IN ('comment', 'update')
          OR (SELECT count(*) FROM incident_note WHERE incident_id = $1 AND kind = $3) < $9)
        RETURNING *)
      """ + columns + " FROM added", incident, organization.rawValue, kind.rawValue,
      status?.rawValue, words, actor.kind.rawValue, actor.id, actor.label, Int64(most))
    guard let row = rows.first else { throw Refusal.full }
    try write.record(
      AuditEntry(
        "incident.\(kind.verb)", organization: organization, objectID: incident.description,
        change: [
          "words": .optional(words), "status": .optional(status?.rawValue),
        ]))
    return try record(row)
  }

  private static let columns: SQL =
    " SELECT id, at, kind, status, words, actor_kind, actor_id, actor_label"

  private static func record(_ row: Row) throws(PostgresError) -> Record {
    Record(
      id: try row.get(0), at: try row.get(1), kind: Kind(rawValue: try row.get(2)) ?? .comment,
      status: try row.get(3, as: String?.self).flatMap { Status(rawValue: $0) },
      words: try row.get(4),
      actor: AuditActor(
        kind: AuditActor.Kind(rawValue: try row.get(5)) ?? .system, id: try row.get(6),
        label: try row.get(7), session: nil))
  }
}

extension IncidentNotes.Kind {
  /// What the audit log calls it.
  fileprivate var verb: String {
    switch self {
    case .acknowledged: "acknowledge"
    case .comment: "comment"
    case .update: "publish"
    case .resolved: "resolve"
    }
  }
}
