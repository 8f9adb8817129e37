import Model

/// What came of evaluating a condition.
public enum ConditionOutcome: Hashable, Sendable {
  case met
  case unmet(Finding)
  /// Nothing can be said of the target: evaluation would take more steps than are allowed
  /// (`assertTooCostly`), or such a probe does not learn what is asked (`agentUnsupported`).
  case undecided(Finding)

  /// Why a condition was not met, or not decided.
  public struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes of an explanation.
    public static let longestText = 255

    public var reason: Reason
    /// The condition with what was found: `[STATUS] (503) < 300`. Control characters and unseen
    /// marks are masked; at most `longestText` bytes.
    public var explanation: String

    public init(_ reason: Reason, _ explanation: String) {
      self.reason = reason
      self.explanation = explanation
    }

    public var description: String { "\(reason.code): \(explanation)" }
  }
}
