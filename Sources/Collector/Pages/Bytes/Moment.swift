/// A moment, milliseconds since 1970, in the forms that people and programs expect.
struct Moment: Hashable, Sendable {
  let day: CalendarDay
  let hour: Int64
  let minute: Int64
  let second: Int64
  let millisecond: Int64

  /// Milliseconds since 1970 that lie within the years 1 to 9999.
  static let range: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

  /// Held within `range`.
  init(_ milliseconds: Int64) {
    let milliseconds = min(max(milliseconds, Self.range.lowerBound), Self.range.upperBound)
    day = CalendarDay(of: milliseconds)
    let time = milliseconds - Self.floor(milliseconds, 86_400_000) * 86_400_000
    (hour, minute) = (time / 3_600_000, time / 60_000 % 60)
    (second, millisecond) = (time / 1000 % 60, time % 1000)
  }

  /// `2026-11-30T20:44:07Z` (RFC 3339).
  var internet: String { "\(day.date)T\(clock):\(Self.padded(second))Z" }

  /// `2026-11-30T20:44:07.120Z`, as Statuspage writes it.
  var precise: String {
    "\(day.date)T\(clock):\(Self.padded(second)).\(Self.padded(millisecond, 3))Z"
  }

  /// `Mon, 30 Nov 2026 20:44:07 +0000` (RFC 822 with a year of four digits, as RSS 2.0 wants it).
  var mail: String {
    let date = "\(Self.padded(day.day)) \(CalendarDay.months[Int(day.month - 1)])"
    return
      "\(day.weekday), \(date) \(Self.padded(day.year, 4)) \(clock):\(Self.padded(second)) +0000"
  }

  /// `30 Nov 2026, 20:44 UTC`.
  var words: String { "\(day.words), \(clock) UTC" }

  /// `20:44`.
  var clock: String { "\(Self.padded(hour)):\(Self.padded(minute))" }

  static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
    value / divisor - (value % divisor < 0 ? 1 : 0)
  }

  static func padded(_ value: Int64, _ width: Int = 2) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}

/// A moment, milliseconds since 1970, for people: `30 Nov 2026, 20:44 UTC`.
package enum MomentWords {
  package static func text(_ milliseconds: Int64) -> String { Moment(milliseconds).words }

  /// `2026-11-30T20:44:07Z` (RFC 3339).
  package static func internet(_ milliseconds: Int64) -> String { Moment(milliseconds).internet }
}

/// How long something lasted, for people: `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`.
package enum DurationWords {
  package static func text(seconds: Int64) -> String {
    let seconds = max(seconds, 0)
    return switch seconds {
    case ..<60: "\(seconds) s"
    case ..<3_600: "\(seconds / 60) min"
    case ..<86_400: pair(seconds / 3_600, "h", seconds / 60 % 60, "min")
    default: pair(seconds / 86_400, "d", seconds / 3_600 % 24, "h")
    }
  }

  private static func pair(
    _ large: Int64, _ unit: String, _ small: Int64, _ other: String
  ) -> String {
    small == 0 ? "\(large) \(unit)" : "\(large) \(unit) \(small) \(other)"
  }
}
