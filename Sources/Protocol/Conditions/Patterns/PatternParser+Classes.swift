/// Escapes and bracketed classes.
extension PatternParser {
  /// Reads what a backslash begins, outside a class.
  mutating func parseEscape() throws(PatternError) -> PatternNode {
    let start = offset
    offset += 1
    guard let scalar = peek else {
      throw error("a \\ ends the pattern; a literal one is \\\\", at: start)
    }
    if let set = perlClass(scalar) {
      offset += 1
      return .scalars(set)
    }
    switch scalar {
    case "b": return advance(to: .position(.wordEdge))
    case "B": return advance(to: .position(.noWordEdge))
    case "A": return advance(to: .position(.textStart))
    case "z": return advance(to: .position(.textEnd))
    case "E": return advance(to: .empty)
    case "Z": throw error("\\Z is not supported; the end of the text is \\z", at: start)
    case "k":
      throw error(
        "back-references are not supported: they can't be matched in linear time", at: start)
    case "p", "P":
      throw error("\\\(scalar) is not supported; a class of ranges takes its place", at: start)
    default: return literal(try parseScalarEscape(start))
    }
  }

  private mutating func advance(to node: PatternNode) -> PatternNode {
    offset += 1
    return node
  }

  private func perlClass(_ scalar: Unicode.Scalar) -> ScalarSet? {
    switch scalar {
    case "d": .digits
    case "D": ScalarSet.digits.inverted
    case "w": .word
    case "W": ScalarSet.word.inverted
    case "s": .space
    case "S": ScalarSet.space.inverted
    default: nil
    }
  }

  /// Reads an escape that stands for one character; the cursor is behind the backslash.
  private mutating func parseScalarEscape(_ start: Int) throws(PatternError) -> Unicode.Scalar {
    guard let scalar = peek else {
      throw error("a \\ ends the pattern; a literal one is \\\\", at: start)
    }
    offset += 1
    switch scalar {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "f": return "\u{0c}"
    case "v": return "\u{0b}"
    case "a": return "\u{07}"
    case "x": return try parseHexadecimal(start)
    case "0": return parseOctal()
    case "1"..."9":
      throw error(
        "back-references are not supported: they can't be matched in linear time", at: start)
    default: break
    }
    guard scalar.isASCII, scalar.value > 0x20, scalar.value < 0x7f,
      scalar == "_" || !ScalarSet.word.contains(scalar.value)
    else {
      if scalar == " " { return scalar }
      throw error("there is no escape \\\(Excerpt.masked(String(scalar)))", at: start)
    }
    return scalar
  }

  private mutating func parseHexadecimal(_ start: Int) throws(PatternError) -> Unicode.Scalar {
    let isBraced = take("{")
    var value: UInt32 = 0
    var digits = 0
    while digits < (isBraced ? 8 : 2), let digit = peek.flatMap(Hexadecimal.value) {
      value = value << 4 | UInt32(digit)
      digits += 1
      offset += 1
    }
    guard digits > 0, isBraced ? take("}") : digits == 2 else {
      throw error(
        "\\x is followed by two hexadecimal digits, or by any number of them in { }", at: start)
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw error("there is no character of that number", at: start)
    }
    return scalar
  }

  /// Up to two more octal digits behind `\0`.
  private mutating func parseOctal() -> Unicode.Scalar {
    var value: UInt8 = 0
    for _ in 0..<2 {
      guard let next = peek, ("0"..."7").contains(next) else { break }
      value = value << 3 | UInt8(next.value - 0x30)
      offset += 1
    }
    return Unicode.Scalar(value)
  }

  /// Reads a class; the cursor is on its `[`.
  mutating func parseClass() throws(PatternError) -> ScalarSet {
    let start = offset
    offset += 1
    let isInverted = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while let next = peek {
      if next == "]", !isFirst {
        offset += 1
        let set = ScalarSet(ranges)
        return isInverted ? set.inverted : set
      }
      isFirst = false
      ranges += try parseClassItem().ranges
    }
    throw error("this class lacks its closing ]", at: start)
  }

  private mutating func parseClassItem() throws(PatternError) -> ScalarSet {
    let start = offset
    if peek == "[", peek(1) == ":" { return try parseNamedClass() }
    if peek == "\\", let set = peek(1).flatMap(perlClass) {
      offset += 2
      return set
    }
    let low = try parseClassScalar()
    var set = ScalarSet(low.value)
    if peek == "-", let next = peek(1), next != "]" {
      offset += 1
      if next == "\\", peek(1).flatMap(perlClass) != nil {
        throw error("a range ends with one character", at: start)
      }
      let high = try parseClassScalar()
      guard low <= high else { throw error("this range ends before it begins", at: start) }
      set = ScalarSet([low.value...high.value])
    }
    return flags.ignoresCase ? CaseFolding.folded(set) : set
  }

  private mutating func parseClassScalar() throws(PatternError) -> Unicode.Scalar {
    let scalar = text[offset]
    let start = offset
    offset += 1
    return scalar == "\\" ? try parseScalarEscape(start) : scalar
  }

  /// `[:alpha:]` or `[:^alpha:]`.
  private mutating func parseNamedClass() throws(PatternError) -> ScalarSet {
    let start = offset
    offset += 2
    let isInverted = take("^")
    var name = ""
    while let next = peek, ("a"..."z").contains(next) {
      name.unicodeScalars.append(next)
      offset += 1
    }
    guard take(":"), take("]"), var set = ScalarSet.named(name) else {
      throw error(
        "[: is followed by the name of a class such as alpha, digit or space, and :]", at: start)
    }
    if flags.ignoresCase { set = CaseFolding.folded(set) }
    return isInverted ? set.inverted : set
  }
}
