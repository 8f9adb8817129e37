import Glibc
import Synchronization

/// The moment as answers tell it (RFC 9110, 6.6.1), made once a second.
enum HTTPDate {
  private static let made = Mutex<(second: Int, text: String)>((0, ""))

  static func now() -> String {
    var second = time(nil)
    return made.withLock { made in
      if made.second != second { made = (second, text(&second)) }
      return made.text
    }
  }

  /// Such as `Sun, 22 Nov 2026 10:00:00 GMT`: the collector sets no locale.
  private static func text(_ second: inout time_t) -> String {
    var parts = tm()
    gmtime_r(&second, &parts)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      let count = strftime(base, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
      return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
