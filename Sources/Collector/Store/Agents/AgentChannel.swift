/// The channels on which collectors tell each other about agents. What they carry is only a hint to
/// look; the tables hold the truth.
public enum AgentChannel {
  /// An agent was revoked: close its session. Payload: the agent's key.
  public static let revoked = "upblit_revoked"
  /// A session has begun: close an older one of this agent. Payload: `agent key:generation`.
  public static let session = "upblit_session"
  /// An agent was enrolled or revoked: deal assignments anew. Payload: the agent's key.
  public static let membership = "upblit_membership"
}
