public import Alerts
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
    public var notice: NoticeID
    public var incident: IncidentID?
    /// `notice`, `handover` or `reminder`.
    public var event: String
    /// `pending`, `sending`, `delivered`, `superseded` or `failed`.
    public var state: String
    /// Why it was not sent; until then what its last attempt was answered.
    public var reason: String?
    public var attempts: Int32
    public var dueAt: Timestamp
    /// When it is looked at again.
    public var nextAt: Timestamp?
    public var sentAt: Timestamp?
    /// The delivery whose message said it, or stood for it.
    public var message: DeliveryID?
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

  /// At most `limit` deliveries with keys below `before`, newest first.
  public static func list(
    _ filter: Filter = Filter(), before: Int64?, limit: Int, organization: OrganizationID,
    on connection: Connection
  ) throws(PostgresError) -> [Record] {
    let rows = try connection.query(
      """
      SELECT id, key, channel_id, notice_id, incident_id, event, state, reason, attempts, due_at,
        next_at, sent_at, message_id
      FROM delivery
      WHERE organization_id = $1 AND key < $2 AND ($3::uuid IS NULL OR channel_id = $3)
        AND ($4::uuid IS NULL OR incident_id = $4) AND ($5::text IS NULL OR state = $5)
      ORDER BY key DESC LIMIT $6
      """, organization.rawValue, before ?? Int64.max, filter.channel, filter.incident,
      filter.state, limit)
    var records: [Record] = []
    for row in rows {
      records.append(
        Record(
          id: try row.get(0), key: try row.get(1), channel: try row.get(2),
          notice: try row.get(3), incident: try row.get(4), event: try row.get(5),
          state: try row.get(6), reason: try row.get(7), attempts: try row.get(8),
          dueAt: try row.get(9), nextAt: try row.get(10), sentAt: try row.get(11),
          message: try row.get(12)))
    }
    return records
  }
}
