/// Reads a condition.
struct ConditionParser {
  let text: [Unicode.Scalar]
  let kind: ProbeKind?
  var offset = 0
  /// Where the condition ends: in front of spaces at the end.
  private(set) var end: Int

  init(_ text: String, kind: ProbeKind?) {
    self.text = Array(text.unicodeScalars)
    self.kind = kind
    end = (self.text.lastIndex { $0 != " " } ?? -1) + 1
  }

  mutating func parse() throws(ConditionError) -> Condition {
    if let position = text.firstIndex(where: Excerpt.isMasked) {
      throw error("a condition holds no control characters and no unseen ones", at: position)
    }
    skipSpace()
    let severity = takeSeverity()
    guard offset < end else { throw error("a condition such as [STATUS] < 300 is expected") }
    if startsSubject(offset) { return try parseForward(severity) }
    return try parseBackward(severity)
  }

  private mutating func takeSeverity() -> Condition.Severity {
    let word = Array("degraded:".unicodeScalars)
    guard end - offset >= word.count,
      zip(text[offset...], word).allSatisfy({ $0.properties.lowercaseMapping == String($1) })
    else { return .down }
    offset += word.count
    skipSpace()
    return .degraded
  }

  /// The placeholder stands on the left.
  private mutating func parseForward(
    _ severity: Condition.Severity
  ) throws(ConditionError) -> Condition {
    let subject = try parseSubject()
    skipSpace()
    let place = offset
    let comparison = try parseComparison()
    skipSpace()
    guard offset < end else {
      throw error("a value is expected behind \(comparison.rawValue)")
    }
    let expectation = try parseExpectation(
      offset..<end, Context(subject: subject, comparison: comparison, place: place))
    return Condition(
      severity: severity, subject: subject, comparison: comparison, expectation: expectation)
  }

  /// The value stands on the left, as in `any(200, 429) == [STATUS]`.
  private mutating func parseBackward(
    _ severity: Condition.Severity
  ) throws(ConditionError) -> Condition {
    let start = offset
    for position in start..<end where text[position] == " " {
      offset = position + 1
      let place = offset
      guard let comparison = takeComparison(), peek == " " else { continue }
      skipSpace()
      guard startsSubject(offset) else { continue }
      let subject = try parseSubject()
      skipSpace()
      if offset < end { throw error("the condition should end here") }
      let last = text[start..<position].lastIndex { $0 != " " } ?? start
      let flipped = comparison.flipped
      let expectation = try parseExpectation(
        start..<last + 1, Context(subject: subject, comparison: flipped, place: place))
      return Condition(
        severity: severity, subject: subject, comparison: flipped, expectation: expectation)
    }
    throw leftSideError(start)
  }

  private func leftSideError(_ start: Int) -> ConditionError {
    let name = text[start..<end].prefix { ("a"..."z").contains($0) }
    if !name.isEmpty, name.endIndex < end, text[name.endIndex] == "(" {
      let word = String(String.UnicodeScalarView(name))
      switch word {
      case "pat", "any", "regex":
        return error("\(word)() is compared with a placeholder such as [BODY]", at: start)
      case "len", "has":
        return error("\(word)( is followed by a placeholder such as [BODY]", at: name.endIndex + 1)
      default:
        return error(
          "there is no function \(word)(); there are len(), has(), pat(), any() and regex()",
          at: start)
      }
    }
    return error("a placeholder such as [STATUS] is expected", at: start)
  }

  /// Whether a placeholder begins at a place, known or not.
  func startsSubject(_ start: Int) -> Bool {
    var rest = text[start..<end]
    for function in Subject.Function.allCases
    where rest.starts(with: (function.rawValue + "(").unicodeScalars) {
      rest = rest.dropFirst(function.rawValue.count + 1).drop { $0 == " " }
      return rest.first == "["
    }
    guard rest.popFirst() == "[" else { return false }
    let name = rest.prefix(while: Self.isNameScalar)
    guard let first = name.first, !("0"..."9").contains(first) else { return false }
    return name.endIndex < end && text[name.endIndex] == "]"
  }

  static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
    ScalarSet.word.contains(scalar.value)
  }

  private mutating func parseComparison() throws(ConditionError) -> Comparison {
    if let comparison = takeComparison() { return comparison }
    if peek == "=" { throw error("a single = compares nothing; == does") }
    throw error("a comparison is expected: ==, !=, <, <=, > or >=")
  }

  private mutating func takeComparison() -> Comparison? {
    // Longer ones first, so that <= is not taken for <.
    for comparison in [Comparison.equal, .unequal, .atMost, .atLeast, .less, .more]
    where text[offset..<end].starts(with: comparison.rawValue.unicodeScalars) {
      offset += comparison.rawValue.count
      return comparison
    }
    return nil
  }

  // MARK: characters

  var peek: Unicode.Scalar? { offset < end ? text[offset] : nil }

  mutating func skipSpace() { while peek == " " { offset += 1 } }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    offset += 1
    return true
  }

  func string(_ range: Range<Int>) -> String {
    String(String.UnicodeScalarView(text[range]))
  }

  func error(_ sentence: String, at position: Int? = nil) -> ConditionError {
    ConditionError(column: (position ?? offset) + 1, sentence)
  }
}
