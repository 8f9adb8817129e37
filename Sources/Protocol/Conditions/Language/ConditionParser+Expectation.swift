extension ConditionParser {
  /// What a value stands opposite to.
  struct Context {
    var subject: Subject
    var comparison: Comparison
    /// Where the comparison stands.
    var place: Int

    var expected: String {
      let isFree = subject.shape == .body || subject.shape == .header
      return isFree && !comparison.isEquality
        ? "a number or a duration such as 30s" : subject.shape.expected
    }
  }

  /// Reads one side that is not the subject; the range neither begins nor ends with a space.
  mutating func parseExpectation(
    _ range: Range<Int>, _ context: Context
  ) throws(ConditionError) -> Expectation {
    let shape = context.subject.shape
    if !shape.isOrdered, !context.comparison.isEquality {
      throw error(
        "\(context.subject) has no order: it is compared by == or !=", at: context.place)
    }
    if isSubject(range) { return try parseOther(range, context) }
    for word in ["pat", "any", "regex"]
    where text[range].starts(with: (word + "(").unicodeScalars) {
      guard text[range.upperBound - 1] == ")" else {
        throw error(
          "the closing ) of \(word)( is expected at the end", at: range.upperBound)
      }
      guard context.comparison.isEquality else {
        throw error("\(word)() goes with == and != only", at: context.place)
      }
      let inner = range.lowerBound + word.count + 1..<range.upperBound - 1
      switch word {
      case "pat": return .glob(try parseGlob(inner))
      case "regex": return .pattern(try parsePattern(inner))
      default: return .any(try parseAny(inner, context))
      }
    }
    return .literal(try literal(range, context))
  }

  /// Whether the range is a placeholder: one that is known, or one that is spelled like one.
  private func isSubject(_ range: Range<Int>) -> Bool {
    guard startsSubject(range.lowerBound) else { return false }
    guard text[range.lowerBound] == "[" else { return true }
    let name = string(range).dropFirst().prefix { $0 != "]" }
    return name == name.uppercased() || name.uppercased() == "HEADER"
      || Fact.allCases.contains { $0.rawValue.hasPrefix("[\(name.uppercased())]") }
  }

  private mutating func parseOther(
    _ range: Range<Int>, _ context: Context
  ) throws(ConditionError) -> Expectation {
    offset = range.lowerBound
    let other = try parseSubject()
    skipSpace()
    guard offset == range.upperBound else { throw error("the condition should end here") }
    if !context.comparison.isEquality, !other.shape.isOrdered {
      throw error("\(other) has no order: it is compared by == or !=", at: context.place)
    }
    if other.isEvery || other.path.isMultiple {
      throw error("[*] stands on the left side only", at: range.lowerBound)
    }
    return .subject(other)
  }

  private func parseGlob(_ range: Range<Int>) throws(ConditionError) -> Glob {
    do throws(PatternError) {
      return try Glob(parsing: string(range))
    } catch {
      throw ConditionError(column: range.lowerBound + error.column, error.sentence)
    }
  }

  private func parsePattern(_ range: Range<Int>) throws(ConditionError) -> LinearPattern {
    do throws(PatternError) {
      return try LinearPattern(parsing: string(range))
    } catch {
      throw ConditionError(column: range.lowerBound + error.column, error.sentence)
    }
  }

  /// Values between commas; a comma within quotes belongs to its value.
  private func parseAny(
    _ range: Range<Int>, _ context: Context
  ) throws(ConditionError) -> [Literal] {
    var literals: [Literal] = []
    var start = range.lowerBound
    while true {
      let separator = separator(start..<range.upperBound)
      var item = start..<(separator ?? range.upperBound)
      while let first = item.first, text[first] == " " { item = item.dropFirst() }
      while let last = item.last, text[last] == " " { item = item.dropLast() }
      guard !item.isEmpty else { throw error("a value is expected", at: item.lowerBound) }
      guard literals.count < Condition.mostValues else {
        throw error("any() takes at most \(Condition.mostValues) values", at: item.lowerBound)
      }
      literals.append(try literal(item, context))
      guard let separator else { return literals }
      start = separator + 1
    }
  }

  private func separator(_ range: Range<Int>) -> Int? {
    let first = range.first { text[$0] != " " }
    var position = range.lowerBound
    if let first, text[first] == "\"", let closing = closingQuote(first..<range.upperBound) {
      position = closing
    }
    return (position..<range.upperBound).first { text[$0] == "," }
  }

  /// Where a string that begins with a quote ends.
  private func closingQuote(_ range: Range<Int>) -> Int? {
    var position = range.lowerBound + 1
    while position < range.upperBound {
      if text[position] == "\"" { return position }
      position += text[position] == "\\" ? 2 : 1
    }
    return nil
  }

  // MARK: values

  private func literal(
    _ range: Range<Int>, _ context: Context
  ) throws(ConditionError) -> Literal {
    let written = string(range)
    var literal = Literal(written: written, bytes: Array(written.utf8), isQuoted: false)
    if text[range.lowerBound] == "\"", range.count > 1,
      closingQuote(range) == range.upperBound - 1,
      let content = JSONText.unescaped(literal.bytes.dropFirst().dropLast())
    {
      literal.isQuoted = true
      literal.bytes = content
    }
    guard fit(&literal, context) else {
      throw error(
        "\(context.subject) is compared with \(context.expected) here", at: range.lowerBound)
    }
    return literal
  }

  /// Gives a literal its meaning opposite to a subject; false where it has none.
  private func fit(_ literal: inout Literal, _ context: Context) -> Bool {
    let bytes = literal.bytes[...]
    if !literal.isQuoted {
      literal.number = ExactNumber(written: bytes)
      literal.whole = ExactNumber.whole(bytes)
    }
    switch context.subject.shape {
    case .number: break
    case .milliseconds:
      if literal.number == nil {
        literal.number = DurationText.milliseconds(bytes).map { ExactNumber($0) }
      }
    case .seconds:
      if literal.number == nil, let duration = DurationText.milliseconds(bytes) {
        guard duration % 1_000 == 0 else { return false }
        literal.number = ExactNumber(duration / 1_000)
      }
    case .truth: return bytes.elementsEqual("true".utf8) || bytes.elementsEqual("false".utf8)
    case .text, .list: return true
    case .version(let words):
      let upper = literal.written.uppercased()
      for word in words where upper.hasPrefix(word.uppercased()) {
        literal.number = ExactNumber(decimal: bytes.dropFirst(word.utf8.count))
        break
      }
    case .digest:
      literal.bytes = Digest.normalized(bytes)
      return literal.bytes.count == 64 && literal.bytes.allSatisfy { Hexadecimal.value($0) != nil }
    case .dnsCode:
      literal.bytes = Array(literal.written.uppercased().utf8)
      return Fact.dnsCodes.contains(literal.written.uppercased())
    case .header, .body:
      if context.comparison.isEquality { return true }
      if literal.number == nil {
        literal.number = DurationText.milliseconds(bytes).map { ExactNumber($0) }
      }
    }
    return literal.number != nil
  }
}
