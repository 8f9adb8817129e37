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
    case acknowledged
    case again = "repeat"
  }

  var id: DeliveryID
  /// `nil` for one of a newer schema.
  var event: Event?
  var matter: String
  /// Whether its incident is in somebody's hand.
  var isAcknowledged: Bool
  /// Of what is said again: whether its matter is over, whatever became of telling that.
  var isOver: Bool
  /// `nil` for an event or words of a newer schema.
  var pending: PendingNotice?

  private static let columns: SQL =
    "SELECT " + NoticeQueries.Record.columns + """
      , d.id, d.number, d.event, d.nth, d.matter, d.due_at, d.retry_at,
        d.may_have_arrived OR d.state = 'sending', i.acknowledged_at IS NOT NULL, v.votes,
        CASE WHEN d.event = 'acknowledged' THEN (
          SELECT a.actor_label FROM incident_note a
          WHERE a.incident_id = d.incident_id AND a.kind = 'acknowledged' ORDER BY a.id LIMIT 1) END,
        CASE WHEN n.verdict = 'down' AND n.kind <> 'ended' THEN (
          SELECT r.started_at FROM result r
          WHERE r.monitor_key = d.monitor_key AND r.outcome <= 1
            AND r.started_at <= coalesce(i.started_at, n.at)
            AND r.started_at > coalesce(i.started_at, n.at) - interval '1 day'
          ORDER BY r.started_at DESC LIMIT 1) END,
        CASE WHEN d.event IN ('repeat', 'reminder') THEN i.ended_at IS NOT NULL OR EXISTS (
          SELECT FROM delivery e WHERE e.matter = d.matter AND e.channel_id = d.channel_id
            AND e.number > d.number AND e.is_end) ELSE false END
      FROM delivery d JOIN notice n ON n.id = d.notice_id JOIN monitor m ON m.key = d.monitor_key
      LEFT JOIN incident i ON i.id = d.incident_id
      -- of what is over, who saw it begin
      LEFT JOIN verdict v
        ON v.id = CASE WHEN n.kind = 'ended' THEN i.opening_verdict ELSE n.verdict_id END

      """

  /// Everything that waits of at most `monitors` monitors of which something is to be looked at, those
  /// that waited longest, in the order in which it is told.
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

  /// Parts those that this collector can tell from those that are a newer one's: what is of a newer
  /// schema, and what comes after it in its matter. What says again what was delivered stands apart from
  /// that order.
  static func parted(
    _ waiting: [WaitingDelivery]
  ) -> (known: [WaitingDelivery], newer: [WaitingDelivery]) {
    var (known, newer): ([WaitingDelivery], [WaitingDelivery]) = ([], [])
    var matters: Set<String> = []
    for one in waiting {
      let isRepeat = one.event == .again
      if one.pending == nil, !isRepeat { matters.insert(one.matter) }
      if one.pending == nil || matters.contains(one.matter) && !isRepeat {
        newer.append(one)
      } else {
        known.append(one)
      }
    }
    return (known, newer)
  }

  private init(_ row: Row, _ places: AlertPlaces) throws(PostgresError) {
    let record = try NoticeQueries.Record(row)
    let first = NoticeQueries.Record.columnCount
    id = try row.get(first)
    event = Event(rawValue: try row.get(first + 2))
    matter = try row.get(first + 4)
    isAcknowledged = try row.get(first + 8)
    isOver = try row.get(first + 12)
    let votes = try row.get(first + 9, as: JSONText?.self)
      .flatMap { try? JSONValue(parsing: $0.text) }
    let lastGoodAt = try row.get(first + 11, as: Timestamp?.self)?.milliseconds
    guard let event,
      let notice = Self.notice(
        record, event, number: try row.get(first + 1), votes, lastGoodAt: lastGoodAt, places)
    else { return }
    let item =
      switch event {
      case .notice, .handover: AlertItem(notice)
      case .reminder: AlertItem(notice, .reminder(Int(try row.get(first + 3, as: Int32.self))))
      case .again: AlertItem(notice, .reminder(1))
      case .acknowledged: AlertItem(notice, .acknowledged(by: try row.get(first + 10)))
      }
    pending = PendingNotice(
      id: id, item: item, dueAt: try row.get(first + 5, as: Timestamp.self).milliseconds,
      retryAt: try row.get(first + 6, as: Timestamp?.self)?.milliseconds,
      mayHaveArrived: try row.get(first + 7))
  }

  private static func notice(
    _ record: NoticeQueries.Record, _ event: Event, number: Int64, _ votes: JSONValue?,
    lastGoodAt: Int64?, _ places: AlertPlaces
  ) -> AlertNotice? {
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
        passing: regions(votes, ["up"]), lastGoodAt: lastGoodAt, link: places.link(of: record))
    else { return nil }
    notice.number = number
    notice.goesOn = event == .handover
    return notice
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
