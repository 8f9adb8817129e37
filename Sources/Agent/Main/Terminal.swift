import Glibc
import Link

/// What is written for a person, and the log.
enum Terminal {
  static func print(_ text: String) {
    write(text + (text.hasSuffix("\n") ? "" : "\n"), to: STDOUT_FILENO)
  }

  static func error(_ text: String) {
    write(text + "\n", to: STDERR_FILENO)
  }

  /// The log on standard error, each line with the time in UTC.
  static func log(_ threshold: Log.Threshold) -> Log {
    Log(threshold) { line in write("ts=\(now()) \(line)", to: STDERR_FILENO) }
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// The time as RFC 3339 has it, to the millisecond.
  private static func now() -> String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    var parts = tm()
    gmtime_r(&time.tv_sec, &parts)
    func digits(_ value: Int, _ width: Int = 2) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    let date =
      "\(1900 + parts.tm_year)-\(digits(Int(parts.tm_mon) + 1))-\(digits(Int(parts.tm_mday)))"
    let clock =
      "\(digits(Int(parts.tm_hour))):\(digits(Int(parts.tm_min))):\(digits(Int(parts.tm_sec)))"
    return "\(date)T\(clock).\(digits(time.tv_nsec / 1_000_000, 3))Z"
  }
}
