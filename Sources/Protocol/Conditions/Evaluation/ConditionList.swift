/// The conditions of one check.
public struct ConditionList: Hashable, Sendable {
  /// The most conditions of a check.
  public static let most = 50
  /// How much work it may be to evaluate all of them, where nothing else is said.
  public static let standardSteps = 12_000_000

  /// The most instructions that the patterns of a check may take together, so that what an agent
  /// keeps compiled of one check is about a hundred kilobytes at most.
  public static let mostInstructions = 20_000

  /// What is said of the condition with whose patterns there are too many instructions.
  public static func tooLarge(_ instructions: Int) -> String {
    "its patterns, with those of the conditions before it, take \(instructions) instructions; the "
      + "patterns of one check may take \(mostInstructions) together"
  }

  /// Which condition is none, and why.
  public struct ParsingError: Error, Hashable, Sendable {
    /// The condition's place, from 0; `nil` where there are too many.
    public var index: Int?
    public var error: ConditionError
  }

  /// What all conditions together say.
  public enum Summary: Hashable, Sendable {
    case met
    /// Conditions marked as such are not met, the first of them with this finding; all others are.
    case degraded(ConditionOutcome.Finding)
    /// The first that is not met.
    case unmet(ConditionOutcome.Finding)
    /// One could not be decided, and none that was makes the target down.
    case undecided(ConditionOutcome.Finding)
  }

  public let conditions: [Condition]

  /// - Throws: where a text is no condition, or none for such probes, or there are too many.
  public init(parsing texts: [String], for kind: ProbeKind) throws(ParsingError) {
    guard texts.count <= Self.most else {
      throw ParsingError(
        error: ConditionError(column: 1, "a check has at most \(Self.most) conditions"))
    }
    var conditions: [Condition] = []
    var instructions = 0
    for (index, text) in texts.enumerated() {
      let condition: Condition
      do throws(ConditionError) {
        condition = try Condition(parsing: text, for: kind)
      } catch {
        throw ParsingError(index: index, error: error)
      }
      instructions += condition.instructions
      guard instructions <= Self.mostInstructions else {
        throw ParsingError(
          index: index, error: ConditionError(column: 1, Self.tooLarge(instructions)))
      }
      conditions.append(condition)
    }
    self.conditions = conditions
  }

  /// What has to be known of a probe to evaluate all.
  public var facts: Set<Fact> { conditions.reduce(into: []) { $0.formUnion($1.facts) } }

  /// Evaluates all with one allowance of work.
  public func evaluate(
    _ facts: ConditionFacts, steps allowance: Int = ConditionList.standardSteps
  ) -> Summary {
    var steps = allowance
    var degraded: ConditionOutcome.Finding?
    var undecided: ConditionOutcome.Finding?
    for condition in conditions {
      switch (condition.evaluate(facts, steps: &steps), condition.severity) {
      case (.met, _): break
      case (.unmet(let finding), .down): return .unmet(finding)
      case (.unmet(let finding), .degraded): degraded = degraded ?? finding
      case (.undecided(let finding), _): undecided = undecided ?? finding
      }
    }
    if let undecided { return .undecided(undecided) }
    return degraded.map { .degraded($0) } ?? .met
  }
}
