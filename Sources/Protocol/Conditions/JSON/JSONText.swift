/// The texts of JSON strings and values.
enum JSONText {
  /// What a string's content stands for, without its escapes; `nil` where an escape does not exist.
  ///
  /// A half of a surrogate pair that stands alone becomes U+FFFD.
  static func unescaped(_ content: ArraySlice<UInt8>) -> [UInt8]? {
    var text: [UInt8] = []
    text.reserveCapacity(content.count)
    var rest = content
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      guard let escape = rest.popFirst() else { return nil }
      switch escape {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0c)
      case UInt8(ascii: "n"): text.append(0x0a)
      case UInt8(ascii: "r"): text.append(0x0d)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "u"):
        guard let scalar = scalar(&rest) else { return nil }
        if let units = UTF8.encode(scalar) { text.append(contentsOf: units) }
      default: return nil
      }
    }
    return text
  }

  /// Reads four digits, and a second escape where they begin a surrogate pair.
  private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
    guard let first = fourDigits(rest) else { return nil }
    rest = rest.dropFirst(4)
    if 0xd800..<0xdc00 ~= first, rest.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]),
      let second = fourDigits(rest.dropFirst(2)), 0xdc00..<0xe000 ~= second
    {
      rest = rest.dropFirst(6)
      return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    }
    return Unicode.Scalar(first) ?? "\u{fffd}"
  }

  private static func fourDigits(_ bytes: ArraySlice<UInt8>) -> UInt32? {
    guard bytes.count >= 4 else { return nil }
    var value: UInt32 = 0
    for byte in bytes.prefix(4) {
      guard let digit = Hexadecimal.value(byte) else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// A valid value without the white space between its parts.
  static func minified(_ value: ArraySlice<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(value.count)
    var isWithinString = false
    var isEscaped = false
    for byte in value {
      if isWithinString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isWithinString = false
        }
      } else if isSpace(byte) {
        continue
      } else if byte == UInt8(ascii: "\"") {
        isWithinString = true
      }
      text.append(byte)
    }
    return text
  }

  /// How many characters (Unicode scalars) UTF-8 holds.
  static func length(_ text: some Sequence<UInt8>) -> Int {
    text.reduce(0) { $1 & 0xc0 == 0x80 ? $0 : $0 + 1 }
  }

  /// A JSON string of a text.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where Excerpt.isMasked(scalar):
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
  }
}
