import Model

/// How old a vote is and how long it counts, reckoned in the agent's own monotonic time.
public enum Freshness {
  /// For how long a probe's finding may vote: `interval + timeout + 5 s`, in milliseconds.
  public static func limitMs(intervalMs: Int64, timeoutMs: Int64) -> Int64 {
    intervalMs &+ timeoutMs &+ Tempo.standard.freshnessSlackMs
  }

  /// The agent's time now, from its last ALIVE and how long ago that was heard.
  public static func agentNowMs(_ presence: Presence) -> Int64 {
    presence.agentNowMs &+ presence.heardAgoMs
  }

  /// How long ago a probe began, in milliseconds; never negative.
  public static func ageMs(startedMs: Int64, presence: Presence) -> Int64 {
    max(0, agentNowMs(presence) &- startedMs)
  }

  /// How long ago the agent is last known to have held this opinion, in milliseconds.
  ///
  /// Everything due before the watermark has been stored, and every change of opinion among it told:
  /// so a vote that still stands was still held at the watermark.
  public static func standingAgeMs(startedMs: Int64, presence: Presence) -> Int64 {
    ageMs(startedMs: max(startedMs, presence.watermarkMs), presence: presence)
  }

  /// For how long a standing vote counts after the watermark that last upheld it.
  ///
  /// The watermark is the agent's, not the monitor's: a slow probe of another monitor may hold it
  /// back by that one's timeout.
  public static func standingLimitMs(
    intervalMs: Int64, timeoutMs: Int64, presence: Presence
  ) -> Int64 {
    limitMs(intervalMs: intervalMs, timeoutMs: max(timeoutMs, presence.longestTimeoutMs))
  }
}
