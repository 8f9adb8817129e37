/// When within its interval each region probes, so that together they look evenly.
public enum Phase {
  /// Region `index` of `count` is due when collector time modulo the interval equals this, in
  /// milliseconds; less than the interval.
  ///
  /// An interval of zero or less, or an index out of range, gives 0.
  public static func milliseconds(
    monitor: Int64, intervalMs: Int64, index: Int, of count: Int
  ) -> Int64 {
    guard intervalMs > 0, count > 0, (0..<count).contains(index) else { return 0 }
    let start = Int64(Rendezvous.mix(UInt64(bitPattern: monitor)) % UInt64(intervalMs))
    let (product, overflow) = intervalMs.multipliedReportingOverflow(by: Int64(index))
    let share = overflow ? intervalMs / Int64(count) : product / Int64(count)
    return (start % intervalMs &+ share % intervalMs) % intervalMs
  }
}
