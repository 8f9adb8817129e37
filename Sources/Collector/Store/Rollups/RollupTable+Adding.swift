import Postgres
import Rollup
import Wire

/// Adding to the tables. Only who holds `rollup_state` may, so that nobody else makes or changes a
/// bucket meanwhile.
extension RollupTable {
  private typealias Entry = (key: RollupKey, value: RollupBucket)

  /// Adds to the table's buckets.
  ///
  /// - Parameter newestUs: no bucket that begins after it is there yet, so none is looked for.
  func add(
    _ buckets: [RollupKey: RollupBucket], newestUs: Int64 = .max, _ connection: Connection
  ) throws {
    let sorted = buckets.sorted { $0.key < $1.key }
    for (day, entries) in Dictionary(grouping: sorted, by: { dayStart(of: $0.key) }) {
      let relation = self.relation(ofDay: day)
      let seen = entries.map(\.key).filter { $0.startUs <= newestUs }
      let known = try read(seen, relation, connection)
      var new: [Entry] = []
      var changed: [Entry] = []
      for var entry in entries {
        if let cell = known[entry.key] {
          entry.value.cell.merge(cell)
          changed.append(entry)
        } else {
          new.append(entry)
        }
      }
      try insert(new, relation, connection)
      try replace(changed, relation, connection)
    }
  }

  /// When the day of a minute begins; 0 where days are not apart.
  private func dayStart(of key: RollupKey) -> Int64 {
    self == .minute ? key.within(.day).startUs : 0
  }

  /// The relation itself: of minutes the day's partition, since to find it anew for each of many
  /// keys takes ten times as long as to look a key up.
  private func relation(ofDay day: Int64) -> String {
    switch self {
    case .minute:
      let date = Timestamp(microseconds: day).description.prefix(10)
      return "rollup_minute_" + date.filter { $0 != "-" }
    case .hour: return "rollup_hour"
    case .day: return "rollup_day"
    }
  }

  /// Those of the buckets that are there.
  private func read(
    _ keys: [RollupKey], _ relation: String, _ connection: Connection
  ) throws -> [RollupKey: RollupCell] {
    guard !keys.isEmpty else { return [:] }
    // OFFSET keeps the planner from anything but looking up one key after the other.
    let rows = try connection.query(
      SQL(
        verbatim: """
          SELECT t.starts_at, t.monitor_key, t.region_key,
            t.up, t.degraded, t.down, t.unknown, t.latencies
          FROM unnest($1::timestamptz[], $2::int8[], $3::int4[]) AS k (starts_at, monitor, region),
            LATERAL (
              SELECT * FROM \(relation) AS t WHERE t.monitor_key = k.monitor
                AND t.starts_at = k.starts_at AND t.region_key = k.region
              OFFSET 0
            ) AS t
          """),
      keys.map { Timestamp(microseconds: $0.startUs) }, keys.map(\.monitor), keys.map(\.region))
    var known: [RollupKey: RollupCell] = [:]
    for row in rows {
      let key = RollupKey(
        startUs: try row.get(0, as: Timestamp.self).microseconds, monitor: try row.get(1),
        region: try row.get(2))
      known[key] = try RollupCell(row, from: 3)
    }
    return known
  }

  private static let columns = """
    starts_at, monitor_key, organization_id, region_key, up, degraded, down, unknown, latencies
    """

  private func insert(
    _ entries: [Entry], _ relation: String, _ connection: Connection
  ) throws(PostgresError) {
    guard !entries.isEmpty else { return }
    let statement = SQL(
      verbatim: "COPY \(relation) (\(Self.columns)) FROM STDIN (FORMAT binary)")
    try connection.copyBinary(statement) { copy throws(PostgresError) in
      var writer = ByteWriter(capacity: 1 << 16)
      for entry in entries {
        Self.write(entry.key, entry.value, into: &writer)
        if writer.count > 60_000 {
          try copy.write(writer.bytes)
          writer = ByteWriter(capacity: 1 << 16)
        }
      }
      try copy.write(writer.bytes)
    }
  }

  /// One tuple of COPY's binary format: int2 fields, then for each int4 length and its bytes.
  private static func write(
    _ key: RollupKey, _ bucket: RollupBucket, into writer: inout ByteWriter
  ) {
    func field(_ value: Int64) {
      writer.uint32(8)
      writer.uint64(UInt64(bitPattern: value))
    }
    func field(_ value: Int32) {
      writer.uint32(4)
      writer.uint32(UInt32(bitPattern: value))
    }
    writer.uint16(9)
    field(key.startUs &- 946_684_800_000_000)
    field(key.monitor)
    field(bucket.organization)
    field(key.region)
    field(Int32(clamping: bucket.cell.up))
    field(Int32(clamping: bucket.cell.degraded))
    field(Int32(clamping: bucket.cell.down))
    field(Int32(clamping: bucket.cell.unknown))
    writer.lengthPrefixedForCopy(bucket.cell.latencies.bytes)
  }

  private func replace(
    _ entries: [Entry], _ relation: String, _ connection: Connection
  ) throws(PostgresError) {
    guard !entries.isEmpty else { return }
    try connection.query(
      SQL(
        verbatim: """
          INSERT INTO \(relation) AS t (\(Self.columns))
          SELECT * FROM unnest($1::timestamptz[], $2::int8[], $3::int4[], $4::int4[], $5::int4[],
            $6::int4[], $7::int4[], $8::int4[], $9::bytea[])
          ON CONFLICT (monitor_key, starts_at, region_key) DO UPDATE SET up = excluded.up,
            degraded = excluded.degraded, down = excluded.down, unknown = excluded.unknown,
            latencies = excluded.latencies
          """),
      entries.map { Timestamp(microseconds: $0.key.startUs) }, entries.map(\.key.monitor),
      entries.map(\.value.organization), entries.map(\.key.region),
      entries.map { Int32(clamping: $0.value.cell.up) },
      entries.map { Int32(clamping: $0.value.cell.degraded) },
      entries.map { Int32(clamping: $0.value.cell.down) },
      entries.map { Int32(clamping: $0.value.cell.unknown) },
      entries.map(\.value.cell.latencies.bytes))
  }
}

extension ByteWriter {
  fileprivate mutating func lengthPrefixedForCopy(_ value: [UInt8]) {
    uint32(UInt32(truncatingIfNeeded: value.count))
    raw(value)
  }
}
