extension ConditionParser {
  /// Reads a placeholder with what belongs to it, and the function around it.
  mutating func parseSubject() throws(ConditionError) -> Subject {
    for function in Subject.Function.allCases
    where text[offset..<end].starts(with: (function.rawValue + "(").unicodeScalars) {
      offset += function.rawValue.count + 1
      skipSpace()
      let place = offset
      var subject = try parsePlaceholder()
      skipSpace()
      guard take(")") else { throw error("the closing ) of \(function.rawValue)( is expected") }
      switch subject.fact.shape {
      case .body, .header, .list, .text: break
      default:
        throw error(
          "\(function.rawValue)() takes [BODY], [HEADERS], or another text or list, and "
            + "\(subject.fact.rawValue) is none", at: place)
      }
      subject.function = function
      return subject
    }
    return try parsePlaceholder()
  }

  private mutating func parsePlaceholder() throws(ConditionError) -> Subject {
    let start = offset
    guard take("[") else { throw error("a placeholder such as [BODY] is expected") }
    let nameStart = offset
    while let next = peek, Self.isNameScalar(next) { offset += 1 }
    var name = "[\(string(nameStart..<offset).uppercased())]"
    guard take("]") else { throw error("a placeholder's name and ] are expected", at: start) }
    // Gatus's later versions have a header's first value under this name.
    if name == "[HEADER]" { name = Fact.headers.rawValue }
    if name == "[CERTIFICATE]" { name += try parseField() }
    guard let fact = Fact(rawValue: name) else { throw unknown(name, at: start) }
    if let kind, !fact.exists(for: kind) {
      throw error(
        "\(fact.rawValue) is nothing that a check of kind \(kind.rawValue) learns", at: start)
    }
    var subject = Subject(fact: fact)
    switch fact.shape {
    case .body: subject.path = try parsePath()
    case .header:
      subject.header = try parseHeaderName()
      subject.isEvery = takeEvery()
    case .list: subject.isEvery = takeEvery()
    default: break
    }
    return subject
  }

  private mutating func takeEvery() -> Bool {
    guard text[offset..<end].starts(with: "[*]".unicodeScalars) else { return false }
    offset += 3
    return true
  }

  /// The field of a certificate, with its dot.
  private mutating func parseField() throws(ConditionError) -> String {
    let fields = Fact.allCases.map(\.rawValue).filter { $0.hasPrefix("[CERTIFICATE].") }
      .map { String($0.dropFirst("[CERTIFICATE]".count)) }
    let start = offset
    if take(".") {
      while let next = peek, Self.isNameScalar(next) { offset += 1 }
      let field = string(start..<offset).lowercased()
      if fields.contains(field) { return field }
    }
    throw error(
      "a field of the certificate is expected: \(fields.joined(separator: ", "))", at: start)
  }

  /// A header's name (a token of RFC 9110, section 5.6.2) behind a dot, in lower case.
  private mutating func parseHeaderName() throws(ConditionError) -> String {
    let start = offset
    guard take(".") else {
      throw error("a header's name is expected, as in [HEADERS].content-type")
    }
    while let next = peek, Self.isHeaderScalar(next) { offset += 1 }
    guard offset > start + 1 else {
      throw error("a header's name is expected, as in [HEADERS].content-type")
    }
    return string(start + 1..<offset).lowercased()
  }

  private static func isHeaderScalar(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    // A token's `!` is left out: it begins a comparison.
    case "#", "$", "%", "&", "'", "*", "+", "-", ".", "^", "_", "`", "|", "~": true
    default: ScalarSet.word.contains(scalar.value)
    }
  }

  private func unknown(_ name: String, at start: Int) -> ConditionError {
    let names = Fact.allCases.map(\.rawValue)
    let nearest = names.map { ($0, Self.distance(name, $0)) }.min { $0.1 < $1.1 }
    guard let (other, distance) = nearest, distance <= 3 else {
      return error(
        "there is no placeholder \(Excerpt.of(name, limit: 40)); there are [STATUS], "
          + "[RESPONSE_TIME], [BODY], [HEADERS] and others", at: start)
    }
    return error("there is no placeholder \(name); \(other) is the nearest", at: start)
  }

  /// How many characters have to be changed, added or left out (Levenshtein).
  private static func distance(_ first: String, _ second: String) -> Int {
    let left = Array(first.utf8.prefix(40))
    let right = Array(second.utf8)
    var row = Array(0...right.count)
    for (index, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in 1...right.count {
        let cost = byte == right[column - 1] ? diagonal : diagonal + 1
        diagonal = row[column]
        row[column] = min(cost, row[column] + 1, row[column - 1] + 1)
      }
    }
    return row[right.count]
  }

  // MARK: paths

  mutating func parsePath() throws(ConditionError) -> JSONPath {
    var steps: [JSONPath.Step] = []
    while let next = peek, next == "." || next == "[" {
      let start = offset
      offset += 1
      steps.append(next == "." ? .key(try parseBareKey()) : try parseBracket(start))
      guard steps.count <= JSONPath.mostSteps else {
        throw error("a path has at most \(JSONPath.mostSteps) steps", at: start)
      }
    }
    return JSONPath(steps)
  }

  private mutating func parseBareKey() throws(ConditionError) -> [UInt8] {
    let start = offset
    while let next = peek, JSONPath.isBare(next) { offset += 1 }
    guard offset > start else {
      throw error("a key is expected; one with other characters is written [\"a key\"]")
    }
    return Array(string(start..<offset).utf8)
  }

  /// What stands in brackets: an index, `*`, or a quoted key; the bracket is taken.
  private mutating func parseBracket(_ start: Int) throws(ConditionError) -> JSONPath.Step {
    let step: JSONPath.Step
    if let quote = peek, quote == "\"" || quote == "'" {
      step = .key(try parseQuotedKey(quote))
    } else if take("*") {
      step = .every
    } else {
      let first = offset
      while let next = peek, ("0"..."9").contains(next) { offset += 1 }
      guard let index = Int(string(first..<offset)), index <= JSONPath.largestIndex else {
        throw error(
          "an index from 0 to \(JSONPath.largestIndex), a key in quotes or * is expected",
          at: first)
      }
      step = .index(index)
    }
    guard take("]") else { throw error("the closing ] is expected") }
    return step
  }

  private mutating func parseQuotedKey(_ quote: Unicode.Scalar) throws(ConditionError) -> [UInt8] {
    let start = offset
    offset += 1
    while let next = peek, next != quote { offset += next == "\\" ? 2 : 1 }
    guard take(quote) else { throw error("the key's closing \(quote) is expected", at: start) }
    let content = Array(string(start + 1..<offset - 1).utf8)
    guard let key = JSONText.unescaped(content[...]) else {
      throw error("the key has an escape that JSON does not know", at: start)
    }
    return key
  }
}

extension JSONPath {
  /// Reads a path as it is written behind `[BODY]`: `.a.b[0]["a key"]`.
  public init(parsing text: String) throws(ConditionError) {
    guard text.utf8.count <= Condition.longestText else {
      throw ConditionError(column: 1, "a path is at most \(Condition.longestText) bytes long")
    }
    var parser = ConditionParser(text, kind: nil)
    self = try parser.parsePath()
    guard parser.offset == parser.text.count else {
      throw parser.error("a path such as .a.b[0][\"a key\"] is expected")
    }
  }
}
