import Postgres

#if canImport(Glibc)
  import Glibc
#endif

/// How often somebody is asked during an outage: rarely while so many monitors are down that asking
/// would be a load (`Event.paceMs`).
///
/// Kept by who steps, and looked up once a second, not at every step: that it is a second old does
/// no harm, and the event that a step logs says what it was.
struct WatchPace {
  /// From how many monitors of the installation on.
  static let manyDown: Int64 = 50
  /// Nobody is asked sooner then, ms.
  static let rarelyMs: Int64 = 30_000
  static let everyMs: Int64 = 1_000

  /// `nil` leaves the pace to the engine.
  private(set) var paceMs: Int64?
  private var lookedAtMs: Int64?

  /// Looks again if the last look is a second old.
  ///
  /// - Parameter nowMs: monotonic milliseconds.
  mutating func refresh(
    nowMs: Int64 = Self.monotonicMs, _ connection: Connection
  ) throws(PostgresError) {
    if let lookedAtMs, nowMs &- lookedAtMs < Self.everyMs { return }
    paceMs = try Self.look(connection)
    lookedAtMs = nowMs
  }

  /// The pace as it is now. Counts no further than it must.
  static func look(_ connection: Connection) throws(PostgresError) -> Int64? {
    let rows = try connection.query(
      """
      SELECT count(*) FROM (
        SELECT FROM incident WHERE ended_at IS NULL AND severity = 'down' LIMIT $1) AS down
      """, manyDown)
    guard let count = try rows.first?.get(0, as: Int64.self), count >= manyDown else { return nil }
    return rarelyMs
  }

  /// Milliseconds of the monotonic clock.
  static var monotonicMs: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000 &+ Int64(time.tv_nsec) / 1_000_000
  }
}
