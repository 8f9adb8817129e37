import Alerts
public import OpenSSL
public import Postgres

/// What waits to be sent, and who sends it.
///
/// A worker claims one channel under a lease: nobody else sends to it or says what became of anything
/// until the lease ended. What is sent is decided by `ChannelOutbox`; the rows are read and written
/// here. Each function is one transaction of its own.
public enum Outbox {
  /// How many monitors one decision is about.
  static let monitorsAtOnce = 200

  /// What a look at the outbox found.
  public enum Look: Sendable {
    /// Nothing waits that nobody is at.
    case nothing
    /// A channel was looked at that has nothing to send now; another may.
    case decided
    case claimed(OutboxClaim)
  }

  /// Claims the free channel whose rows wait longest and decides what it is sent.
  public static func claim(
    as lease: LeaseID, pace: OutboxPace = OutboxPace(), sealing: SealingKey, places: AlertPlaces,
    on connection: Connection
  ) throws -> Look {
    try connection.retryingTransaction("BEGIN") { connection in
      guard let found = try free(connection) else { return .nothing }
      let channel: ChannelRecord
      do {
        guard let usable = try usable(found.channel, sealing, connection) else {
          try ChannelQueries.fail(found.channel, "the channel is switched off", connection)
          try failSending(found.channel, "the channel is switched off", connection)
          return .decided
        }
        channel = usable
      } catch let error as PostgresError {
        throw error
      } catch {
        try disable(found.channel, "its stored settings can't be used", connection)
        return .decided
      }
      let messages = try decide(found, channel, places, connection)
      if messages.isEmpty { return .decided }
      try connection.query(
        """
        UPDATE channel_outbox SET lease = $2, lease_until = now() + $3 * interval '1 second'
        WHERE channel_id = $1
        """, found.channel, lease, pace.leaseSeconds)
      return .claimed(OutboxClaim(lease: lease, channel: channel, messages: messages))
    }
  }

  /// A channel that nobody is at, its outbox locked.
  private struct Found {
    var channel: ChannelID
    var lastSentAt: Int64?
    var nowMs: Int64
  }

  /// Steps from channel to channel by the index of what waits, so that where nothing does it costs one
  /// look.
  private static func free(_ connection: Connection) throws(PostgresError) -> Found? {
    let rows = try connection.query(
      """
      WITH RECURSIVE waiting (channel_id) AS (
        (SELECT d.channel_id FROM delivery d WHERE d.state IN ('pending', 'sending')
        ORDER BY d.channel_id LIMIT 1)
        UNION ALL
        SELECT (SELECT d.channel_id FROM delivery d
          WHERE d.state IN ('pending', 'sending') AND d.channel_id > w.channel_id
          ORDER BY d.channel_id LIMIT 1)
        FROM waiting w WHERE w.channel_id IS NOT NULL
      )
      SELECT o.channel_id, o.last_sent_at, now() FROM waiting w
      JOIN channel_outbox o ON o.channel_id = w.channel_id
      CROSS JOIN LATERAL (
        SELECT min(d.next_at) AS next_at FROM delivery d
        WHERE d.channel_id = o.channel_id AND d.state IN ('pending', 'sending')
      ) x
      WHERE x.next_at <= now() AND (o.lease_until IS NULL OR o.lease_until <= now())
        AND (o.held_until IS NULL OR o.held_until <= now())
      ORDER BY x.next_at LIMIT 1 FOR UPDATE OF o SKIP LOCKED
      """)
    guard let row = rows.first else { return nil }
    return Found(
      channel: try row.get(0), lastSentAt: try row.get(1, as: Timestamp?.self)?.milliseconds,
      nowMs: try row.get(2, as: Timestamp.self).milliseconds)
  }

  private static func usable(
    _ id: ChannelID, _ sealing: SealingKey, _ connection: Connection
  ) throws -> ChannelRecord? {
    let rows = try connection.query(
      "SELECT " + ChannelRecord.columns
        + " FROM channel c WHERE c.id = $1 AND c.enabled AND c.deleted_at IS NULL", id)
    return try rows.first.map { try ChannelRecord($0, sealing) }
  }

  static func disable(
    _ id: ChannelID, _ reason: String, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      UPDATE channel SET enabled = false, disabled_reason = $2, updated_at = now() WHERE id = $1
      """, id, reason)
    try ChannelQueries.fail(id, reason, connection)
    try failSending(id, reason, connection)
  }

  /// Of what nobody is sending any more.
  private static func failSending(
    _ id: ChannelID, _ reason: String, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      UPDATE delivery SET state = 'failed', reason = $2
      WHERE channel_id = $1 AND state = 'sending'
      """, id, reason)
  }

  /// Decides upon a channel, writes what is never to be sent and when to look again, and returns what is
  /// to be sent.
  private static func decide(
    _ found: Found, _ channel: ChannelRecord, _ places: AlertPlaces, _ connection: Connection
  ) throws -> [ChannelOutbox.Message] {
    let joins = ChannelKinds.named(channel.draft.settings.kind)?.limits.joins ?? false
    let all = try WaitingDelivery.load(
      found.channel, monitors: monitorsAtOnce, places, connection)
    let told = try told(of: Set(all.map(\.matter)), found.channel, connection)
    var dropped: [(DeliveryID, String)] = []
    var pending: [PendingNotice] = []
    let silent = silentEnds(all, told: told, joins: joins)
    for one in all {
      guard let notice = one.pending else {
        dropped.append((one.id, "it is of a newer schema"))
        continue
      }
      // What is said again in its time holds up nothing until then.
      if one.event == .again, notice.dueAt > found.nowMs { continue }
      if silent.contains(one.id) {
        dropped.append((one.id, "the matter became an incident, of which another message tells"))
      } else if one.event == .reminder, one.isAcknowledged {
        dropped.append((one.id, "somebody has it in hand"))
      } else {
        pending.append(notice)
      }
    }
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
        "UPDATE delivery SET state = 'pending', next_at = $2 WHERE id = ANY ($1)", waiting,
        decision.wakeAt.map(Timestamp.init(milliseconds:)))
    }
    return decision.send
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
