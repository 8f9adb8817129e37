import Postgres

extension Timestamp {
  /// Reads `2026-01-31T12:00:00Z`, with a fraction of up to nine digits and an offset such as
  /// `+02:00` (RFC 3339 section 5.6), of the years 1970 to 9999.
  init?(rfc3339 text: String) {
    var parser = RFC3339Parser(bytes: Array(text.utf8))
    guard let microseconds = parser.parse() else { return nil }
    self.init(microseconds: microseconds)
  }

  /// A moment of the years 1970 to 9999; `nil` for others, which Postgres or RFC 3339 can't hold.
  init?(bounded microseconds: Int64) {
    guard 0..<253_402_300_800_000_000 ~= microseconds else { return nil }
    self.init(microseconds: microseconds)
  }
}

/// Reads one RFC 3339 time.
private struct RFC3339Parser {
  let bytes: [UInt8]
  var offset = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func parse() -> Int64? {
    guard let year = number(4, in: 1970...9999), take("-"), let month = number(2, in: 1...12),
      take("-"), let day = number(2, in: 1...Self.days(in: month, of: year)),
      take("T") || take("t") || take(" "), let hour = number(2, in: 0...23), take(":"),
      let minute = number(2, in: 0...59), take(":"), let second = number(2, in: 0...60)
    else { return nil }
    guard let fraction = fraction(), let zone = zone(), offset == bytes.count else { return nil }
    let days = Self.daysSince1970(year, month, day)
    let seconds = days * 86400 + hour * 3600 + minute * 60 + second - zone
    return seconds * 1_000_000 + fraction
  }

  private mutating func number(_ digits: Int, in range: ClosedRange<Int64>) -> Int64? {
    guard bytes.count - offset >= digits else { return nil }
    var value: Int64 = 0
    for byte in bytes[offset..<offset + digits] {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    offset += digits
    return range.contains(value) ? value : nil
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  /// Microseconds after the second, rounded down.
  private mutating func fraction() -> Int64? {
    guard take(".") else { return 0 }
    var value: Int64 = 0
    var digits = 0
    while let digit = number(1, in: 0...9) {
      if digits < 6 { value = value * 10 + digit }
      digits += 1
    }
    guard 1...9 ~= digits else { return nil }
    for _ in min(digits, 6)..<6 { value *= 10 }
    return value
  }

  /// Seconds that the zone is ahead of UTC.
  private mutating func zone() -> Int64? {
    if take("Z") || take("z") { return 0 }
    let sign: Int64 = take("+") ? 1 : -1
    if sign < 0, !take("-") { return nil }
    guard let hours = number(2, in: 0...23), take(":"), let minutes = number(2, in: 0...59) else {
      return nil
    }
    return sign * (hours * 3600 + minutes * 60)
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    switch month {
    case 2: return isLeap ? 29 : 28
    case 4, 6, 9, 11: return 30
    default: return 31
    }
  }

  private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    var days = (year - 1970) * 365 + (year - 1969) / 4 - (year - 1901) / 100 + (year - 1601) / 400
    for earlier in stride(from: 1, to: month, by: 1) { days += Self.days(in: earlier, of: year) }
    return days + day - 1
  }
}
