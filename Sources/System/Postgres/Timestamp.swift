#if canImport(Glibc)
  import Glibc
#endif

/// A moment in microseconds since 1970-01-01T00:00:00Z, as `timestamptz` holds it.
public struct Timestamp: Hashable, Sendable, Comparable {
  /// Microseconds since 1970, negative before.
  public var microseconds: Int64

  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// From milliseconds since 1970; saturates at the ends of what 64 bits of microseconds hold.
  public init(milliseconds: Int64) {
    let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1000)
    microseconds = overflow ? (milliseconds < 0 ? .min : .max) : product
  }

  /// Milliseconds since 1970, rounded down.
  public var milliseconds: Int64 {
    let quotient = microseconds / 1000
    return microseconds % 1000 < 0 ? quotient - 1 : quotient
  }

  /// The wall clock now.
  public static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000)
  }

  /// This moment and `milliseconds` more; wraps only outside the years that Postgres knows.
  public func adding(milliseconds: Int64) -> Timestamp {
    Timestamp(microseconds: microseconds &+ Timestamp(milliseconds: milliseconds).microseconds)
  }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// 2000-01-01 as microseconds since 1970: where Postgres counts from.
  static let postgresEpoch: Int64 = 946_684_800_000_000
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC with milliseconds: `2026-11-22T19:53:14.250Z`.
  public var description: String {
    let days = Self.floorDivide(milliseconds, 86_400_000)
    let withinDay = milliseconds - days * 86_400_000
    let date = Self.civil(daysSince1970: days)
    var text: [UInt8] = []
    text.reserveCapacity(24)
    Self.write(date.year, digits: 4, to: &text)
    for part in [date.month, date.day] {
      text.append(UInt8(ascii: "-"))
      Self.write(part, digits: 2, to: &text)
    }
    var mark = UInt8(ascii: "T")
    for part in [withinDay / 3_600_000, withinDay / 60_000 % 60, withinDay / 1000 % 60] {
      text.append(mark)
      Self.write(part, digits: 2, to: &text)
      mark = UInt8(ascii: ":")
    }
    text.append(UInt8(ascii: "."))
    Self.write(withinDay % 1000, digits: 3, to: &text)
    text.append(UInt8(ascii: "Z"))
    return String(decoding: text, as: UTF8.self)
  }

  /// At least `digits` digits, with zeros before them.
  private static func write(_ value: Int64, digits: Int, to text: inout [UInt8]) {
    if value < 0 { text.append(UInt8(ascii: "-")) }
    let start = text.count
    var left = value.magnitude
    while left > 0 || text.count - start < digits {
      text.append(UInt8(ascii: "0") + UInt8(left % 10))
      left /= 10
    }
    text[start...].reverse()
  }

  static func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
    value / by - (value % by < 0 ? 1 : 0)
  }

  /// The Gregorian date of a day, counting years from 1 March so that the leap day comes last.
  static func civil(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = daysSince1970 + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }
}
