/// What a pattern says, as a tree.
indirect enum PatternNode: Sendable {
  case empty
  /// One character of a set.
  case scalars(ScalarSet)
  /// A place between characters.
  case position(PatternPosition)
  case sequence([PatternNode])
  case choice([PatternNode])
  /// `atMost` is `nil` where there is no end.
  case repetition(PatternNode, atLeast: Int, atMost: Int?)
}

/// A place between two characters that a pattern can ask for.
enum PatternPosition: UInt8, Sendable {
  case textStart
  case textEnd
  case lineStart
  case lineEnd
  case wordEdge
  case noWordEdge

  func holds(between before: Edge, and after: Edge) -> Bool {
    switch self {
    case .textStart: before == .textEnd
    case .textEnd: after == .textEnd
    case .lineStart: before == .textEnd || before == .newline
    case .lineEnd: after == .textEnd || after == .newline
    case .wordEdge: (before == .word) != (after == .word)
    case .noWordEdge: (before == .word) == (after == .word)
    }
  }

  /// What lies on one side of a place, as far as positions care.
  enum Edge: UInt8, Sendable {
    /// Nothing: the text begins or ends here.
    case textEnd
    case newline
    /// A character of `\w`.
    case word
    case other
  }
}
