import Model
public import OpenSSL
public import Postgres

/// What waits to be sent, and who sends it.
///
/// A worker claims one channel under a lease: nobody else sends to it or says what became of anything
/// until the lease ended. What is sent is decided by `ChannelOutbox`; the rows are read and written
/// here. Each function is one transaction of its own.
///
/// Whoever locks several rows takes them in this order, so that nobody waits for each other: a channel's
/// (`channel`), its routes', its outbox's (`channel_outbox`), its deliveries', and last an organization's
/// `AdvisoryLock.sending`. Who writes several deliveries that are there has their channel's outbox locked,
/// but for the deletion of what is past its keeping.
public enum Outbox {
  /// How many monitors one decision is about.
  static let monitorsAtOnce = 200

  /// What a look at the outbox found.
  public enum Look: Sendable {
    /// Nothing waits that nobody is at and that this worker may take.
    case nothing
    /// A channel was looked at that has nothing to send now; another may.
    case decided
    /// A channel's stored settings can't be used by this collector: what waits for it waits for a minute
    /// more. The text says why, and nothing of their values.
    case unusable(ChannelID, String)
    case claimed(OutboxClaim)
  }

  /// Claims the free channel whose rows wait longest, of those that answer if there is one, and decides
  /// what it is sent.
  public static func claim(
    as lease: LeaseID, by worker: OutboxWorker, pace: OutboxPace = OutboxPace(),
    sealing: SealingKey, places: AlertPlaces, on connection: Connection
  ) throws -> Look {
    try connection.retryingTransaction("BEGIN") { connection in
      guard let found = try free(for: worker, connection) else { return .nothing }
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
        try connection.query(
          """
          UPDATE channel_outbox SET held_until = now() + interval '1 minute' WHERE channel_id = $1
          """, found.channel)
        return .unusable(found.channel, SealedSettings.words(error))
      }
      let messages = try decide(found, channel, places, connection)
      if messages.isEmpty { return .decided }
      // Others may be claiming channels of the organization: what they did is seen once they are done.
      try connection.lock(AdvisoryLock.sending, found.organization)
      guard try leases(of: found.organization, connection) < worker.share else { return .decided }
      try connection.query(
        """
        UPDATE channel_outbox SET lease = $2, lease_until = now() + $3 * interval '1 second'
        WHERE channel_id = $1
        """, found.channel, lease, pace.leaseSeconds)
      return .claimed(OutboxClaim(lease: lease, channel: channel, messages: messages))
    }
  }

  /// A channel that nobody is at, its outbox locked.
  struct Found {
    var channel: ChannelID
    var organization: OrganizationID
    var lastSentAt: Int64?
    var nowMs: Int64
  }

  /// Steps from channel to channel by the index of what waits, so that where nothing does it costs one
  /// look.
  private static func free(
    for worker: OutboxWorker, _ connection: Connection
  ) throws(PostgresError) -> Found? {
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
      SELECT o.channel_id, o.organization_id, o.last_sent_at, now() FROM waiting w
      JOIN channel_outbox o ON o.channel_id = w.channel_id
      CROSS JOIN LATERAL (
        SELECT min(d.next_at) AS next_at FROM delivery d
        WHERE d.channel_id = o.channel_id AND d.state IN ('pending', 'sending')
      ) x
      WHERE x.next_at <= now() AND (o.lease_until IS NULL OR o.lease_until <= now())
        AND (o.held_until IS NULL OR o.held_until <= now()) AND ($1 OR o.unanswered = 0)
        AND (
          SELECT count(*) FROM channel_outbox l
          WHERE l.organization_id = o.organization_id AND l.lease IS NOT NULL
            AND l.lease_until > now()) < $2
      ORDER BY o.unanswered > 0, x.next_at LIMIT 1 FOR UPDATE OF o SKIP LOCKED
      """, worker.takesUnanswered, worker.share)
    guard let row = rows.first else { return nil }
    return Found(
      channel: try row.get(0), organization: OrganizationID(rawValue: try row.get(1)),
      lastSentAt: try row.get(2, as: Timestamp?.self)?.milliseconds,
      nowMs: try row.get(3, as: Timestamp.self).milliseconds)
  }

  /// How many channels of an organization are being sent to.
  private static func leases(
    of organization: OrganizationID, _ connection: Connection
  ) throws(PostgresError) -> Int {
    let rows = try connection.query(
      """
      SELECT count(*) FROM channel_outbox
      WHERE organization_id = $1 AND lease IS NOT NULL AND lease_until > now()
      """, organization.rawValue)
    return Int(try rows.first?.get(0, as: Int64.self) ?? 0)
  }

  private static func usable(
    _ id: ChannelID, _ sealing: SealingKey, _ connection: Connection
  ) throws -> ChannelRecord? {
    let rows = try connection.query(
      "SELECT " + ChannelRecord.columns
        + " FROM channel c WHERE c.id = $1 AND c.enabled AND c.deleted_at IS NULL", id)
    return try rows.first.map { try ChannelRecord($0, sealing) }
  }

  /// Of what nobody is sending any more.
  static func failSending(
    _ id: ChannelID, _ reason: String, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      UPDATE delivery SET state = 'failed', reason = $2
      WHERE channel_id = $1 AND state = 'sending'
      """, id, reason)
  }
}
