/// A moment as the API writes it (RFC 3339 in UTC), to the millisecond.
public struct Moment: Hashable, Sendable {
  /// Since 1970.
  public let milliseconds: Int64
  /// As it was written.
  public let text: String

  /// Reads `2026-01-31T12:00:00.000Z`; `nil` for anything else, other time zones included.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[10] == UInt8(ascii: "T") else {
      return nil
    }
    func number(_ range: Range<Int>) -> Int64? {
      let digits = bytes[range]
      guard digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
      return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }
    guard let year = number(0..<4), let month = number(5..<7), 1...12 ~= month,
      let day = number(8..<10), 1...31 ~= day, let hour = number(11..<13), hour < 24,
      let minute = number(14..<16), minute < 60, let second = number(17..<19), second <= 60
    else { return nil }
    var fraction: Int64 = 0
    if bytes.count >= 24, bytes[19] == UInt8(ascii: ".") { fraction = number(20..<23) ?? 0 }
    let seconds = Self.days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    milliseconds = seconds * 1000 + fraction
    self.text = text
  }

  /// The moment so many milliseconds after 1970, written to the second.
  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
    let seconds = milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0)
    let days = seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
    let time = seconds - days * 86_400
    let (year, month, day) = Self.date(days)
    func digits(_ value: Int64, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    text =
      "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T\(digits(time / 3600, 2)):"
      + "\(digits(time / 60 % 60, 2)):\(digits(time % 60, 2))Z"
  }

  /// Days since 1970, in the Gregorian calendar counted from March on, so that the leap day is last.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let ofEra = year - era * 400
    let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  private static func date(_ days: Int64) -> (Int64, Int64, Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let ofEra = shifted - era * 146_097
    let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * year + year / 4 - year / 100)
    let month = (5 * ofYear + 2) / 153
    let day = ofYear - (153 * month + 2) / 5 + 1
    let isEarly = month >= 10
    return (year + era * 400 + (isEarly ? 1 : 0), isEarly ? month - 9 : month + 3, day)
  }
}
