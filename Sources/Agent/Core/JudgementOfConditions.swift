import Conditions
import Model

extension Judgement {
  /// What the conditions of a check say of an answer that is good otherwise.
  ///
  /// One that can't be decided says nothing about the target (class `agent`).
  public static func outcome(of facts: ConditionFacts, under conditions: ConditionList) -> Outcome {
    switch conditions.evaluate(facts) {
    case .met: .up
    case .degraded(let finding): .degraded(failure(finding))
    case .unmet(let finding), .undecided(let finding): .failed(failure(finding))
    }
  }

  private static func failure(_ finding: ConditionOutcome.Finding) -> Failure {
    Failure(finding.reason, detail: finding.explanation)
  }
}
