public import Alerts
public import Postgres

extension Outbox {
  /// Whether a message may be sent now.
  public enum Go: Hashable, Sendable {
    case now
    /// Its channel takes no more for a moment. The claim is to be released.
    case later
    /// Somebody else has the channel, or it is wanted no more: nothing is to be sent.
    case lost
  }

  /// Notes that an attempt is made, which lengthens the lease.
  public static func begin(
    _ message: ChannelOutbox.Message, of claim: OutboxClaim, pace: OutboxPace = OutboxPace(),
    on connection: Connection
  ) throws -> Go {
    try connection.retryingTransaction("BEGIN") { connection in
      guard let outbox = try held(claim, connection) else { return .lost }
      guard let kind = ChannelKinds.named(claim.channel.draft.settings.kind) else { return .lost }
      let limit = RateLimit(
        burst: Int64(kind.limits.burst),
        refillMs: Int64(1000 / max(kind.limits.messagesPerSecond, 0.001)))
      switch limit.take(clearAt: outbox.pacedUntil, now: outbox.now) {
      case .refused(let retryAfterMs):
        try connection.query(
          "UPDATE channel_outbox SET held_until = $2 WHERE channel_id = $1", claim.channel.id,
          outbox.now.adding(milliseconds: retryAfterMs))
        return .later
      case .allowed(let clearAt, _):
        let until = outbox.now.adding(milliseconds: pace.leaseSeconds * 1000)
        let begun = try connection.query(
          """
          UPDATE delivery SET state = 'sending', attempts = attempts + 1,
            may_have_arrived = may_have_arrived OR state = 'sending',
            first_at = coalesce(first_at, now()), next_at = $2
          WHERE id = ANY ($1) AND state IN ('pending', 'sending')
          """, message.carries, until)
        guard begun.affected == message.carries.count else {
          // Somebody switched the channel off: what was begun here, and not sent, waits for its failing.
          // An older attempt that may have arrived is noted by now.
          try connection.query(
            "UPDATE delivery SET state = 'pending', next_at = now() WHERE id = ANY ($1)"
              + " AND state = 'sending'", message.carries)
          return .lost
        }
        try connection.query(
          "UPDATE channel_outbox SET paced_until = $2, lease_until = $3 WHERE channel_id = $1",
          claim.channel.id, clearAt, until)
        return .now
      }
    }
  }

  /// Gives a channel back. What was begun and not settled is looked at when the lease would have ended.
  public static func release(_ claim: OutboxClaim, on connection: Connection) throws(PostgresError)
  {
    try connection.query(
      """
      UPDATE channel_outbox SET lease = NULL, lease_until = CASE WHEN EXISTS (
          SELECT FROM delivery d WHERE d.channel_id = $1 AND d.state = 'sending')
        THEN lease_until END
      WHERE channel_id = $1 AND lease = $2
      """, claim.channel.id, claim.lease)
  }

  /// How a channel stands that a claim still holds.
  struct Held {
    var now: Timestamp
    var pacedUntil: Timestamp?
    var unanswered: Int32
  }

  static func held(
    _ claim: OutboxClaim, _ connection: Connection
  ) throws(PostgresError) -> Held? {
    let rows = try connection.query(
      """
      SELECT now(), paced_until, unanswered FROM channel_outbox
      WHERE channel_id = $1 AND lease = $2 FOR UPDATE
      """, claim.channel.id, claim.lease)
    guard let row = rows.first else { return nil }
    return Held(now: try row.get(0), pacedUntil: try row.get(1), unanswered: try row.get(2))
  }
}
