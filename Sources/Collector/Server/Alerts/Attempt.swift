public import Alerts

/// What came of one attempt to send something.
public struct Attempt: Hashable, Sendable {
  public var answer: ProviderAnswer
  /// Whether it may have been taken: at least its first byte was sent, and nobody said that it was
  /// not.
  public var mayHaveArrived: Bool

  /// Whether the receiver said anything.
  public var isAnswered: Bool {
    if case .none = answer { false } else { true }
  }
}
