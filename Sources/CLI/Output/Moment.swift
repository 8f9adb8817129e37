import Glibc

/// A moment as the API writes it (RFC 3339 in UTC), as a person reads it.
struct Moment {
  /// Milliseconds since 1970.
  let milliseconds: Int64
  private let text: String

  /// Reads `2026-01-31T12:00:00.000Z`; `nil` for anything else.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[10] == UInt8(ascii: "T") else {
      return nil
    }
    func number(_ range: Range<Int>) -> Int32? {
      Int32(String(decoding: bytes[range], as: UTF8.self))
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
    else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
    var fraction: Int64 = 0
    if bytes.count >= 24, bytes[19] == UInt8(ascii: ".") { fraction = Int64(number(20..<23) ?? 0) }
    milliseconds = Int64(timegm(&parts)) * 1000 + fraction
    self.text = text
  }

  /// The wall clock now, in milliseconds since 1970.
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// `3 min ago` on a terminal, RFC 3339 elsewhere.
  var display: String {
    guard Console.isTerminal else { return text }
    let past = Self.now - milliseconds
    return past < 0 ? "in \(Self.span(-past))" : "\(Self.span(past)) ago"
  }

  /// The day, `2026-01-31`.
  var day: String { String(text.prefix(10)) }

  /// The time of day, `12:00:00`.
  var time: String { String(text.dropFirst(11).prefix(8)) }

  /// A span in its largest fitting unit: `12 s`, `3 min`, `5 h`, `2 d`.
  static func span(_ milliseconds: Int64) -> String {
    let seconds = milliseconds / 1000
    switch seconds {
    case ..<120: return "\(seconds) s"
    case ..<7200: return "\(seconds / 60) min"
    case ..<172_800: return "\(seconds / 3600) h"
    default: return "\(seconds / 86_400) d"
    }
  }

  /// A span in all its units: `2 d 3 h 14 min 5 s`; milliseconds are left out where there are seconds.
  static func exactSpan(_ milliseconds: Int64) -> String {
    guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
    let seconds = milliseconds / 1000
    let parts = [
      (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"),
      (seconds % 60, "s"),
    ]
    return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
  }

  /// RFC 3339 for a moment so many milliseconds after 1970.
  static func text(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : String(value) }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }

  /// The text of a field that holds a moment: `display`, or `-` for null.
  static func display(_ value: String?) -> String {
    guard let value else { return "-" }
    return Moment(value)?.display ?? value
  }
}
