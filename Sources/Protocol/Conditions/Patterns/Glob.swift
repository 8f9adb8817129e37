/// The pattern of `pat(...)`, which a whole text must fit: `*` is any text, `?` any character,
/// `[a-z]` one of a class, `[^a-z]` one outside it, and a backslash makes a character literal.
///
/// As Gatus has it, except that `*` spans slashes.
struct Glob: Hashable, Sendable {
  let text: String
  let pattern: LinearPattern

  init(parsing text: String) throws(PatternError) {
    self.text = text
    var scalars = Array(text.unicodeScalars)[...]
    var nodes: [PatternNode] = []
    // A star at an end needs no looking at what it spans.
    let isOpenAtStart = scalars.first == "*"
    if !isOpenAtStart { nodes.append(.position(.textStart)) }
    var isOpenAtEnd = false
    while let scalar = scalars.popFirst() {
      isOpenAtEnd = scalar == "*"
      switch scalar {
      case "*":
        if !scalars.isEmpty, nodes.count > 0 {
          nodes.append(.repetition(.scalars(.all), atLeast: 0, atMost: nil))
        }
      case "?": nodes.append(.scalars(.all))
      case "[":
        nodes.append(.scalars(try Self.set(&scalars)))
      case "\\":
        guard let literal = scalars.popFirst() else {
          throw PatternError(
            column: text.unicodeScalars.count, "a \\ ends the pattern; a literal one is \\\\")
        }
        nodes.append(.scalars(ScalarSet(literal.value)))
      default: nodes.append(.scalars(ScalarSet(scalar.value)))
      }
    }
    if !isOpenAtEnd { nodes.append(.position(.textEnd)) }
    pattern = try LinearPattern(text, .sequence(nodes))
  }

  /// Reads a class whose `[` is taken.
  private static func set(
    _ scalars: inout ArraySlice<Unicode.Scalar>
  ) throws(PatternError) -> ScalarSet {
    let start = scalars.startIndex
    func next(_ scalars: inout ArraySlice<Unicode.Scalar>) throws(PatternError) -> Unicode.Scalar {
      if scalars.first == "\\" { scalars.removeFirst() }
      guard let scalar = scalars.popFirst() else {
        throw PatternError(
          column: start, "this class lacks its closing ]; a literal [ is written \\[")
      }
      return scalar
    }
    let isInverted = scalars.first == "^"
    if isInverted { scalars.removeFirst() }
    var ranges: [ClosedRange<UInt32>] = []
    while scalars.first != "]" || ranges.isEmpty {
      let low = try next(&scalars)
      var high = low
      if scalars.first == "-", scalars.dropFirst().first != "]" {
        scalars.removeFirst()
        high = try next(&scalars)
      }
      guard low <= high else {
        throw PatternError(column: start, "a range of this class ends before it begins")
      }
      ranges.append(low.value...high.value)
    }
    scalars.removeFirst()
    let set = ScalarSet(ranges)
    return isInverted ? set.inverted : set
  }
}
