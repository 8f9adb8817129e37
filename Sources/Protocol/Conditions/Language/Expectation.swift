/// What the other side of a condition says.
enum Expectation: Hashable, Sendable, CustomStringConvertible {
  case literal(Literal)
  /// One of several.
  case any([Literal])
  case glob(Glob)
  case pattern(LinearPattern)
  case subject(Subject)

  var description: String {
    switch self {
    case .literal(let literal): literal.written
    case .any(let literals): "any(\(literals.map(\.written).joined(separator: ", ")))"
    case .glob(let glob): "pat(\(glob.text))"
    case .pattern(let pattern): "regex(\(pattern.text))"
    case .subject(let subject): subject.description
    }
  }
}

/// A value as a person wrote it, with what it means where it is.
struct Literal: Hashable, Sendable {
  /// The text with its quotes, where it has any.
  var written: String
  /// The text without them, in the form in which it is compared.
  var bytes: [UInt8]
  var isQuoted: Bool
  /// In the unit of what it is compared with; `nil` where it is no number.
  var number: ExactNumber?
  /// The whole number that the text itself is.
  var whole: Int64?
}
