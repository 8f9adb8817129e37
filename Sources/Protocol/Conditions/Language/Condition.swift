/// One condition on what a probe learned, such as `[STATUS] < 300`: the language of Gatus, and some
/// more. The module's README has all of it.
///
/// Its description is its canonical text: the placeholder stands on the left, in its own spelling,
/// with one space on either side of the comparison; values are as they were written.
public struct Condition: Hashable, Sendable, CustomStringConvertible {
  /// The longest text, in bytes of UTF-8.
  public static let longestText = 1_024
  /// The most values within `any(...)`.
  public static let mostValues = 100

  /// What a condition that is not met makes of the target.
  public enum Severity: String, Hashable, Sendable {
    case down
    /// Marked by `degraded:` in front.
    case degraded
  }

  public let severity: Severity
  let subject: Subject
  let comparison: Comparison
  let expectation: Expectation

  init(
    severity: Severity, subject: Subject, comparison: Comparison, expectation: Expectation
  ) {
    self.severity = severity
    self.subject = subject
    self.comparison = comparison
    self.expectation = expectation
  }

  /// - Parameter kind: the kind of probes that it is for; `nil` allows what any of them learns.
  /// - Throws: where the text is no condition, or is about what such a probe can't learn.
  public init(parsing text: String, for kind: ProbeKind? = nil) throws(ConditionError) {
    guard text.utf8.count <= Self.longestText else {
      throw ConditionError(
        column: 1, "a condition is at most \(Self.longestText) bytes long")
    }
    var parser = ConditionParser(text, kind: kind)
    self = try parser.parse()
  }

  public var description: String {
    let prefix = severity == .degraded ? "degraded: " : ""
    return "\(prefix)\(subject) \(comparison.rawValue) \(expectation)"
  }

  /// What has to be known of a probe to evaluate this.
  public var facts: Set<Fact> {
    guard case .subject(let other) = expectation else { return [subject.fact] }
    return [subject.fact, other.fact]
  }

  /// How many instructions its patterns take.
  public var instructions: Int {
    switch expectation {
    case .glob(let glob): glob.pattern.program.instructions.count
    case .pattern(let pattern): pattern.program.instructions.count
    case .literal, .any, .subject: 0
    }
  }

  /// Why this can't be put to probes of a kind, with the column in the canonical text; `nil` where
  /// it can.
  public func problem(for kind: ProbeKind) -> ConditionError? {
    if facts.allSatisfy({ $0.exists(for: kind) }) { return nil }
    do throws(ConditionError) {
      _ = try Condition(parsing: description, for: kind)
      return nil
    } catch {
      return error
    }
  }
}
