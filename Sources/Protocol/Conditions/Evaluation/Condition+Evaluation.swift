extension Condition {
  /// How much work one evaluation may do, where nothing else is said: in the worst case a few
  /// hundredths of a second.
  public static let standardSteps = 8_000_000

  /// Whether a probe's facts meet this, and if not, why.
  public func evaluate(_ facts: ConditionFacts) -> ConditionOutcome {
    var steps = Self.standardSteps
    return evaluate(facts, steps: &steps)
  }

  /// Whether a probe's facts meet this, and if not, why.
  ///
  /// - Parameter steps: how much work may be done (a step is to look at one character of a body, or
  ///   at one instruction of a pattern); what was done is taken off.
  public func evaluate(_ facts: ConditionFacts, steps: inout Int) -> ConditionOutcome {
    guard subject.fact.exists(for: facts.kind) else { return unavailable(subject.fact, facts.kind) }
    // The most frequent form allocates nothing.
    if subject.function == nil, case .literal(let literal) = expectation,
      let number = literal.number, let value = facts.whole(subject.fact)
    {
      return comparison.holds(ExactNumber(value), number)
        ? .met : unmet(.one(.whole(value)), nil, facts)
    }
    let left = subject.resolve(facts, steps: &steps)
    guard case .subject(let other) = expectation else {
      return outcome(left, nil, facts) { value in holds(value, &steps) }
    }
    guard other.fact.exists(for: facts.kind) else { return unavailable(other.fact, facts.kind) }
    let right = other.resolve(facts, steps: &steps)
    switch right {
    case .tooCostly: return tooCostly
    case .unreadable: return unmet(left, right, facts)
    case .one, .several, .missing:
      return outcome(left, right, facts) { value in holds(value, right, &steps) }
    }
  }

  /// Whether one value fits; `nil` where that would cost too much.
  private typealias Test = (FactValue) -> Bool?

  private func outcome(
    _ left: Resolution, _ right: Resolution?, _ facts: ConditionFacts, _ test: Test
  ) -> ConditionOutcome {
    switch left {
    case .tooCostly: return tooCostly
    case .unreadable: return unmet(left, right, facts)
    // What is missing is equal to nothing.
    case .missing: return comparison == .unequal ? .met : unmet(left, right, facts)
    case .one(let value):
      guard let isMet = test(value) else { return tooCostly }
      return isMet ? .met : unmet(left, right, facts)
    case .several(let values):
      // One of several has to be equal, unless each is asked for; everything else goes for each.
      let wantsOne = comparison == .equal && !subject.wantsEvery
      for value in values {
        guard let isMet = value.map({ test($0) }) ?? (comparison == .unequal) else {
          return tooCostly
        }
        if isMet == wantsOne {
          return isMet ? .met : unmet(value.map { .one($0) } ?? .missing, right, facts)
        }
      }
      return wantsOne || values.isEmpty ? unmet(left, right, facts) : .met
    }
  }

  private func holds(_ value: FactValue, _ steps: inout Int) -> Bool? {
    let isWanted = comparison == .equal
    guard Self.charge(value, against: comparands, &steps) else { return nil }
    switch expectation {
    case .literal(let literal):
      if comparison.isEquality { return value.equals(literal) == isWanted }
      guard let number = literal.number, let other = value.number else { return false }
      return comparison.holds(other, number)
    case .any(let literals): return literals.contains { value.equals($0) } == isWanted
    case .glob(let glob): return Self.matches(glob.pattern, value, &steps).map { $0 == isWanted }
    case .pattern(let pattern): return Self.matches(pattern, value, &steps).map { $0 == isWanted }
    case .subject: return false
    }
  }

  /// With how many literals a value is compared.
  private var comparands: Int {
    switch expectation {
    case .literal: 1
    case .any(let literals): literals.count
    case .glob, .pattern, .subject: 0
    }
  }

  /// Charges what it costs to compare a value so often: a step for each, and for what each reads.
  /// False where that is more than there is.
  private static func charge(_ value: FactValue, against count: Int, _ steps: inout Int) -> Bool {
    let cost = count &* (1 &+ value.bytes.count / 8)
    guard cost <= steps else {
      steps = 0
      return false
    }
    steps -= cost
    return true
  }

  private static func matches(
    _ pattern: LinearPattern, _ value: FactValue, _ steps: inout Int
  ) -> Bool? {
    switch value.bytes.withUnsafeBytes({ pattern.search($0, steps: &steps) }) {
    case .matched: true
    case .absent: false
    case .tooCostly: nil
    }
  }

  /// Compares a value with what stands on the other side.
  private func holds(_ value: FactValue, _ right: Resolution, _ steps: inout Int) -> Bool? {
    let others: [FactValue] =
      switch right {
      case .one(let other): [other]
      case .several(let several): several.compactMap(\.self)
      case .missing, .unreadable, .tooCostly: []
      }
    let bytes = others.reduce(value.bytes.count) { $0 &+ $1.bytes.count }
    let cost = others.count &* (1 &+ bytes / 8)
    guard cost <= steps else {
      steps = 0
      return nil
    }
    steps -= cost
    if comparison.isEquality {
      return others.contains { value.equals($0) } == (comparison == .equal)
    }
    guard !others.isEmpty, let number = value.number else { return false }
    return others.allSatisfy { other in
      other.number.map { comparison.holds(number, $0) } ?? false
    }
  }
}
