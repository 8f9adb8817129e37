public import Alerts
import JSON
public import Model
public import Postgres

/// Deliveries in the store: what channels were, or are to be, told.
public enum DeliveryQueries {
  /// One delivery.
  public struct Record: Hashable, Sendable {
    /// The same for every attempt.
    public var id: DeliveryID
    /// Counts up; a page of a list ends at it.
    public var key: Int64
    public var channel: ChannelID
    public var channelName: String
    /// `notice`, `handover`, `reminder`, `acknowledged` or `repeat`.
    public var event: String
    /// `pending`, `sending`, `delivered`, `superseded` or `failed`.
    public var state: String
    /// Why it was not sent; until then what its last attempt was answered, or why it waits.
    public var reason: String?
    public var attempts: Int32
    public var dueAt: Timestamp
    /// When it is looked at again.
    public var nextAt: Timestamp?
    public var firstAt: Timestamp?
    public var sentAt: Timestamp?
    /// The delivery whose message said it, or stood for it.
    public var message: DeliveryID?
    public var createdAt: Timestamp
    /// What it tells of.
    public var told: NoticeQueries.Record

    public var notice: NoticeID { told.id }
    public var incident: IncidentID? { told.incident }

    static let columns: SQL =
      """
      SELECT d.id, d.key, d.channel_id, c.name, d.event, d.state, d.reason, d.attempts, d.due_at,
        d.next_at, d.first_at, d.sent_at, d.message_id, d.created_at,
      """ + NoticeQueries.Record.columns + """

        FROM delivery d JOIN channel c ON c.id = d.channel_id JOIN notice n ON n.id = d.notice_id
        JOIN monitor m ON m.key = d.monitor_key

        """

    init(_ row: Row) throws(PostgresError) {
      id = try row.get(0)
      key = try row.get(1)
      channel = try row.get(2)
      channelName = try row.get(3)
      event = try row.get(4)
      state = try row.get(5)
      reason = try row.get(6)
      attempts = try row.get(7)
      dueAt = try row.get(8)
      nextAt = try row.get(9)
      firstAt = try row.get(10)
      sentAt = try row.get(11)
      message = try row.get(12)
      createdAt = try row.get(13)
      told = try NoticeQueries.Record(row, from: 14)
    }
  }

  /// Which deliveries are wanted; `nil` leaves a thing open.
  public struct Filter: Hashable, Sendable {
    public var channel: ChannelID?
    public var incident: IncidentID?
    public var state: String?

    public init(channel: ChannelID? = nil, incident: IncidentID? = nil, state: String? = nil) {
      self.channel = channel
      self.incident = incident
      self.state = state
    }
  }

  /// Why one can't be sent again.
  public enum Refusal: Error, Hashable, Sendable {
    /// It has not failed: its state.
    case notFailed(String)
    /// Its channel is switched off or deleted.
    case channelOff
  }

  /// At most `limit` deliveries with keys below `before`, newest first.
  public static func list(
    _ filter: Filter = Filter(), before: Int64?, limit: Int, organization: OrganizationID,
    on connection: Connection
  ) throws(PostgresError) -> [Record] {
    let rows = try connection.query(
      Record.columns
        + """
        WHERE d.organization_id = $1 AND d.key < $2 AND ($3::uuid IS NULL OR d.channel_id = $3)
          AND ($4::uuid IS NULL OR d.incident_id = $4) AND ($5::text IS NULL OR d.state = $5)
        ORDER BY d.key DESC LIMIT $6
        """, organization.rawValue, before ?? Int64.max, filter.channel, filter.incident,
      filter.state, limit)
    var records: [Record] = []
    for row in rows { records.append(try Record(row)) }
    return records
  }

  /// The one called `id`; `nil` where the organization has none.
  public static func get(
    _ id: DeliveryID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Record? {
    let rows = try connection.query(
      Record.columns + "WHERE d.id = $1 AND d.organization_id = $2", id, organization.rawValue)
    return try rows.first.map { row throws(PostgresError) in try Record(row) }
  }

  /// Lets one that failed be sent again under the same identifier, with all attempts before it; `nil`
  /// where the organization has none. Throws `Refusal`.
  ///
  /// Its place in order stays: where its channel was told of the matter's end since, it is superseded.
  public static func replay(
    _ id: DeliveryID, organization: OrganizationID, by write: AuditedWrite
  ) throws -> Record? {
    let connection = write.connection
    guard let found = try get(id, organization: organization, on: connection) else { return nil }
    // The channel first, as whoever switches it off does.
    let usable = try connection.query(
      "SELECT 1 FROM channel WHERE id = $1 AND enabled AND deleted_at IS NULL FOR SHARE",
      found.channel)
    try connection.query("SELECT 1 FROM delivery WHERE id = $1 FOR UPDATE", id)
    guard let record = try get(id, organization: organization, on: connection) else { return nil }
    guard record.state == "failed" else { throw Refusal.notFailed(record.state) }
    guard usable.count > 0 else { throw Refusal.channelOff }
    try connection.query(
      """
      UPDATE delivery SET state = 'pending', attempts = 0, reason = NULL, first_at = NULL,
        retry_at = NULL, message_id = NULL, next_at = now()
      WHERE id = $1
      """, id)
    try connection.notify(.delivery)
    try write.record(
      AuditEntry(
        "delivery.replay", organization: organization, objectID: id.description,
        change: [
          "state": ["failed", "pending"], "channel": .string(record.channel.description),
        ]))
    return try get(id, organization: organization, on: connection)
  }
}
