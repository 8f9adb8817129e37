import Conditions
import Model

extension Judgement {
  /// What the conditions of a check say of an answer that is good otherwise.
  ///
  /// One that can't be decided says nothing about the target (class `agent`).
  public static func outcome(of facts: ConditionFacts, under conditions: ConditionList) -> Outcome {
    switch conditions.evaluate(facts, steps: stepLimit) {
    case .met: .up
    case .degraded(let finding): .degraded(failure(finding, facts))
    case .unmet(let finding), .undecided(let finding): .failed(failure(finding, facts))
    }
  }

  /// What all conditions of one answer may cost: some tens of milliseconds of the prober's thread.
  private static let stepLimit = 4_000_000

  private static func failure(
    _ finding: ConditionOutcome.Finding, _ facts: ConditionFacts
  ) -> Failure {
    if finding.reason == .assertJSON, facts.isBodyCut {
      return Failure(
        .bodyTooLarge, detail: "the body goes on behind what is read, and can't be read as JSON")
    }
    return Failure(finding.reason, detail: masked(finding))
  }

  /// The explanation without what may be a secret: it is stored, and shown to all who may read.
  private static func masked(_ finding: ConditionOutcome.Finding) -> String {
    let text = Array(finding.explanation.utf8)
    // What is asked about stands first: a header or a member with a telling name is not shown at all.
    let subject = text.prefix { $0 != 0x20 && $0 != UInt8(ascii: "(") }
    let isNamed = subject.starts(with: "[HEADERS]".utf8) || subject.starts(with: "[BODY]".utf8)
    if isNamed, SecretMask.hides(headerName: subject) {
      return "\(String(decoding: subject, as: UTF8.self)): \(finding.reason.sentence)"
    }
    var result: [UInt8] = []
    SecretMask.append(text, to: &result)
    // An ellipsis says where it was cut, so that what is masked later is known there too.
    return excerpt(String(decoding: result, as: UTF8.self), limit: 252)
  }
}
