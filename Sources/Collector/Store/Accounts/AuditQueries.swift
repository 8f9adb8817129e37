public import JSON
public import Postgres

/// The audit log as it is read.
public enum AuditQueries {
  /// One entry.
  public struct Record: Hashable, Sendable {
    public var id: Int64
    public var at: Timestamp
    public var actor: AuditActor
    public var action: String
    public var objectKind: String
    public var objectID: String?
    public var change: JSONValue?
    public var address: String?
    public var requestID: String?

    public var position: Position { Position(at: at, id: id) }
  }

  /// Where a page ended.
  public struct Position: Hashable, Sendable {
    public var at: Timestamp
    public var id: Int64

    public init(at: Timestamp, id: Int64) {
      self.at = at
      self.id = id
    }
  }

  /// Which entries are asked for; all that is set must hold.
  public struct Filter: Hashable, Sendable {
    /// From then on.
    public var since: Timestamp?
    /// Before then.
    public var until: Timestamp?
    /// A person's or a key's id.
    public var actor: PostgresUUID?
    public var action: String?
    public var objectKind: String?
    public var objectID: String?

    public init(
      since: Timestamp? = nil, until: Timestamp? = nil, actor: PostgresUUID? = nil,
      action: String? = nil, objectKind: String? = nil, objectID: String? = nil
    ) {
      self.since = since
      self.until = until
      self.actor = actor
      self.action = action
      self.objectKind = objectKind
      self.objectID = objectID
    }
  }

  /// At most `limit` entries of an organization (with `nil` the installation's), newest first, after
  /// `position`: page by page it gives them all, however many there are.
  public static func list(
    _ filter: Filter = Filter(), after position: Position? = nil, limit: Int,
    organization: OrganizationID?, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    let rows = try connection.query(
      statement(filter, position: position, organization: organization),
      organization?.rawValue, filter.since, filter.until, filter.actor, filter.action,
      filter.objectKind, filter.objectID, position?.at, position?.id, limit)
    var records: [Record] = []
    for row in rows { records.append(try record(row)) }
    return records
  }

  /// Only with the conditions that are asked for, so that each finds its index.
  private static func statement(
    _ filter: Filter, position: Position?, organization: OrganizationID?
  ) -> SQL {
    var sql: SQL = """
      SELECT id, at, actor_kind, actor_id, actor_label, session_id, action, object_kind, object_id,
        change, host(address), request_id
      FROM audit WHERE
      """
    sql = sql + (organization == nil ? " organization_id IS NULL" : " organization_id = $1")
    if filter.since != nil { sql = sql + " AND at >= $2" }
    if filter.until != nil { sql = sql + " AND at < $3" }
    if filter.actor != nil { sql = sql + " AND actor_id = $4" }
    if filter.action != nil { sql = sql + " AND action = $5" }
    if filter.objectKind != nil { sql = sql + " AND object_kind = $6" }
    if filter.objectID != nil { sql = sql + " AND object_id = $7" }
    if position != nil { sql = sql + " AND (at, id) < ($8, $9)" }
    return sql + " ORDER BY at DESC, id DESC LIMIT $10"
  }

  private static func record(_ row: Row) throws(PostgresError) -> Record {
    let kind = AuditActor.Kind(rawValue: try row.get(2)) ?? .system
    let change = try row.get(9, as: JSONText?.self)
    return Record(
      id: try row.get(0), at: try row.get(1),
      actor: AuditActor(
        kind: kind, id: try row.get(3), label: try row.get(4), session: try row.get(5)),
      action: try row.get(6), objectKind: try row.get(7), objectID: try row.get(8),
      change: change.flatMap { try? JSONValue(parsing: $0.text) }, address: try row.get(10),
      requestID: try row.get(11))
  }
}
