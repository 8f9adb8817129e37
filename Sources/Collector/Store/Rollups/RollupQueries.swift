public import Postgres
public import Rollup

/// What rollups say of a monitor.
public enum RollupQueries {
  /// How long the buckets are that are read.
  public enum Unit: Int64, Hashable, Sendable, CaseIterable {
    case minute = 60
    case hour = 3600
    case day = 86_400

    /// The finest that gives at most about 750 buckets, and is still kept of the beginning.
    ///
    /// - Parameters:
    ///   - seconds: how long the span is.
    ///   - age: how many seconds ago it begins.
    public static func fitting(seconds: Int64, age: Int64) -> Unit {
      if seconds <= 12 * 3600, age < 6 * 86_400 { return .minute }
      return seconds <= 31 * 86_400 && age < 365 * 86_400 ? .hour : .day
    }
  }

  /// What is asked for. Buckets are whole minutes, hours or days of UTC: those that begin within
  /// the span count.
  public struct Wish: Hashable, Sendable {
    /// The store's number of the monitor.
    public var monitor: Int64
    public var since: Timestamp
    public var until: Timestamp
    public var unit: Unit
    /// One region alone; `nil`: all.
    public var region: String?

    public init(
      monitor: Int64, since: Timestamp, until: Timestamp, unit: Unit? = nil, region: String? = nil
    ) {
      self.monitor = monitor
      self.since = since
      self.until = until
      func seconds(to end: Timestamp) -> Int64 {
        let span = end.microseconds.subtractingReportingOverflow(since.microseconds)
        return span.overflow ? .max : span.partialValue / 1_000_000
      }
      self.unit = unit ?? .fitting(seconds: seconds(to: until), age: seconds(to: .now()))
      self.region = region
    }
  }

  /// One bucket of one region, or of all regions together.
  public struct Point: Hashable, Sendable {
    public var startsAt: Timestamp
    /// `nil` where regions were merged.
    public var region: String?
    public var cell: RollupCell
  }

  public enum Refusal: Error, Hashable, Sendable {
    /// The span has more than ``mostBuckets``.
    case tooManyBuckets
  }

  /// Of one answer and region; so many buckets are a month of minutes.
  public static let mostBuckets: Int64 = 45_000

  /// All regions together, or the one that is wished for: the buckets in which anything began,
  /// oldest first. Throws `Refusal`.
  public static func series(
    _ wish: Wish, organization: OrganizationID, on connection: Connection
  ) throws -> [Point] {
    var points: [Point] = []
    for point in try byRegion(wish, organization: organization, on: connection) {
      if points.last?.startsAt == point.startsAt {
        points[points.count - 1].cell.merge(point.cell)
      } else {
        points.append(Point(startsAt: point.startsAt, region: wish.region, cell: point.cell))
      }
    }
    return points
  }

  /// Each region for itself, by time and region. Throws `Refusal`.
  ///
  /// What no closed hour holds yet is read from the minutes, in the same statement: every result
  /// that was added counts once, whatever the unit.
  public static func byRegion(
    _ wish: Wish, organization: OrganizationID, on connection: Connection
  ) throws -> [Point] {
    let lengthUs = wish.unit.rawValue * 1_000_000
    let span = wish.until.microseconds.subtractingReportingOverflow(wish.since.microseconds)
    guard !span.overflow, span.partialValue / lengthUs <= mostBuckets
    else { throw Refusal.tooManyBuckets }
    guard span.partialValue > 0 else { return [] }
    var statement = Statement("WITH edge AS (SELECT ")
    add(wish, to: &statement)
    statement.add(") SELECT t.starts_at, r.name, t.up, t.degraded, t.down, t.unknown, t.latencies")
    statement.add(" FROM found AS t JOIN rollup_region AS r ON r.key = t.region_key")
    statement.add(" WHERE t.organization_id = ", organization.rawValue)
    if let region = wish.region { statement.add(" AND r.name = ", region) }
    var merged: [Place: RollupCell] = [:]
    for row in try statement.run(on: connection) {
      let place = Place(
        startUs: RollupKey(
          startUs: try row.get(0, as: Timestamp.self).microseconds, monitor: 0, region: 0
        ).within(wish.unit.table).startUs, region: try row.get(1))
      merged[place, default: RollupCell()].merge(try RollupCell(row, from: 2))
    }
    return merged.sorted { $0.key < $1.key }.map {
      Point(
        startsAt: Timestamp(microseconds: $0.key.startUs), region: $0.key.region, cell: $0.value)
    }
  }

  private struct Place: Hashable, Comparable {
    var startUs: Int64
    var region: String

    static func < (left: Place, right: Place) -> Bool {
      (left.startUs, left.region) < (right.startUs, right.region)
    }
  }

  /// From when on minutes are read, and the rows: `edge`'s columns and `found`.
  private static func add(_ wish: Wish, to statement: inout Statement) {
    let monitor = statement.parameter(wish.monitor)
    let since = statement.parameter(wish.since)
    let until = statement.parameter(wish.until)
    let length = statement.parameter(Double(wish.unit.rawValue))
    // The first bucket that begins within the span, and the end of the last.
    statement.add("to_timestamp(ceil(extract(epoch FROM " + since + "::timestamptz)::float8 / ")
    statement.add(length + ") * " + length + ") AS first, ")
    statement.add("to_timestamp(ceil(extract(epoch FROM " + until + "::timestamptz)::float8 / ")
    statement.add(length + ") * " + length + ") AS last, ")
    statement.add("closed_until + CASE WHEN " + monitor + " <= closed_monitor ")
    statement.add("THEN interval '1 hour' ELSE interval '0' END AS closed FROM rollup_state")
    statement.add("), found AS (SELECT t.* FROM rollup_minute AS t, edge WHERE t.monitor_key = ")
    statement.add(monitor + " AND t.starts_at >= " + since + " AND t.starts_at < last")
    // A constant, so that days which are not asked for are left out.
    statement.add(" AND t.starts_at < " + until + "::timestamptz + interval '1 day'")
    statement.add(" AND t.starts_at >= ")
    statement.add(wish.unit == .minute ? "first" : "greatest(first, closed)")
    guard let table = wish.unit.closedTable else { return }
    statement.add(" UNION ALL SELECT t.* FROM " + table + " AS t, edge WHERE t.monitor_key = ")
    statement.add(monitor + " AND t.starts_at >= first AND t.starts_at < last")
  }
}

extension RollupQueries.Unit {
  var table: RollupTable {
    switch self {
    case .minute: .minute
    case .hour: .hour
    case .day: .day
    }
  }

  /// What holds the closed hours; `nil` where the minutes do.
  fileprivate var closedTable: SQL? {
    switch self {
    case .minute: nil
    case .hour: "rollup_hour"
    case .day: "rollup_day"
    }
  }
}
