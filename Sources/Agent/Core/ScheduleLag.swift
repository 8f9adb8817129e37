/// How late the probing loop is, as a 99th percentile over the last 10 to 20 seconds.
///
/// Times fall into buckets that grow by half an octave, so that the answer is at most 50 % too high.
public struct LoopLag: Sendable {
  private static let spanUs: Int64 = 10_000_000
  private var present = [UInt32](repeating: 0, count: 64)
  private var past = [UInt32](repeating: 0, count: 64)
  private var presentSinceUs: Int64 = 0

  public init() {}

  /// Something was done so long after it was due.
  public mutating func note(lateUs: Int64, nowUs: Int64) {
    turn(nowUs: nowUs)
    present[Self.bucket(of: lateUs)] &+= 1
  }

  /// The 99th percentile in milliseconds, rounded up; 0 when nothing was noted.
  public mutating func p99Ms(nowUs: Int64) -> UInt32 {
    turn(nowUs: nowUs)
    var total: UInt64 = 0
    for index in 0..<64 { total += UInt64(present[index]) + UInt64(past[index]) }
    guard total > 0 else { return 0 }
    var left = total / 100
    for index in (0..<64).reversed() {
      let count = UInt64(present[index]) + UInt64(past[index])
      if count > left { return UInt32(min(Self.upperUs(of: index) / 1_000, 4_000_000_000)) }
      left -= count
    }
    return 0
  }

  private mutating func turn(nowUs: Int64) {
    let age = nowUs - presentSinceUs
    guard age >= Self.spanUs else { return }
    for index in 0..<64 {
      past[index] = age < 2 * Self.spanUs ? present[index] : 0
      present[index] = 0
    }
    presentSinceUs = nowUs
  }

  /// Buckets 0 and 1 hold 0 us and 1 us; from there two buckets an octave.
  private static func bucket(of us: Int64) -> Int {
    guard us > 1 else { return us == 1 ? 1 : 0 }
    let octave = 63 - us.leadingZeroBitCount
    let half = Int(us >> Int64(octave - 1)) & 1
    return min(63, octave * 2 + half)
  }

  private static func upperUs(of bucket: Int) -> Int64 {
    guard bucket > 1 else { return 0 }
    let octave = Int64(bucket / 2)
    return bucket % 2 == 0 ? 3 << (octave - 1) : 4 << (octave - 1)
  }
}
