/// What one bucket of time holds of one monitor in one region: how its probes ended, and how long
/// those took that did not fail.
///
/// Merging is commutative and associative; counts saturate.
public struct RollupCell: Hashable, Sendable {
  public var up: UInt64 = 0
  public var degraded: UInt64 = 0
  /// Failures, of the target or of the way to it.
  public var down: UInt64 = 0
  /// Probes that the agent could not make.
  public var unknown: UInt64 = 0
  /// Of those that were up or degraded.
  public var latencies = LatencyHistogram()

  public init() {}

  public var count: UInt64 {
    [up, degraded, down, unknown].reduce(0, LatencyHistogram.sum)
  }

  /// Those that are not up or degraded.
  public var failures: UInt64 { LatencyHistogram.sum(down, unknown) }

  /// Adds one result.
  public mutating func add(_ outcome: ResultShare.Outcome, microseconds: UInt64) {
    switch outcome {
    case .up:
      up = LatencyHistogram.sum(up, 1)
      latencies.add(microseconds: microseconds)
    case .degraded:
      degraded = LatencyHistogram.sum(degraded, 1)
      latencies.add(microseconds: microseconds)
    case .down: down = LatencyHistogram.sum(down, 1)
    case .unknown: unknown = LatencyHistogram.sum(unknown, 1)
    }
  }

  /// Adds all that another holds.
  public mutating func merge(_ other: RollupCell) {
    up = LatencyHistogram.sum(up, other.up)
    degraded = LatencyHistogram.sum(degraded, other.degraded)
    down = LatencyHistogram.sum(down, other.down)
    unknown = LatencyHistogram.sum(unknown, other.unknown)
    latencies.merge(other.latencies)
  }
}
