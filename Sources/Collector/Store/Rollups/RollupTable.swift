import Postgres
import Rollup

/// Where a bucket is kept.
struct RollupKey: Hashable, Comparable {
  /// Microseconds since 1970.
  var startUs: Int64
  var monitor: Int64
  /// Of `rollup_region`.
  var region: Int32

  static func < (left: RollupKey, right: RollupKey) -> Bool {
    (left.monitor, left.startUs, left.region) < (right.monitor, right.startUs, right.region)
  }

  /// The bucket of `unit` in which this one lies.
  func within(_ unit: RollupTable) -> RollupKey {
    let rest = startUs % unit.lengthUs
    var key = self
    key.startUs = startUs - (rest < 0 ? rest + unit.lengthUs : rest)
    return key
  }
}

/// A bucket and whose it is.
struct RollupBucket {
  var organization: Int32
  var cell = RollupCell()
}

/// The tables of rollups.
enum RollupTable {
  case minute, hour, day

  var lengthUs: Int64 {
    switch self {
    case .minute: 60_000_000
    case .hour: 3_600_000_000
    case .day: 86_400_000_000
    }
  }
}

extension RollupCell {
  /// From the columns up, degraded, down, unknown and latencies of a row. Throws where a later
  /// version wrote the histogram, rather than lose it; one that is damaged is empty, so that it holds
  /// up nothing else.
  init(_ row: Row, from column: Int) throws {
    self.init()
    up = UInt64(clamping: try row.get(column, as: Int32.self))
    degraded = UInt64(clamping: try row.get(column + 1, as: Int32.self))
    down = UInt64(clamping: try row.get(column + 2, as: Int32.self))
    unknown = UInt64(clamping: try row.get(column + 3, as: Int32.self))
    let bytes: [UInt8] = try row.get(column + 4)
    do throws(LatencyHistogram.Unreadable) {
      latencies = try LatencyHistogram(bytes: bytes)
    } catch {
      guard case .malformed = error else { throw error }
    }
  }
}
