import Glibc
import UpblitClient

extension Moment {
  /// The wall clock now, in milliseconds since 1970.
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// `now`, `3 min ago` or `in 2 h` on a terminal, RFC 3339 elsewhere.
  var display: String {
    guard Console.isTerminal else { return text }
    let past = Self.now - milliseconds
    if -1000 < past, past < 1000 { return "now" }
    // What is to come is rounded up, so that five minutes from now are not four.
    return past < 0 ? "in \(Self.span(999 - past))" : "\(Self.span(past)) ago"
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
  static func text(_ milliseconds: Int64) -> String { Moment(milliseconds: milliseconds).text }

  /// The text of a field that holds a moment: `display`, or `-` for null.
  static func display(_ value: String?) -> String {
    guard let value else { return "-" }
    return Moment(value)?.display ?? value
  }
}
