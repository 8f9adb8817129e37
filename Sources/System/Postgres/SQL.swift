/// The text of one statement. It can be written as a literal but not interpolated, so that a value
/// never becomes part of it by accident; values go in parameters (`$1`).
public struct SQL: Hashable, Sendable, ExpressibleByStringLiteral {
  let text: String

  public init(stringLiteral value: String) {
    text = value
  }

  /// A statement put together by the program. `text` must hold nothing that came from outside.
  public init(verbatim text: String) {
    self.text = text
  }

  public static func + (left: SQL, right: SQL) -> SQL {
    SQL(verbatim: left.text + right.text)
  }
}
