/// A moment in the calendar of UTC, written in the forms that people, mails and programs expect.
struct CalendarTime: Hashable, Sendable {
  var year: Int64
  var month: Int64
  var day: Int64
  /// 0 is Sunday.
  var weekday: Int64
  var hour: Int64
  var minute: Int64
  var second: Int64

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

  /// From milliseconds since 1970, held within the years 0 to 9999.
  init(milliseconds: Int64) {
    let seconds = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_000) / 1000
    let days = seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
    let time = seconds - days * 86_400
    (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60)
    weekday = ((days + 4) % 7 + 7) % 7
    // Counted from 1 March of the year 0, so that the leap day comes last.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * ofYear + 2) / 153
    day = ofYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// `2026-11-22T10:00:00Z` (RFC 3339).
  var internet: String { "\(date)T\(time)Z" }

  /// `2026-11-22 10:00:00 UTC`.
  var words: String { "\(date) \(time) UTC" }

  /// `Sun, 22 Nov 2026 10:00:00 +0000` (RFC 5322 section 3.3).
  var mail: String {
    "\(Self.weekdays[Int(weekday)]), \(day) \(Self.months[Int(month - 1)]) \(pad(year, 4)) \(time) +0000"
  }

  private var date: String { "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))" }
  private var time: String { "\(pad(hour, 2)):\(pad(minute, 2)):\(pad(second, 2))" }

  private func pad(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// Seconds since 1970 of an IMF-fixdate (RFC 9110 section 5.6.7), `Sun, 22 Nov 2026 10:00:00 GMT`.
  static func seconds(httpDate text: String) -> Int64? {
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 6, parts[0].utf8.count == 4, parts[5] == "GMT",
      let day = number(parts[1], 1...31), let month = months.firstIndex(of: parts[2]),
      let year = number(parts[3], 1970...9999)
    else { return nil }
    let time = parts[4].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard time.count == 3, let hour = number(time[0], 0...23),
      let minute = number(time[1], 0...59), let second = number(time[2], 0...60)
    else { return nil }
    let marchMonth = (Int64(month) + 10) % 12
    let marchYear = month < 2 ? year - 1 : year
    let (era, ofEra) = (marchYear / 400, marchYear % 400)
    let ofYear = (153 * marchMonth + 2) / 5 + day - 1
    let days = era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    return days * 86_400 + hour * 3600 + minute * 60 + second
  }

  private static func number(_ text: String, _ range: ClosedRange<Int64>) -> Int64? {
    guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let value = Int64(text), range.contains(value)
    else { return nil }
    return value
  }
}

/// How long something lasted, for people: `90 s`, `5 min`, `3 h`, `4 d`.
enum DurationWords {
  static func text(milliseconds: Int64) -> String {
    let seconds = max(0, milliseconds) / 1000
    return switch seconds {
    case ..<120: "\(seconds) s"
    case ..<7_200: "\(seconds / 60) min"
    case ..<172_800: "\(seconds / 3_600) h"
    default: "\(seconds / 86_400) d"
    }
  }
}
