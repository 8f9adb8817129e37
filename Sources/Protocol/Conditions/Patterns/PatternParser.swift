/// Reads a pattern; recursion is bounded by `deepest`.
struct PatternParser {
  static let deepest = 100
  static let mostRepeats = 1_000

  struct Flags {
    var ignoresCase = false
    var isMultiline = false
    var dotTakesNewline = false
  }

  let text: [Unicode.Scalar]
  var offset = 0
  var flags = Flags()
  private var depth = 0
  /// Between `\Q` and `\E`.
  private var isQuoting = false

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  mutating func parse() throws(PatternError) -> PatternNode {
    let node = try parseChoice()
    if offset < text.count { throw error("this ) closes no group; a literal one is written \\)") }
    return node
  }

  private mutating func parseChoice() throws(PatternError) -> PatternNode {
    var options = [try parseSequence()]
    while !isQuoting, take("|") { options.append(try parseSequence()) }
    return options.count == 1 ? options[0] : .choice(options)
  }

  private mutating func parseSequence() throws(PatternError) -> PatternNode {
    var nodes: [PatternNode] = []
    while let next = peek {
      if isQuoting {
        if !takeQuoteEnd() { nodes.append(try parseQuoted()) }
        continue
      }
      if next == "|" || next == ")" { break }
      if next == "\\", peek(1) == "Q" {
        offset += 2
        isQuoting = true
        continue
      }
      if let start = repetitionStart {
        throw error(
          "there is nothing for this \(start) to repeat; a literal one is written \\\(start)")
      }
      guard let atom = try parseAtom() else { continue }
      nodes.append(try repeated(atom))
    }
    return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
  }

  private mutating func takeQuoteEnd() -> Bool {
    guard peek == "\\", peek(1) == "E" else { return false }
    offset += 2
    isQuoting = false
    return true
  }

  /// One character of what `\Q` quotes, with its repetition where it is the last.
  private mutating func parseQuoted() throws(PatternError) -> PatternNode {
    let node = literal(text[offset])
    offset += 1
    return takeQuoteEnd() ? try repeated(node) : node
  }

  /// `nil` where flags were set and nothing is matched.
  private mutating func parseAtom() throws(PatternError) -> PatternNode? {
    let scalar = text[offset]
    switch scalar {
    case "(": return try parseGroup()
    case "[": return .scalars(try parseClass())
    case "\\": return try parseEscape()
    default: break
    }
    offset += 1
    switch scalar {
    case ".": return .scalars(flags.dotTakesNewline ? .all : .allButNewline)
    case "^": return .position(flags.isMultiline ? .lineStart : .textStart)
    case "$": return .position(flags.isMultiline ? .lineEnd : .textEnd)
    default: return literal(scalar)
    }
  }

  func literal(_ scalar: Unicode.Scalar) -> PatternNode {
    let set = ScalarSet(scalar.value)
    return .scalars(flags.ignoresCase ? CaseFolding.folded(set) : set)
  }

  // MARK: repetition

  private var repetitionStart: Unicode.Scalar? {
    guard let next = peek else { return nil }
    if next == "*" || next == "+" || next == "?" { return next }
    return next == "{" && braces() != nil ? next : nil
  }

  private mutating func repeated(_ node: PatternNode) throws(PatternError) -> PatternNode {
    guard let start = repetitionStart else { return node }
    let bounds: (Int, Int?)
    switch start {
    case "*": bounds = (0, nil)
    case "+": bounds = (1, nil)
    case "?": bounds = (0, 1)
    default:
      guard let (least, most, end) = braces() else { return node }
      guard least <= Self.mostRepeats, most ?? 0 <= Self.mostRepeats else {
        throw error("a repetition counts to \(Self.mostRepeats) at most")
      }
      if let most, most < least { throw error("this repetition ends before it begins") }
      bounds = (least, most)
      offset = end - 1
    }
    offset += 1
    // Laziness changes what is captured, never whether there is a match.
    _ = take("?")
    if repetitionStart != nil {
      throw error("a repetition can't follow another; put the first into a group, as in (?:a*)*")
    }
    return .repetition(node, atLeast: bounds.0, atMost: bounds.1)
  }

