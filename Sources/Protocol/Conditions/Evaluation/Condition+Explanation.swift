import Model

extension Condition {
  /// The bytes that each part of an explanation may take, so that all of them fit.
  private static let sideLimit = 72
  private static let valueLimit = 60

  func unavailable(_ fact: Fact, _ kind: ProbeKind) -> ConditionOutcome {
    .undecided(
      .init(
        .agentUnsupported,
        "\(fact.rawValue) is nothing that a check of kind \(kind.rawValue) learns"))
  }

  var tooCostly: ConditionOutcome {
    .undecided(
      .init(
        .assertTooCostly,
        "to evaluate this takes more steps than are allowed: "
          + Excerpt.of(description, limit: Self.sideLimit)))
  }

  func unmet(
    _ left: Resolution, _ right: Resolution?, _ facts: ConditionFacts
  ) -> ConditionOutcome {
    var text = Self.side(subject, left)
    text += " \(comparison.rawValue) "
    if case .subject(let other) = expectation, let right {
      text += Self.side(other, right)
    } else {
      text += Excerpt.of(expectation.description, limit: Self.sideLimit)
    }
    if facts.isBodyCut, let count = facts.body?.count, self.facts.contains(.body) {
      text += "; only the first \(count) bytes of the body were read"
    }
    return .unmet(.init(reason(left, right), Excerpt.of(text, limit: Finding.longestText - 3)))
  }

  private typealias Finding = ConditionOutcome.Finding

  private func reason(_ left: Resolution, _ right: Resolution?) -> Reason {
    if case .unreadable = left { return .assertJSON }
    if case .unreadable = right { return .assertJSON }
    if case .pattern = expectation { return .assertRegex }
    return subject.reason
  }

  /// A placeholder with what it came to.
  private static func side(_ subject: Subject, _ resolution: Resolution) -> String {
    "\(Excerpt.of(subject.description, limit: sideLimit)) (\(value(subject, resolution)))"
  }

  private static func value(_ subject: Subject, _ resolution: Resolution) -> String {
    switch resolution {
    case .missing: return "missing"
    case .tooCostly: return "too costly to find"
    case .unreadable(let problem):
      return Excerpt.of("not read as JSON: \(problem)", limit: sideLimit)
    case .one(let value): return excerpt(value, of: subject)
    case .several(let values):
      if values.isEmpty { return "no elements" }
      var text = ""
      for value in values {
        if !text.isEmpty { text += ", " }
        text += value.map { excerpt($0, of: subject) } ?? "missing"
        if text.utf8.count > valueLimit { break }
      }
      return Excerpt.of(text, limit: valueLimit)
    }
  }

  private static func excerpt(_ value: FactValue, of subject: Subject) -> String {
    if case .whole(let milliseconds) = value, subject.function == nil {
      switch subject.fact {
      case .certificateExpiration, .chainExpiration, .domainExpiration:
        return DurationText.written(milliseconds)
      default: break
      }
    }
    return Excerpt.of(value.bytes, limit: valueLimit)
  }
}
