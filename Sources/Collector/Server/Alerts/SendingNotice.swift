public import Alerts
public import Curl
public import Postgres
public import Store

/// What a sending thread tells about itself.
public enum SendingNotice: Sendable {
  case sent(ChannelID, kind: String, DeliveryID, DeliveryOutcome)
  /// Somebody else had the channel by the time that something was to be stored, or it is wanted no
  /// more.
  case lost(ChannelID)
  /// A channel's stored settings can't be used by this collector, for a reason that tells nothing of
  /// their values; what waits for the channel goes on waiting. Told once a minute.
  case unusable(ChannelID, String)
  /// The store can't be asked; it is tried again.
  case trouble(PostgresError)
  /// The thread can't send at all, and has ended.
  case unable(CurlError)
}
