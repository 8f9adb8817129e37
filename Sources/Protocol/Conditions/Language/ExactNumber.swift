/// A decimal number that is compared exactly, whatever its size.
struct ExactNumber: Hashable, Sendable {
  private enum Form: Hashable, Sendable {
    /// Every whole number that fits.
    case whole(Int64)
    /// 0.DIGITS times ten to the power of `exponent`; the digits begin and end with another than 0.
    case decimal(isNegative: Bool, digits: [UInt8], exponent: Int)
  }

  /// Exponents beyond this are taken to be this.
  private static let largestExponent = 1_000_000_000_000

  private let form: Form

  init(_ value: Int64) { form = .whole(value) }

  /// Reads a number of JSON's form: `-1`, `0.5`, `1e9`.
  init?(decimal text: ArraySlice<UInt8>) {
    var rest = text
    let isNegative = Self.take("-", &rest)
    let wholePart = Self.takeDigits(&rest)
    guard let first = wholePart.first, first != UInt8(ascii: "0") || wholePart.count == 1 else {
      return nil
    }
    var digits = Array(wholePart)
    var exponent = digits.count
    if Self.take(".", &rest) {
      let fraction = Self.takeDigits(&rest)
      guard !fraction.isEmpty else { return nil }
      digits += fraction
    }
    if Self.take("e", &rest) || Self.take("E", &rest) {
      let falls = Self.take("-", &rest)
      if !falls { _ = Self.take("+", &rest) }
      let power = Self.takeDigits(&rest)
      guard !power.isEmpty else { return nil }
      let size = power.reduce(0) { min(Self.largestExponent, $0 * 10 + Int($1 - 0x30)) }
      exponent += falls ? -size : size
    }
    guard rest.isEmpty else { return nil }
    form = Self.normalized(isNegative, digits[...], exponent)
  }

  /// Reads a decimal number, or a whole one with `0x`, `0o` or `0b` in front.
  init?(written text: ArraySlice<UInt8>) {
    if let number = ExactNumber(decimal: text) {
      self = number
    } else if let value = Self.whole(text) {
      self.init(value)
    } else {
      return nil
    }
  }

  /// A whole number as it may be written: decimal without needless zeros, or with `0x`, `0o`, `0b`.
  static func whole(_ text: ArraySlice<UInt8>) -> Int64? {
    var digits = text
    // Longer ones do not fit, and need not be looked at.
    guard (1...80).contains(text.count) else { return nil }
    let isNegative = take("-", &digits)
    if !isNegative { _ = take("+", &digits) }
    var base: Int64 = 10
    if digits.count > 1, digits.first == UInt8(ascii: "0") {
      switch digits[digits.startIndex + 1] | 0x20 {
      case UInt8(ascii: "x"): base = 16
      case UInt8(ascii: "o"): base = 8
      case UInt8(ascii: "b"): base = 2
      default: return nil
      }
      digits = digits.dropFirst(2)
    }
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in digits {
      guard let digit = Hexadecimal.value(byte), digit < base else { return nil }
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: base)
      let (sum, isLarger) =
        isNegative
        ? product.subtractingReportingOverflow(Int64(digit))
        : product.addingReportingOverflow(Int64(digit))
      if isTooLarge || isLarger { return nil }
      value = sum
    }
    return value
  }

  private static func take(_ scalar: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
    guard rest.first == UInt8(ascii: scalar) else { return false }
    rest.removeFirst()
    return true
  }

  private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    rest = rest[digits.endIndex...]
    return digits
  }

  private static func normalized(
    _ isNegative: Bool, _ digits: ArraySlice<UInt8>, _ exponent: Int
  ) -> Form {
    let zero = UInt8(ascii: "0")
    let significant = digits.drop { $0 == zero }
    guard let last = significant.lastIndex(where: { $0 != zero }) else { return .whole(0) }
    let kept = significant[...last]
    let power = exponent - (significant.startIndex - digits.startIndex)
    if power >= kept.count, power <= 19 {
      let zeros = [UInt8](repeating: zero, count: power - kept.count)
      let sign = isNegative ? [UInt8(ascii: "-")] : []
      if let value = whole((sign + kept + zeros)[...]) { return .whole(value) }
    }
    return .decimal(isNegative: isNegative, digits: Array(kept), exponent: power)
  }
}

extension ExactNumber: Comparable {
  static func < (left: Self, right: Self) -> Bool {
    if case .whole(let first) = left.form, case .whole(let second) = right.form {
      return first < second
    }
    let first = left.parts
    let second = right.parts
    guard first.sign == second.sign else { return first.sign < second.sign }
    return first.sign < 0
      ? isSmaller(second, first) : isSmaller(first, second)
  }

  private typealias Parts = (sign: Int, digits: [UInt8], exponent: Int)

  private var parts: Parts {
    switch form {
    case .whole(0): (0, [], 0)
    case .whole(let value): Self.parts(of: value)
    case .decimal(let isNegative, let digits, let exponent):
      (isNegative ? -1 : 1, digits, exponent)
    }
  }

  /// The digits may end with zeros, which changes no comparison.
  private static func parts(of value: Int64) -> Parts {
    let digits = Array(String(value.magnitude).utf8)
    return (value < 0 ? -1 : 1, digits, digits.count)
  }

  /// Compares sizes of the same sign.
  private static func isSmaller(_ first: Parts, _ second: Parts) -> Bool {
    if first.exponent != second.exponent { return first.exponent < second.exponent }
    return first.digits.lexicographicallyPrecedes(second.digits)
  }
}
