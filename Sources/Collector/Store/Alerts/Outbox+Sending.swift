public import Alerts
import JSON
public import OpenSSL
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
          // Somebody switched the channel off: what was begun here waits for its failing.
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

  /// Stores what became of an attempt; `false` where somebody else has the channel by now, and nothing
  /// was stored.
  ///
  /// - Parameters:
  ///   - isAnswered: whether its receiver answered; one that does not rests ever longer.
  ///   - mayHaveArrived: whether it may have been taken all the same.
  ///   - chance: even from 0 up to 1, for when it is tried again.
  public static func settle(
    _ message: ChannelOutbox.Message, of claim: OutboxClaim, as outcome: DeliveryOutcome,
    isAnswered: Bool = true, mayHaveArrived: Bool = false, chance: Double,
    pace: OutboxPace = OutboxPace(), sealing: SealingKey,
    on connection: Connection
  ) throws -> Bool {
    try connection.retryingTransaction("BEGIN") { connection in
      guard let outbox = try held(claim, connection) else { return false }
      let channel = claim.channel.id
      switch outcome {
      case .delivered:
        try deliver(message, channel, connection)
        if let seconds = repeats(claim) { try sayAgain(message, afterSeconds: seconds, connection) }
      case .refused(let words, let disables):
        try fail(message, words, connection)
        if disables { try disable(channel, words, connection) }
      case .retry(let words, let seconds):
        if let pause = repeats(claim), try postpone(message, words, pause, connection) {
          // It is sent again all the same.
        } else {
          try retry(
            message, words, afterSeconds: seconds, mayHaveArrived, outbox, chance, pace, connection)
        }
        try rest(channel, seconds, isAnswered, outbox, connection)
      case .changed(let setting, let value):
        let settings = claim.channel.draft.settings.changing(setting, to: value)
        try connection.query(
          "UPDATE channel SET settings = $2, secrets = $3, updated_at = now() WHERE id = $1",
          channel, JSONText(settings.open.text),
          try SealedSettings.seal(settings, channel: channel, sealing))
        // It was not taken, so it does not count for the pace.
        try connection.query(
          "UPDATE channel_outbox SET paced_until = NULL WHERE channel_id = $1", channel)
        try retry(
          message, "its receiver asked for another \(setting)", afterSeconds: nil, false, outbox,
          chance, pace, connection)
      }
      return true
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
  private struct Held {
    var now: Timestamp
    var pacedUntil: Timestamp?
    var unanswered: Int32
  }

  private static func held(
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

  private static func deliver(
    _ message: ChannelOutbox.Message, _ channel: ChannelID, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      UPDATE delivery SET state = 'delivered', reason = NULL, sent_at = now(), message_id = $2
      WHERE id = ANY ($1) AND state = 'sending'
      """, message.carries, message.id)
    if !message.replaces.isEmpty {
      try connection.query(
        """
        UPDATE delivery AS d SET state = 'superseded', reason = n.reason, message_id = $3
        FROM unnest($1::uuid[], $2::text[]) AS n (id, reason)
        WHERE d.id = n.id AND d.state IN ('pending', 'sending')
        """, message.replaces.map(\.id), message.replaces.map(\.reason.words), message.id)
    }
    try connection.query(
      "UPDATE channel_outbox SET last_sent_at = now(), unanswered = 0 WHERE channel_id = $1",
      channel)
    try remind(message, connection)
  }

  /// After how many seconds the channel's kind wants to hear again of what still stands.
  private static func repeats(_ claim: OutboxClaim) -> Int? {
    ChannelKinds.named(claim.channel.draft.settings.kind)?.limits.repeatsAfterSeconds
  }

  /// Lets what was delivered and is not over be sent again, by one row for as long as it stands: a
  /// receiver that hears nothing takes it for over. Neither acknowledging nor a failure ends that.
  private static func sayAgain(
    _ message: ChannelOutbox.Message, afterSeconds seconds: Int, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      INSERT INTO delivery AS d (organization_id, channel_id, notice_id, incident_id, monitor_key,
        matter, number, event, is_end, due_at, next_at)
      SELECT organization_id, channel_id, notice_id, incident_id, monitor_key, matter, number,
        'repeat', false, now() + $2 * interval '1 second', now() + $2 * interval '1 second'
      FROM delivery WHERE id = ANY ($1) AND event IN ('notice', 'repeat') AND NOT is_end
      ON CONFLICT (notice_id, channel_id, event, nth) DO UPDATE SET state = 'pending', attempts = 0,
        first_at = NULL, retry_at = NULL, may_have_arrived = false, due_at = excluded.due_at,
        next_at = excluded.next_at
      """, message.carries, seconds)
  }

  /// Puts off what is repeated and was not taken; `false` where it is something else.
  private static func postpone(
    _ message: ChannelOutbox.Message, _ words: String, _ seconds: Int, _ connection: Connection
  ) throws(PostgresError) -> Bool {
    try connection.query(
      """
      UPDATE delivery SET state = 'pending', reason = $2, next_at = now() + $3 * interval '1 second'
      WHERE id = ANY ($1) AND event = 'repeat'
      """, message.carries, words, seconds
    ).affected > 0
  }

  /// The next reminders of what was told and is not over.
  private static func remind(
    _ message: ChannelOutbox.Message, _ connection: Connection
  ) throws(PostgresError) {
    let rows = try connection.query(
      """
      SELECT d.id, d.nth, d.remind_s, now() FROM delivery d
      WHERE d.id = ANY ($1) AND d.remind_s IS NOT NULL AND NOT d.is_end
      """, message.carries)
    for row in rows {
      let (id, nth, seconds, now) = try row.decode(
        DeliveryID.self, Int32.self, Int32.self, Timestamp.self)
      let schedule = ReminderSchedule(everySeconds: Int64(seconds))
      guard
        let next = schedule.next(
          reminders: Int(nth), lastToldAt: now.milliseconds, isAcknowledged: false, isOver: false)
      else { continue }
      try connection.query(
        """
        INSERT INTO delivery (organization_id, channel_id, notice_id, incident_id, monitor_key,
          matter, number, event, nth, is_end, remind_s, due_at, next_at)
        SELECT organization_id, channel_id, notice_id, incident_id, monitor_key, matter, number,
          'reminder', nth + 1, false, remind_s, $2, $2
        FROM delivery WHERE id = $1 ON CONFLICT DO NOTHING
        """, id, Timestamp(milliseconds: next))
    }
  }

  private static func fail(
    _ message: ChannelOutbox.Message, _ words: String, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      UPDATE delivery SET state = 'failed', reason = $2, message_id = $3
      WHERE id = ANY ($1) AND state IN ('pending', 'sending')
      """, message.carries + message.replaces.map(\.id), words, message.id)
  }

  private static func retry(
    _ message: ChannelOutbox.Message, _ words: String, afterSeconds: Int?, _ mayHaveArrived: Bool,
    _ outbox: Held, _ chance: Double, _ pace: OutboxPace, _ connection: Connection
  ) throws(PostgresError) {
    let rows = try connection.query(
      "SELECT attempts, first_at FROM delivery WHERE id = $1", message.id)
    guard let row = rows.first, let firstAt = try row.get(1, as: Timestamp?.self) else { return }
    let next = pace.retries.next(
      after: Int(try row.get(0, as: Int32.self)), firstAt: firstAt.milliseconds,
      now: outbox.now.milliseconds, askedSeconds: afterSeconds, chance: chance)
    guard let next else { return try fail(message, "given up: \(words)", connection) }
    let moment = Timestamp(milliseconds: next)
    try connection.query(
      """
      UPDATE delivery SET state = 'pending', reason = $2, retry_at = $3, next_at = $3,
        may_have_arrived = may_have_arrived OR $4
      WHERE id = ANY ($1) AND state = 'sending'
      """, message.carries, words, moment, mayHaveArrived)
    try connection.query(
      "UPDATE delivery SET next_at = $2 WHERE id = ANY ($1) AND state = 'pending'",
      message.replaces.map(\.id), moment)
  }

  /// Lets a whole channel rest whose receiver asked for it, or does not answer.
  private static func rest(
    _ channel: ChannelID, _ seconds: Int?, _ isAnswered: Bool, _ outbox: Held,
    _ connection: Connection
  ) throws(PostgresError) {
    let count = isAnswered ? 0 : outbox.unanswered &+ 1
    let pause = max(Int64(seconds ?? 0), isAnswered ? 0 : OutboxPace.rest(afterUnanswered: count))
    try connection.query(
      """
      UPDATE channel_outbox SET unanswered = $2,
        held_until = CASE WHEN $3 > 0 THEN now() + $3 * interval '1 second' ELSE held_until END
      WHERE channel_id = $1
      """, channel, count, pause)
  }
}
