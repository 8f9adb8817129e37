/// A day in the calendar of UTC.
struct CalendarDay: Hashable, Sendable {
  /// Days since 1 January 1970.
  let number: Int64
  let year: Int64
  let month: Int64
  let day: Int64

  static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

  /// Held within the years 1 to 9999.
  init(number: Int64) {
    self.number = min(max(number, -719_162), 2_932_896)
    // Counted from 1 March of the year 0, so that the leap day comes last.
    let shifted = self.number + 719_468
    let era = shifted / 146_097
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * ofYear + 2) / 153
    day = ofYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// The day of a moment, milliseconds since 1970.
  init(of milliseconds: Int64) {
    self.init(number: Moment.floor(milliseconds, 86_400_000))
  }

  /// `30 Nov 2026`.
  var words: String { "\(day) \(Self.months[Int(month - 1)]) \(year)" }

  /// `30 Nov`, where the year is plain.
  var shortWords: String { "\(day) \(Self.months[Int(month - 1)])" }

  /// `Mon`.
  var weekday: String { Self.weekdays[Int(((number + 4) % 7 + 7) % 7)] }

  /// `2026-11-30`.
  var date: String { "\(Moment.padded(year, 4))-\(Moment.padded(month))-\(Moment.padded(day))" }

  /// The month that it belongs to.
  var ofMonth: CalendarMonth { CalendarMonth(year: year, month: month) }
}

/// A month in the calendar of UTC; its text is `2026-11`.
public struct CalendarMonth: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let year: Int64
  /// 1 to 12.
  public let month: Int64

  init(year: Int64, month: Int64) {
    self.year = year
    self.month = month
  }

  /// The month of a moment, milliseconds since 1970.
  public init(of milliseconds: Int64) { self = CalendarDay(of: milliseconds).ofMonth }

  /// Reads `2026-11`; `nil` of anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard bytes.count == 7, bytes[4] == UInt8(ascii: "-"),
      bytes.enumerated().allSatisfy({ $0.offset == 4 || digits.contains($0.element) }),
      let year = Int64(text.prefix(4)), let month = Int64(text.suffix(2)), 1...12 ~= month, year > 0
    else { return nil }
    self.init(year: year, month: month)
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.year, left.month) < (right.year, right.month)
  }

  public var description: String { "\(Moment.padded(year, 4))-\(Moment.padded(month))" }

  /// `Nov 2026`.
  var words: String { "\(CalendarDay.months[Int(month - 1)]) \(year)" }

  var previous: CalendarMonth {
    month == 1
      ? CalendarMonth(year: year - 1, month: 12) : CalendarMonth(year: year, month: month - 1)
  }

  var next: CalendarMonth {
    month == 12
      ? CalendarMonth(year: year + 1, month: 1) : CalendarMonth(year: year, month: month + 1)
  }
}
