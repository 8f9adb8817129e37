import Model

/// What is to be said to a target, and heard from it.
public enum ConversationPlan: Hashable, Sendable {
  case stream(StreamPlan)
  case datagram(DatagramPlan)
  case echo(EchoPlan)
  case trace(TracePlan)

  /// The longest that any plan may ask for.
  public static let longestUs: Int64 = 3_600_000_000

  /// The most that it may take, in microseconds, brought into bounds.
  public var limitUs: Int64 {
    let limitUs =
      switch self {
      case .stream(let plan): plan.limitUs
      case .datagram(let plan): plan.limitUs
      case .echo(let plan): plan.limitUs
      case .trace: TracePlan.limitUs
      }
    return min(max(0, limitUs), Self.longestUs)
  }
}
