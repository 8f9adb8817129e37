import Alerts
import JSON
import Postgres
import Quorum

/// A row of `delivery` that waits, as its channel's outbox is decided upon.
struct WaitingDelivery {
  enum Event: String {
    case notice
    case handover
    case reminder
  }

  var id: DeliveryID
  var event: Event
  var matter: String
  /// Whether its incident is in somebody's hand.
  var isAcknowledged: Bool
  /// `nil` for words of a newer schema.
  var pending: PendingNotice?

  private static let columns: SQL =
    "SELECT " + NoticeQueries.Record.columns + """
      , d.id, d.number, d.event, d.nth, d.matter, d.due_at, d.retry_at,
        d.may_have_arrived OR d.state = 'sending', i.acknowledged_at IS NOT NULL, v.votes
      FROM delivery d JOIN notice n ON n.id = d.notice_id JOIN monitor m ON m.key = d.monitor_key
      LEFT JOIN incident i ON i.id = d.incident_id LEFT JOIN verdict v ON v.id = n.verdict_id

      """

  /// Everything that waits of at most `monitors` monitors of which something is to be looked at, those
  /// that waited longest first.
  static func load(
    _ channel: ChannelID, monitors: Int, _ places: AlertPlaces, _ connection: Connection
  ) throws(PostgresError) -> [WaitingDelivery] {
    let rows = try connection.query(
      columns
        + """
        WHERE d.channel_id = $1 AND d.state IN ('pending', 'sending') AND d.monitor_key IN (
          SELECT x.monitor_key FROM delivery x
          WHERE x.channel_id = $1 AND x.state IN ('pending', 'sending') AND x.next_at <= now()
          GROUP BY x.monitor_key ORDER BY min(x.next_at) LIMIT $2)
        ORDER BY d.number, d.key
        """, channel, monitors)
    var waiting: [WaitingDelivery] = []
    for row in rows { waiting.append(try WaitingDelivery(row, places)) }
    return waiting
  }

  private init(_ row: Row, _ places: AlertPlaces) throws(PostgresError) {
    let record = try NoticeQueries.Record(row)
    let first = NoticeQueries.Record.columnCount
    id = try row.get(first)
    event = Event(rawValue: try row.get(first + 2)) ?? .notice
    matter = try row.get(first + 4)
    isAcknowledged = try row.get(first + 8)
    let votes = try row.get(first + 9, as: JSONText?.self)
      .flatMap { try? JSONValue(parsing: $0.text) }
    guard
      let item = Self.item(
        record, event, nth: try row.get(first + 3), number: try row.get(first + 1), votes, places)
    else { return }
    pending = PendingNotice(
      id: id, item: item, dueAt: try row.get(first + 5, as: Timestamp.self).milliseconds,
      retryAt: try row.get(first + 6, as: Timestamp?.self)?.milliseconds,
      mayHaveArrived: try row.get(first + 7))
  }

  private static func item(
    _ record: NoticeQueries.Record, _ event: Event, nth: Int32, number: Int64, _ votes: JSONValue?,
    _ places: AlertPlaces
  ) -> AlertItem? {
    var record = record
    if event == .handover {
      record.kind = Notice.Kind.ended.rawValue
      record.verdict = Verdict.degraded.rawValue
      record.incident = nil
      record.body.since = nil
    }
    let failing = regions(votes, ["attributable", "ambiguous"])
    guard
      var notice = AlertNotice(
        record, failing: record.body.regions.isEmpty ? failing : nil,
        passing: regions(votes, ["up"]), link: places.link(of: record))
    else { return nil }
    notice.number = number
    switch event {
    case .notice: return AlertItem(notice)
    case .handover:
      notice.goesOn = true
      return AlertItem(notice)
    case .reminder: return AlertItem(notice, .reminder(Int(nth)))
    }
  }

  /// The regions whose counted votes are one of `kinds`.
  private static func regions(_ votes: JSONValue?, _ kinds: [String]) -> [String] {
    (votes?.elements ?? []).compactMap { vote in
      guard let kind = vote["kind"]?.stringValue, kinds.contains(kind),
        vote["uncounted"]?.stringValue == nil
      else { return nil }
      return vote["region"]?.stringValue
    }
  }
}
