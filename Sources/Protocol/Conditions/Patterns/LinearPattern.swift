/// A regular expression whose matching costs time linear in the text, whatever both are.
///
/// The syntax is the common part of RE2's and Perl's: literals, `.`, classes with ranges, negation
/// and names such as `[:alpha:]`, `\d \w \s \b` and their opposites (ASCII), `^ $ \A \z`, groups,
/// the flags `i`, `s` and `m`, alternatives and repetitions, greedy or lazy, up to 1000 times.
/// Back-references and look-around are refused: with them no bound could be held. Text is UTF-8; a
/// byte that belongs to no character counts as one U+FFFD.
public struct LinearPattern: Hashable, Sendable, CustomStringConvertible {
  /// The longest pattern, in bytes of UTF-8.
  public static let longestText = 4_096

  /// The pattern as it was written.
  public let text: String
  let program: PatternProgram

  /// - Throws: where the text is no pattern, or its program would be too large.
  public init(parsing text: String) throws(PatternError) {
    guard text.utf8.count <= Self.longestText else {
      throw PatternError(column: 1, "a pattern is at most \(Self.longestText) bytes long")
    }
    var parser = PatternParser(text)
    try self.init(text, try parser.parse())
  }

  init(_ text: String, _ node: PatternNode) throws(PatternError) {
    self.text = text
    program = try PatternCompiler.program(of: node)
  }

  public var description: String { text }

  /// Whether the pattern is found anywhere in a text.
  public func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var steps = Int.max
    return search(bytes, steps: &steps) == .matched
  }

  /// Whether the pattern is found anywhere in a text.
  public func matches(_ text: String) -> Bool {
    Array(text.utf8).withUnsafeBytes { matches($0) }
  }

  /// Looks for the pattern anywhere in a text.
  ///
  /// - Parameter steps: how much work may be done; what was done is taken off.
  public func search(_ bytes: UnsafeRawBufferPointer, steps: inout Int) -> PatternAnswer {
    var matcher = PatternMatcher(self, steps: steps)
    let answer = matcher.take(bytes) ?? matcher.finish()
    steps = max(0, steps - matcher.steps)
    return answer
  }

  public static func == (left: Self, right: Self) -> Bool { left.text == right.text }

  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
