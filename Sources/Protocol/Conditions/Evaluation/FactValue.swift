/// One value that a condition compares.
enum FactValue: Hashable, Sendable {
  /// In the unit of its fact.
  case whole(Int64)
  /// A number as JSON has it.
  case number(ArraySlice<UInt8>)
  case text(ArraySlice<UInt8>)

  static func text(_ string: String) -> FactValue { .text(Array(string.utf8)[...]) }

  static func truth(_ value: Bool) -> FactValue { .text(value ? "true" : "false") }

  /// The value's text, as patterns see it and people read it.
  var bytes: ArraySlice<UInt8> {
    switch self {
    case .whole(let value): Array(String(value).utf8)[...]
    case .number(let text), .text(let text): text
    }
  }

  /// The number for `<` and its like, where the value is one; a duration is so many milliseconds.
  var number: ExactNumber? {
    switch self {
    case .whole(let value): ExactNumber(value)
    case .number(let text): ExactNumber(decimal: text)
    case .text(let text):
      ExactNumber(written: text) ?? DurationText.milliseconds(text).map { ExactNumber($0) }
    }
  }

  /// Whether a number, and not a text that may look like one.
  private var isNumber: Bool {
    if case .text = self { false } else { true }
  }

  /// Numbers are equal by value; a text is equal to the same text, or as a whole number to one.
  func equals(_ literal: Literal) -> Bool {
    if case .whole(let value) = self, let number = literal.number {
      return number == ExactNumber(value)
    }
    if isNumber, let number = literal.number { return self.number == number }
    let bytes = bytes
    if bytes.elementsEqual(literal.bytes) { return true }
    // Gatus knows no quotes: to it they are part of the text.
    if literal.isQuoted { return bytes.elementsEqual(literal.written.utf8) }
    guard let whole = literal.whole else { return false }
    return ExactNumber.whole(bytes) == whole
  }

  /// The same between two values.
  func equals(_ other: FactValue) -> Bool {
    if isNumber, other.isNumber { return number == other.number }
    let (first, second) = (bytes, other.bytes)
    if first.elementsEqual(second) { return true }
    guard let whole = ExactNumber.whole(first) else { return false }
    return ExactNumber.whole(second) == whole
  }
}
