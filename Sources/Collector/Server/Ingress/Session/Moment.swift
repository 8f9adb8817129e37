/// The time at which something happened, read once at the edge.
struct Moment: Hashable, Sendable {
  /// Collector time: milliseconds since 1970.
  var wallMs: Int64
  /// Milliseconds of a clock that never steps; for durations alone.
  var monotonicMs: Int64
}
