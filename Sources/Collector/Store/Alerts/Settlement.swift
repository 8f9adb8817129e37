import Alerts
import Postgres

/// Writes what became of one attempt, its channel's outbox locked.
struct Settlement {
  let message: ChannelOutbox.Message
  let claim: OutboxClaim
  let outbox: Outbox.Held
  let pace: OutboxPace
  /// Even from 0 up to 1.
  let chance: Double
  let connection: Connection

  private var channel: ChannelID { claim.channel.id }

  /// - Parameter words: what kept it from some whom it is for.
  func deliver(_ words: String?) throws(PostgresError) {
    try connection.query(
      """
      UPDATE delivery SET state = 'delivered', reason = $3, sent_at = now(), message_id = $2
      WHERE id = ANY ($1) AND state = 'sending'
      """, message.carries, message.id, words)
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
    try remind()
    if let seconds = repeatSeconds { try sayAgain(afterSeconds: seconds) }
  }

  /// Says of all that the message was about that it is never sent. What is said again goes on, unless it
  /// was to be told that it is over.
  func fail(_ words: String) throws(PostgresError) {
    let goesOn = repeatSeconds != nil && !message.items.contains { $0.event.isOver }
    try connection.query(
      """
      UPDATE delivery SET state = 'failed', reason = $3, message_id = $4
      WHERE (id = ANY ($1) OR id = ANY ($2) AND NOT (event = 'repeat' AND $5))
        AND state IN ('pending', 'sending')
      """, message.carries, message.replaces.map(\.id), words, message.id, goesOn)
  }

  /// Has it tried again, or gives it up once it was tried long enough. What is said again is not given
  /// up.
  func retry(
    _ words: String, afterSeconds: Int? = nil, mayHaveArrived: Bool = false
  ) throws(PostgresError) {
    if try putOff(words) { return }
    let rows = try connection.query(
      "SELECT attempts, first_at FROM delivery WHERE id = $1", message.id)
    guard let row = rows.first, let firstAt = try row.get(1, as: Timestamp?.self) else { return }
    let schedule = repeatSeconds.map { pace.retries.pausing(atMost: Int64($0)) } ?? pace.retries
    let next = schedule.next(
      after: Int(try row.get(0, as: Int32.self)), firstAt: firstAt.milliseconds,
      now: outbox.now.milliseconds, askedSeconds: afterSeconds, chance: chance)
    guard let next else { return try fail("given up: \(words)") }
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
  func rest(_ seconds: Int?, _ isAnswered: Bool) throws(PostgresError) {
    let count = isAnswered ? 0 : outbox.unanswered &+ 1
    let pause = max(Int64(seconds ?? 0), isAnswered ? 0 : OutboxPace.rest(afterUnanswered: count))
    try connection.query(
      """
      UPDATE channel_outbox SET unanswered = $2,
        held_until = CASE WHEN $3 > 0 THEN now() + $3 * interval '1 second' ELSE held_until END
      WHERE channel_id = $1
      """, channel, count, pause)
  }

  /// The next reminders of what was told and is not over.
  private func remind() throws(PostgresError) {
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
}

/// What is said again and again to a receiver that takes silence for an end.
extension Settlement {
  /// After how many seconds the channel's kind wants to hear again of what still stands.
  private var repeatSeconds: Int? {
    ChannelKinds.named(claim.channel.draft.settings.kind)?.limits.repeatsAfterSeconds
  }

  /// Puts off what is said again and was not taken; `false` where it is something else.
  func putOff(_ words: String) throws(PostgresError) -> Bool {
    guard let repeatSeconds else { return false }
    return try connection.query(
      """
      UPDATE delivery SET state = 'pending', reason = $2, next_at = now() + $3 * interval '1 second'
      WHERE id = ANY ($1) AND event = 'repeat'
      """, message.carries, words, repeatSeconds
    ).affected > 0
  }

  /// Lets what was delivered and is not over be sent again, by one row a notice for as long as it stands. Neither
  /// acknowledging nor a failure ends that, nor a reminder that stood for it.
  private func sayAgain(afterSeconds seconds: Int) throws(PostgresError) {
    try connection.query(
      """
      INSERT INTO delivery AS d (organization_id, channel_id, notice_id, incident_id, monitor_key,
        matter, number, event, is_end, due_at, next_at)
      SELECT organization_id, channel_id, notice_id, incident_id, monitor_key, matter, number,
        'repeat', false, now() + $2 * interval '1 second', now() + $2 * interval '1 second'
      FROM delivery WHERE id = ANY ($1) AND event <> 'handover' AND NOT is_end
      ON CONFLICT (notice_id, channel_id, event, nth) DO UPDATE SET state = 'pending', attempts = 0,
        first_at = NULL, retry_at = NULL, may_have_arrived = false, due_at = excluded.due_at,
        next_at = excluded.next_at
      """, message.carries, seconds)
  }
}
