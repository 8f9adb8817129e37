/// The classes into which latencies fall: each microsecond up to 31 has one of its own, and every
/// octave from 32 on is cut into 32 of equal width.
///
/// A class is at most 1/32 of its least value wide, so its middle is within 1/64 of any value in
/// it. (HdrHistogram and DDSketch do alike; the numbers here are our own.)
public enum LatencyScale {
  /// 24 hours in microseconds; longer times count as this.
  public static let greatestUs: UInt64 = 86_400_000_000
  /// The number of the last class.
  public static let last = number(of: greatestUs)

  private static let bits = 5
  private static let perOctave = 1 << bits

  /// The class of a latency, from 0; times above ``greatestUs`` fall into the last.
  public static func number(of microseconds: UInt64) -> UInt16 {
    let value = min(microseconds, greatestUs)
    guard value >= UInt64(perOctave) else { return UInt16(value) }
    let shift = 63 - value.leadingZeroBitCount - bits
    let within = Int(value >> UInt64(shift)) - perOctave
    return UInt16((shift + 1) * perOctave + within)
  }

  /// The least latency of a class, microseconds; a number above ``last`` counts as that.
  public static func least(of number: UInt16) -> UInt64 {
    let number = Int(min(number, last))
    guard number >= perOctave else { return UInt64(number) }
    return UInt64(perOctave + number % perOctave) << UInt64(number / perOctave - 1)
  }

  /// What stands for a class's latencies: its middle, rounded down.
  public static func middle(of number: UInt16) -> UInt64 {
    let number = min(number, last)
    guard Int(number) >= perOctave else { return UInt64(number) }
    let width = UInt64(1) << UInt64(Int(number) / perOctave - 1)
    return min(least(of: number) + (width - 1) / 2, greatestUs)
  }
}
