/// An agent's surroundings came to be doubted, or are beyond doubt again: one event for the admins
/// (table `agent_event`). A mere new start is none.
public struct TrustNews: Hashable, Sendable {
  public var agentKey: Int32
  public var isTrusted: Bool
  /// `AgentTrust.Reason`'s word; of an agent that is trusted again, why it was not.
  public var reason: String

  /// What a log says of it.
  public var sentence: String {
    isTrusted
      ? "an agent is trusted again"
      : "an agent is distrusted: what its surroundings could explain counts for nothing"
  }
}
