/// One character as it may be written where a program quotes it: as it is, behind backslashes, by
/// JSON's `\u0041`, percent-encoded, or as HTML's reference.
enum WrittenScalar {
  private typealias Text = ArraySlice<Unicode.Scalar>

  /// Takes `scalar` from the front of `text`, if it stands there; letters of ASCII in any case.
  static func take(_ scalar: Unicode.Scalar, from text: inout ArraySlice<Unicode.Scalar>) -> Bool {
    guard let first = text.first else { return false }
    if isSame(first, scalar) {
      text.removeFirst()
      return true
    }
    var rest = text
    let found =
      switch first {
      case "\\": takeEscaped(scalar, from: &rest)
      case "%": takePercent(scalar, from: &rest)
      case "&": takeReference(scalar, from: &rest)
      case "+": scalar == " " && rest.popFirst() != nil
      default: false
      }
    if found { text = rest }
    return found
  }

  private static func isSame(_ left: Unicode.Scalar, _ right: Unicode.Scalar) -> Bool {
    left == right || left.isASCII && right.isASCII && lower(left) == lower(right)
  }

  private static func lower(_ scalar: Unicode.Scalar) -> UInt32 {
    "A"..."Z" ~= scalar ? scalar.value | 0x20 : scalar.value
  }

  /// Behind any number of backslashes, since JSON is quoted within JSON.
  private static func takeEscaped(_ scalar: Unicode.Scalar, from text: inout Text) -> Bool {
    text = text.drop { $0 == "\\" }
    guard let first = text.first else { return false }
    if isSame(first, scalar) {
      text.removeFirst()
      return true
    }
    for (index, unit) in String(scalar).utf16.enumerated() {
      if index > 0 { text = text.drop { $0 == "\\" } }
      guard let mark = text.popFirst(), mark == "u" || mark == "U",
        takeHex(UInt32(unit), digits: 4, from: &text)
      else { return false }
    }
    return true
  }

  private static func takePercent(_ scalar: Unicode.Scalar, from text: inout Text) -> Bool {
    for byte in String(scalar).utf8 {
      guard text.popFirst() == "%", takeHex(UInt32(byte), digits: 2, from: &text) else {
        return false
      }
    }
    return true
  }

  private static func takeReference(_ scalar: Unicode.Scalar, from text: inout Text) -> Bool {
    let name = text.dropFirst().prefix(8).prefix { $0 != ";" }
    guard text.startIndex + 1 + name.count < text.endIndex else { return false }
    text = text.dropFirst(name.count + 2)
    let word = String(String.UnicodeScalarView(name))
    let known: [String: Unicode.Scalar] = [
      "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'",
    ]
    if let value = known[word] { return value == scalar }
    guard word.hasPrefix("#") else { return false }
    let digits = word.dropFirst()
    let value =
      digits.lowercased().hasPrefix("x")
      ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return value == scalar.value
  }

  private static func takeHex(_ value: UInt32, digits: Int, from text: inout Text) -> Bool {
    let word = String(String.UnicodeScalarView(text.prefix(digits)))
    guard word.unicodeScalars.count == digits, UInt32(word, radix: 16) == value else {
      return false
    }
    text = text.dropFirst(digits)
    return true
  }
}
