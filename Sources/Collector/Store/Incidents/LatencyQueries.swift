public import Postgres

/// How long a monitor's probes took, over time.
public enum LatencyQueries {
  /// What began within one step of time.
  public struct Bucket: Hashable, Sendable {
    /// Counts from the span's begin.
    public var number: Int64
    public var count: Int64
    /// Those that failed, of whatever kind; the others' times are told.
    public var failures: Int64
    /// Microseconds of what did not fail; `nil` where all did.
    public var p50: Int32?
    public var p95: Int32?
    public var p99: Int32?
    public var most: Int32?
  }

  /// What is asked for.
  public struct Wish: Hashable, Sendable {
    /// The store's number of the monitor.
    public var monitor: Int64
    public var since: Timestamp
    public var until: Timestamp
    public var stepSeconds: Int64
    public var region: String?

    public init(
      monitor: Int64, since: Timestamp, until: Timestamp, stepSeconds: Int64, region: String?
    ) {
      self.monitor = monitor
      self.since = since
      self.until = until
      self.stepSeconds = stepSeconds
      self.region = region
    }
  }

  public enum Refusal: Error, Hashable, Sendable {
    /// The span holds more than ``mostResults``.
    case tooManyResults
  }

  /// So many results are looked at for one answer.
  public static let mostResults = 500_000

  /// The steps in which anything began, oldest first. Throws `Refusal`.
  public static func list(
    _ wish: Wish, organization: OrganizationID, on connection: Connection
  ) throws -> [Bucket] {
    var statement = Statement("WITH seen AS MATERIALIZED (SELECT started_at, outcome, total_us ")
    statement.add("FROM result WHERE monitor_key = ", wish.monitor)
    statement.add(" AND organization_id = ", organization.rawValue)
    statement.add(" AND started_at >= ", wish.since)
    statement.add(" AND started_at < ", wish.until)
    if let region = wish.region {
      statement.add(
        " AND agent_key = ANY (ARRAY(SELECT key FROM agent WHERE region = ", region, "))")
    }
    statement.add(" LIMIT ", mostResults + 1, "), buckets AS (SELECT ")
    statement.add("floor(extract(epoch FROM started_at - ", wish.since)
    statement.add(") / ", Double(wish.stepSeconds), ")::int8 AS number, count(*) AS count,")
    statement.add(
      """
        count(*) FILTER (WHERE outcome > 1) AS failures,
        percentile_disc(ARRAY[0.5, 0.95, 0.99, 1]::float8[])
          WITHIN GROUP (ORDER BY total_us) FILTER (WHERE outcome <= 1) AS times
        FROM seen GROUP BY 1)
      SELECT number, count, failures, times[1], times[2], times[3], times[4],
        (SELECT count(*) FROM seen)
      FROM buckets ORDER BY number
      """)
    var buckets: [Bucket] = []
    for row in try statement.run(on: connection) {
      guard try row.get(7, as: Int64.self) <= mostResults else { throw Refusal.tooManyResults }
      buckets.append(
        Bucket(
          number: try row.get(0), count: try row.get(1), failures: try row.get(2),
          p50: try row.get(3), p95: try row.get(4), p99: try row.get(5), most: try row.get(6)))
    }
    return buckets
  }
}
