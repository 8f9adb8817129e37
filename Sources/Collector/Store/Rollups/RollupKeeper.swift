import Postgres
import Rollup

/// Keeps the rollups: adds what waits in `rollup_queue` to the minutes, and closes hours that are
/// over, which adds their minutes to the hours and days.
///
/// Each step is one transaction that holds `rollup_state`'s row, so that one collector at a time
/// does it and whoever dies leaves a step undone or done. What belongs to a closed hour is added to
/// its minute, hour and day at once; so late results count like others, and none twice.
public struct RollupKeeper {
  /// What a run did.
  public struct Report: Hashable, Sendable {
    /// Results that were added.
    public var results = 0
    /// Rows of the queue whose bytes could not be read; they are gone.
    public var unreadable = 0
    /// Parts of hours that were closed.
    public var closings = 0
    /// Whether another collector was at it.
    public var wasBusy = false

    public init() {}
  }

  /// Results that are added in one transaction, or a few more.
  var mostResults: Int64 = 50_000
  /// Monitors of whose minutes an hour is closed in one transaction.
  var mostMonitors: Int64 = 100

  public init() {}

  /// Does all that is due, until `isStopping` answers true or another collector is at it. Not
  /// inside a transaction.
  public func run(
    _ connection: Connection, until isStopping: () -> Bool = { false }
  ) throws -> Report {
    var report = Report()
    var isMore = try isDue(connection)
    // In turns, so that hours close however much comes.
    while isMore, !isStopping() {
      let step = try connection.retryingTransaction { try fold($0) }
      guard let step else {
        report.wasBusy = true
        return report
      }
      report.results += step.results
      report.unreadable += step.unreadable
      let isClosed = try connection.retryingTransaction { try close($0) }
      guard let isClosed else {
        report.wasBusy = true
        return report
      }
      if isClosed { report.closings += 1 }
      isMore = step.isMore || isClosed
    }
    return report
  }

  /// Whether there is anything to do, found without a lock.
  private func isDue(_ connection: Connection) throws(PostgresError) -> Bool {
    let rows = try connection.query(
      """
      SELECT closed_until + interval '65 minutes' <= now()
        OR EXISTS (SELECT FROM rollup_queue) FROM rollup_state
      """)
    return try rows.first?.get(0) ?? false
  }

  /// What was added in one transaction.
  struct Step {
    var results = 0
    var unreadable = 0
    /// Whether it ended because it was full.
    var isMore = false
  }

  /// How far hours are closed.
  private struct Edge {
    var untilUs: Int64
    var monitor: Int64
    /// When the newest minute begins that was ever written.
    var newestUs: Int64
    /// Whether the next hour is over, and five minutes more, in which most late results come.
    var isDue: Bool

    func isClosed(_ key: RollupKey) -> Bool {
      let startUs = key.within(.hour).startUs
      return startUs < untilUs || (startUs == untilUs && key.monitor <= monitor)
    }
  }

  /// `nil` where another holds it.
  private func lockEdge(_ connection: Connection) throws(PostgresError) -> Edge? {
    // A new day's partition is small when the planner first hears of it, and soon is not.
    try connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
    let rows = try connection.query(
      """
      SELECT closed_until, closed_monitor, newest_minute,
        closed_until + interval '65 minutes' <= now()
      FROM rollup_state FOR UPDATE SKIP LOCKED
      """)
    guard let row = rows.first else { return nil }
    return Edge(
      untilUs: try row.get(0, as: Timestamp.self).microseconds, monitor: try row.get(1),
      newestUs: try row.get(2, as: Timestamp.self).microseconds, isDue: try row.get(3))
  }

