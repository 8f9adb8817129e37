/// The small forms that master files are written in (RFC 1035 section 5.1, RFC 3597, RFC 4034).
enum PresentationText {
  private static let hexDigits = Array("0123456789ABCDEF".utf8)
  private static let base64Digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Appends a byte of a name, or of a quoted string, escaped where it has a meaning of its own or
  /// can't be printed.
  static func append(_ byte: UInt8, to text: inout [UInt8], isQuoted: Bool) {
    let special: Bool
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): special = true
    case UInt8(ascii: "."), UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"),
      UInt8(ascii: "@"), UInt8(ascii: "$"):
      special = !isQuoted
    default: special = false
    }
    if special {
      text.append(UInt8(ascii: "\\"))
      text.append(byte)
    } else if (0x21...0x7e).contains(byte) || (byte == 0x20 && isQuoted) {
      text.append(byte)
    } else {
      let digits = UInt8(ascii: "0")
      text += [
        UInt8(ascii: "\\"), digits + byte / 100, digits + byte / 10 % 10, digits + byte % 10,
      ]
    }
  }

  /// A string of bytes in quotes.
  static func quoted(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = [UInt8(ascii: "\"")]
    for byte in bytes { append(byte, to: &text, isQuoted: true) }
    text.append(UInt8(ascii: "\""))
    return String(decoding: text, as: UTF8.self)
  }

  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    String(
      decoding: bytes.flatMap { [hexDigits[Int($0 >> 4)], hexDigits[Int($0 & 15)]] },
      as: UTF8.self)
  }

  /// With padding (RFC 4648 section 4).
  static func base64(_ bytes: some Collection<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count / 3 * 4 + 4)
    var rest = bytes[...]
    while !rest.isEmpty {
      let group = Array(rest.prefix(3))
      rest = rest.dropFirst(3)
      let value = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32((3 - group.count) * 8)
      for index in 0..<4 {
        text.append(
          index <= group.count
            ? base64Digits[Int(value >> UInt32(18 - index * 6) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Data of a type that is not known, or is broken (RFC 3597 section 5).
  static func generic(_ bytes: [UInt8]) -> String {
    bytes.isEmpty ? "\\# 0" : "\\# \(bytes.count) \(hexadecimal(bytes))"
  }

  /// Seconds since 1970 as YYYYMMDDHHmmSS (RFC 4034 section 3.2).
  static func time(_ seconds: UInt32) -> String {
    let (year, month, day) = date(daysSince1970: Int(seconds / 86_400))
    let rest = Int(seconds % 86_400)
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(year)" + padded(month) + padded(day) + padded(rest / 3_600)
      + padded(rest / 60 % 60) + padded(rest % 60)
  }

  /// The Gregorian date of a day at or after 1970-01-01, counted in years that begin in March, so that
  /// the day of a leap year comes last.
  private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
    let day = days + 719_468
    let era = day / 146_097
    let dayOfEra = day % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }
}

extension PresentationText {
  /// At most `limit` bytes of a text, whole characters; what can't be seen, or turns the direction of
  /// writing, is replaced.
  static func excerpt(_ text: String, limit: Int) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
      let turns =
        (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      let isPlain = scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value) && !turns
      let piece: Unicode.Scalar = isPlain ? scalar : "\u{fffd}"
      count += String(piece).utf8.count
      guard count <= limit else { return result + "…" }
      result.unicodeScalars.append(piece)
    }
    return result
  }
}
