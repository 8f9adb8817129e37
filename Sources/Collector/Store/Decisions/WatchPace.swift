import Postgres

#if canImport(Glibc)
  import Glibc
#endif

/// How often somebody is asked during an outage: rarely while so many monitors of one organization are
/// down that asking would be a load (`Event.paceMs`). Its own monitors alone count, so that no
/// organization learns of another's trouble, or hears later of its own recovery.
///
/// Kept by who steps, and looked up once a second, not at every step: that it is a second old does
/// no harm, and the event that a step logs says what it was.
public struct WatchPace: Sendable {
  /// From how many monitors of an organization on.
  static let manyDown: Int64 = 50
  /// Nobody is asked sooner then, ms.
  static let rarelyMs: Int64 = 30_000
  static let everyMs: Int64 = 1_000

  /// The organizations of which that many are down.
  private(set) var slow: Set<Int32> = []
  private var lookedAtMs: Int64?

  public init() {}

  /// For the events of an organization's monitors; `nil` leaves the pace to the engine.
  func paceMs(of organization: Int32) -> Int64? {
    slow.contains(organization) ? Self.rarelyMs : nil
  }

  /// Looks again if the last look is a second old.
  ///
  /// - Parameter nowMs: monotonic milliseconds.
  mutating func refresh(
    nowMs: Int64 = Self.monotonicMs, _ connection: Connection
  ) throws(PostgresError) {
    if let lookedAtMs, nowMs &- lookedAtMs < Self.everyMs { return }
    try look(connection)
    lookedAtMs = nowMs
  }

  /// Looks now.
  mutating func look(_ connection: Connection) throws(PostgresError) {
    let rows = try connection.query(
      """
      SELECT organization_id FROM incident WHERE ended_at IS NULL AND severity = 'down'
      GROUP BY organization_id HAVING count(*) >= $1
      """, Self.manyDown)
    slow = []
    for row in rows { slow.insert(try row.get(0)) }
  }

  /// Milliseconds of the monotonic clock.
  static var monotonicMs: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000 &+ Int64(time.tv_nsec) / 1_000_000
  }
}