  /// Adds what waits longest; `nil` where another collector is at it.
  func fold(_ connection: Connection) throws -> Step? {
    guard let edge = try lockEdge(connection) else { return nil }
    let (ids, contents) = try RollupQueue.take(most: mostResults, connection)
    guard !ids.isEmpty else { return Step() }
    let read = contents.map(RollupQueue.read)
    let sections = read.compactMap { $0 }.joined()
    let regions = try RollupRegions.keys(of: Set(sections.map(\.agentKey)), connection)
    let kept = try RollupPartitions.days(connection)
    var minutes: [RollupKey: RollupBucket] = [:]
    var closed: [RollupKey: RollupBucket] = [:]
    var results = 0
    var unreadable = read.count { $0 == nil }
    for section in sections {
      // Agents are never removed, and each has a region.
      guard let region = regions[section.agentKey] else {
        unreadable += 1
        continue
      }
      results += section.shares.count
      for share in section.shares {
        let key = RollupKey(
          startUs: share.minute * RollupTable.minute.lengthUs, monitor: share.monitor,
          region: region)
        let isKept = kept.contains(key.within(.day).startUs)
        let bucket = RollupBucket(organization: share.organization)
        if isKept {
          minutes[key, default: bucket].cell.add(share.outcome, microseconds: share.latencyUs)
        }
        if !isKept || edge.isClosed(key) {
          closed[key.within(.hour), default: bucket].cell.add(
            share.outcome, microseconds: share.latencyUs)
        }
      }
    }
    try RollupTable.minute.add(minutes, newestUs: edge.newestUs, connection)
    if let newest = minutes.keys.lazy.map(\.startUs).max(), newest > edge.newestUs {
      try connection.query(
        "UPDATE rollup_state SET newest_minute = $1", Timestamp(microseconds: newest))
    }
    try Self.addClosed(closed, connection)
    try connection.query("DELETE FROM rollup_queue WHERE id = ANY ($1)", ids)
    return Step(
      results: results, unreadable: unreadable,
      isMore: results >= mostResults || ids.count >= RollupQueue.mostRows)
  }

  /// Closes a part of the next hour; false where none is due, `nil` where another collector is at
  /// it.
  func close(_ connection: Connection) throws -> Bool? {
    guard let edge = try lockEdge(connection) else { return nil }
    guard edge.isDue else { return false }
    let end = try partEnd(edge, connection)
    let rows = try connection.query(
      """
      SELECT t.monitor_key, t.region_key, t.organization_id,
        t.up, t.degraded, t.down, t.unknown, t.latencies
      FROM (SELECT key FROM monitor WHERE key > $2 AND key <= $3) AS m, LATERAL (
        SELECT * FROM rollup_minute AS t WHERE t.monitor_key = m.key
          AND t.starts_at >= $1 AND t.starts_at < $1 + interval '1 hour'
        OFFSET 0
      ) AS t
      """, Timestamp(microseconds: edge.untilUs), edge.monitor, end ?? .max)
    var hours: [RollupKey: RollupBucket] = [:]
    for row in rows {
      let key = RollupKey(
        startUs: edge.untilUs, monitor: try row.get(0), region: try row.get(1))
      let bucket = RollupBucket(organization: try row.get(2))
      hours[key, default: bucket].cell.merge(try RollupCell(row, from: 3))
    }
    try Self.addClosed(hours, connection)
    if let end {
      try connection.query("UPDATE rollup_state SET closed_monitor = $1", end)
    } else {
      try connection.execute(
        """
        UPDATE rollup_state SET closed_monitor = 0, closed_until = closed_until + interval '1 hour'
        """)
    }
    return true
  }

  /// The last monitor of the part that is closed next; `nil` where it is the hour's last part.
  private func partEnd(_ edge: Edge, _ connection: Connection) throws(PostgresError) -> Int64? {
    let rows = try connection.query(
      """
      SELECT count(*), max(key) FROM (
        SELECT key FROM monitor WHERE key > $1 ORDER BY key LIMIT $2
      ) AS next
      """, edge.monitor, mostMonitors)
    guard let row = rows.first, try row.get(0, as: Int64.self) == mostMonitors else { return nil }
    return try row.get(1)
  }

  private static func addClosed(
    _ hours: [RollupKey: RollupBucket], _ connection: Connection
  ) throws {
    try RollupTable.hour.add(hours, connection)
    var days: [RollupKey: RollupBucket] = [:]
    for (key, bucket) in hours {
      days[key.within(.day), default: RollupBucket(organization: bucket.organization)].cell
        .merge(bucket.cell)
    }
    try RollupTable.day.add(days, connection)
  }
}