  /// `{2}`, `{2,}` or `{2,5}` at the cursor, with what follows it; anything else is literal.
  private func braces() -> (least: Int, most: Int?, end: Int)? {
    var cursor = offset + 1
    guard let least = number(at: &cursor) else { return nil }
    if cursor < text.count, text[cursor] == "}" { return (least, least, cursor + 1) }
    guard cursor < text.count, text[cursor] == "," else { return nil }
    cursor += 1
    let most = number(at: &cursor)
    guard cursor < text.count, text[cursor] == "}" else { return nil }
    return (least, most, cursor + 1)
  }

  /// A decimal number; every one above the limit is the same one above it.
  private func number(at cursor: inout Int) -> Int? {
    let start = cursor
    var value = 0
    while cursor < text.count, ("0"..."9").contains(text[cursor]) {
      value = min(Self.mostRepeats + 1, value * 10 + Int(text[cursor].value - 0x30))
      cursor += 1
    }
    return cursor > start ? value : nil
  }

  // MARK: groups

  private mutating func parseGroup() throws(PatternError) -> PatternNode? {
    let start = offset
    let outer = flags
    offset += 1
    if take("?"), try !parseGroupHead(start) { return nil }
    guard depth < Self.deepest else {
      throw error("groups are nested deeper than \(Self.deepest)", at: start)
    }
    depth += 1
    let node = try parseChoice()
    depth -= 1
    guard take(")") else { throw error("this group lacks its closing )", at: start) }
    flags = outer
    return node
  }

  /// Reads what follows `(?`; false where the group is already over, since it only set flags.
  private mutating func parseGroupHead(_ start: Int) throws(PatternError) -> Bool {
    let rest = String(String.UnicodeScalarView(text[offset..<min(offset + 2, text.count)]))
    switch rest {
    case _ where rest.hasPrefix("=") || rest.hasPrefix("!") || rest == "<=" || rest == "<!":
      throw error(
        "look-ahead and look-behind are not supported: they can't be matched in linear time",
        at: start)
    case "P=", "P>":
      throw error(
        "back-references are not supported: they can't be matched in linear time", at: start)
    case "P<":
      offset += 2
      try parseName(start)
      return true
    case _ where rest.hasPrefix("<"):
      offset += 1
      try parseName(start)
      return true
    default: return try parseFlags(start)
    }
  }

  private mutating func parseName(_ start: Int) throws(PatternError) {
    let first = offset
    while let next = peek, ScalarSet.word.contains(next.value) { offset += 1 }
    guard offset > first, take(">") else {
      throw error("a group's name is letters and digits between < and >", at: start)
    }
  }

  /// Flags up to `)` (false) or `:` (true).
  private mutating func parseFlags(_ start: Int) throws(PatternError) -> Bool {
    var changed = flags
    var value = true
    while let next = peek {
      offset += 1
      switch next {
      case "i": changed.ignoresCase = value
      case "m": changed.isMultiline = value
      case "s": changed.dotTakesNewline = value
      // Which of several matches is found is of no matter here.
      case "U": break
      case "-" where value: value = false
      case ":", ")":
        flags = changed
        return next == ":"
      default:
        throw error("(? is followed by flags out of i, m, s and U, and then : or )", at: start)
      }
    }
    throw error("this group lacks its closing )", at: start)
  }

  // MARK: characters

  var peek: Unicode.Scalar? { offset < text.count ? text[offset] : nil }

  func peek(_ distance: Int) -> Unicode.Scalar? {
    offset + distance < text.count ? text[offset + distance] : nil
  }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    offset += 1
    return true
  }

  func error(_ sentence: String, at position: Int? = nil) -> PatternError {
    PatternError(column: (position ?? offset) + 1, sentence)
  }
}
