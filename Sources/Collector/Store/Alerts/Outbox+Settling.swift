public import Alerts
import JSON
public import OpenSSL
public import Postgres

extension Outbox {
  /// Stores what became of an attempt; `false` where somebody else has the channel by now, and nothing
  /// was stored.
  ///
  /// What a receiver wants of its channel is done where nobody changed the channel since the claim.
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
      // The channel's row first, as `Outbox` says.
      if outcome.concernsChannel {
        try connection.query(
          "SELECT 1 FROM channel WHERE id = $1 FOR NO KEY UPDATE", claim.channel.id)
      }
      guard let outbox = try held(claim, connection) else { return false }
      let settlement = Settlement(
        message: message, claim: claim, outbox: outbox, pace: pace, chance: chance,
        connection: connection)
      var pause: Int?
      switch outcome {
      case .delivered, .deliveredInPart:
        var words: String?
        if case .deliveredInPart(let told) = outcome { words = told }
        try settlement.deliver(words)
        return true
      case .refused(let words, disables: true):
        if try isUnchanged(claim.channel, connection) {
          try settlement.fail(words)
          try disable(claim.channel.id, words, connection)
        } else {
          try settlement.retry(words)
        }
      case .refused(let words, disables: false):
        if try !settlement.putOff(words) { try settlement.fail(words) }
      case .retry(let words, let seconds):
        pause = seconds
        try settlement.retry(words, afterSeconds: seconds, mayHaveArrived: mayHaveArrived)
      case .changed(let setting, let value):
        try change(setting, to: value, of: claim, sealing, connection)
        // It was not taken, so it does not count for the pace.
        try connection.query(
          "UPDATE channel_outbox SET paced_until = NULL WHERE channel_id = $1", claim.channel.id)
        try settlement.retry("its receiver asked for another \(setting)")
      }
      try settlement.rest(pause, isAnswered)
      return true
    }
  }

  /// Whether nobody changed a channel since it was claimed.
  private static func isUnchanged(
    _ channel: ChannelRecord, _ connection: Connection
  ) throws(PostgresError) -> Bool {
    try connection.query(
      "SELECT 1 FROM channel WHERE id = $1 AND updated_at = $2 AND deleted_at IS NULL",
      channel.id, channel.updatedAt
    ).count > 0
  }

  private static func disable(
    _ id: ChannelID, _ reason: String, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      UPDATE channel SET enabled = false, disabled_reason = $2,
        updated_at = greatest(now(), updated_at + interval '1 microsecond')
      WHERE id = $1
      """, id, reason)
    try ChannelQueries.fail(id, reason, connection)
    try failSending(id, reason, connection)
  }

  /// Changes one setting of what is stored by now; none where somebody replaced it, or the kind, since
  /// the claim.
  private static func change(
    _ setting: String, to value: JSONValue, of claim: OutboxClaim, _ sealing: SealingKey,
    _ connection: Connection
  ) throws {
    let rows = try connection.query(
      "SELECT kind, settings, secrets FROM channel WHERE id = $1 AND deleted_at IS NULL",
      claim.channel.id)
    let old = claim.channel.draft.settings
    guard let row = rows.first, try row.get(0, as: String.self) == old.kind else { return }
    let (open, secrets) = (try row.json(1), try row.get(2, as: [UInt8]?.self))
    let stored = try? SealedSettings.open(
      open, secrets, kind: old.kind, channel: claim.channel.id, sealing)
    guard let stored, stored[setting] == old[setting] else { return }
    let changed = stored.changing(setting, to: value)
    try connection.query(
      """
      UPDATE channel SET settings = $2, secrets = $3,
        updated_at = greatest(now(), updated_at + interval '1 microsecond')
      WHERE id = $1
      """, claim.channel.id, JSONText(changed.open.text),
      try SealedSettings.seal(changed, channel: claim.channel.id, sealing))
  }
}

extension DeliveryOutcome {
  /// Whether it may write the channel's own row.
  fileprivate var concernsChannel: Bool {
    switch self {
    case .refused(_, disables: true), .changed: true
    case .delivered, .deliveredInPart, .refused(_, disables: false), .retry: false
    }
  }
}
