import Alerts
import Postgres

extension Outbox {
  /// Decides upon a channel, writes what is never to be sent and when to look again, and returns what is
  /// to be sent.
  static func decide(
    _ found: Found, _ channel: ChannelRecord, _ places: AlertPlaces, _ connection: Connection
  ) throws -> [ChannelOutbox.Message] {
    let joins = ChannelKinds.named(channel.draft.settings.kind)?.limits.joins ?? false
    let loaded = try WaitingDelivery.load(
      found.channel, monitors: monitorsAtOnce, places, connection)
    let (all, newer) = WaitingDelivery.parted(loaded)
    try postpone(newer, connection)
    let told = try told(of: Set(all.map(\.matter)), found.channel, connection)
    var dropped: [(DeliveryID, String)] = []
    var early: [DeliveryID] = []
    var pending: [PendingNotice] = []
    let silent = silentEnds(all, told: told, joins: joins)
    for one in all {
      guard let notice = one.pending else { continue }
      if one.isOver {
        dropped.append((one.id, "it is over"))
        continue
      }
      // What is said again in its time holds up nothing until then.
      if one.event == .again, notice.dueAt > found.nowMs {
        early.append(one.id)
        continue
      }
      if silent.contains(one.id) {
        dropped.append((one.id, "the matter became an incident, of which another message tells"))
      } else if one.event == .reminder, one.isAcknowledged {
        dropped.append((one.id, "somebody has it in hand"))
      } else {
        pending.append(notice)
      }
    }
    try awaitDue(early, connection)
    var keyed: [IncidentKey: ToldMatter] = [:]
    for one in all {
      guard let key = one.pending?.item.notice.key else { continue }
      keyed[key] = told[one.matter]
    }
    let decision = ChannelOutbox.decide(
      pending, told: keyed, lastSentAt: found.lastSentAt, joins: joins, now: found.nowMs)
    dropped += decision.dropped.map { ($0.id, $0.reason.words) }
    if !dropped.isEmpty {
      try connection.query(
        """
        UPDATE delivery AS d SET state = 'superseded', reason = n.reason
        FROM unnest($1::uuid[], $2::text[]) AS n (id, reason) WHERE d.id = n.id
        """, dropped.map(\.0), dropped.map(\.1))
    }
    let gone = Set(dropped.map(\.0))
    let sent = Set(decision.send.flatMap { $0.carries + $0.replaces.map(\.id) })
    let waiting = pending.map(\.id).filter { !gone.contains($0) && !sent.contains($0) }
    if !waiting.isEmpty {
      try connection.query(
        """
        UPDATE delivery SET state = 'pending', next_at = $2,
          may_have_arrived = may_have_arrived OR state = 'sending'
        WHERE id = ANY ($1)
        """, waiting, decision.wakeAt.map(Timestamp.init(milliseconds:)))
    }
    return decision.send
  }

  /// Lets nobody look at rows before they are due.
  private static func awaitDue(
    _ early: [DeliveryID], _ connection: Connection
  ) throws(PostgresError) {
    guard !early.isEmpty else { return }
    try connection.query(
      "UPDATE delivery SET next_at = due_at WHERE id = ANY ($1) AND next_at < due_at", early)
  }

  /// Leaves to a newer collector for a minute what only that can tell.
  private static func postpone(
    _ newer: [WaitingDelivery], _ connection: Connection
  ) throws(PostgresError) {
    guard !newer.isEmpty else { return }
    try connection.query(
      """
      UPDATE delivery SET state = 'pending', next_at = now() + interval '1 minute',
        may_have_arrived = may_have_arrived OR state = 'sending',
        reason = CASE WHEN id = ANY ($2) THEN $3 ELSE reason END
      WHERE id = ANY ($1) AND next_at <= now()
      """, newer.map(\.id), newer.filter { $0.pending == nil }.map(\.id),
      "a newer collector is to send it: an older one does not know what it says")
  }

  /// Of matters that go on as incidents, what need not be told: all where nothing was, and where the
  /// channel tells people, who are told of the incident.
  private static func silentEnds(
    _ all: [WaitingDelivery], told: [String: ToldMatter], joins: Bool
  ) -> Set<DeliveryID> {
    var silent: Set<DeliveryID> = []
    for end in all where end.event == .handover {
      let before = all.filter {
        $0.matter == end.matter
          && ($0.pending?.item.notice.number ?? 0)
            < (end.pending?.item.notice.number ?? 0)
      }
      let mayBeKnown =
        told[end.matter].map { !$0.isOver } ?? false
        || before.contains { $0.pending?.mayHaveArrived ?? false }
      if joins || !mayBeKnown { silent.formUnion(before.map(\.id) + [end.id]) }
    }
    return silent
  }

  private static func told(
    of matters: Set<String>, _ channel: ChannelID, _ connection: Connection
  ) throws(PostgresError) -> [String: ToldMatter] {
    let rows = try connection.query(
      """
      SELECT DISTINCT ON (matter) matter, number, is_end FROM delivery
      WHERE channel_id = $1 AND matter = ANY ($2)
        AND (state = 'delivered' OR (state = 'superseded' AND event = 'handover'))
      ORDER BY matter, number DESC, is_end DESC
      """, channel, matters.sorted())
    var told: [String: ToldMatter] = [:]
    for row in rows {
      told[try row.get(0)] = ToldMatter(number: try row.get(1), isOver: try row.get(2))
    }
    return told
  }
}
