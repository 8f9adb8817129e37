import Conditions

/// Facts that differ from those of an empty HTTP answer in some way.
func facts(
  _ kind: ProbeKind = .http, _ change: (inout ConditionFacts) -> Void = { _ in }
) -> ConditionFacts {
  var facts = ConditionFacts(kind: kind)
  change(&facts)
  return facts
}

/// Facts of an HTTP answer with this body.
func body(_ text: String) -> ConditionFacts { facts { $0.body = Array(text.utf8) } }

/// How a condition comes out: `met`, or what is said.
func said(_ text: String, _ facts: ConditionFacts) throws -> String {
  switch try Condition(parsing: text, for: facts.kind).evaluate(facts) {
  case .met: "met"
  case .unmet(let finding): finding.description
  case .undecided(let finding): "undecided: \(finding)"
  }
}
