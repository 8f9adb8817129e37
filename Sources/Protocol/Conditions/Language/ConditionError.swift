/// Why a text is not a condition.
public struct ConditionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where it was noticed, in characters (Unicode scalars) from 1.
  public var column: Int
  /// What is wrong or what was expected: one sentence without its full stop.
  public var sentence: String

  public init(column: Int, _ sentence: String) {
    self.column = column
    self.sentence = sentence
  }

  public var description: String { "column \(column): \(sentence)" }
}
