import Postgres

/// The channels on which collectors tell each other to look sooner. What they carry is only a hint;
/// the tables hold the truth.
public enum StoreChannel: String, Hashable, Sendable, CaseIterable {
  /// Monitors are due to be stepped. No payload.
  case due = "upblit_due"
  /// A monitor was made, changed or deleted. Payload: its key.
  case monitor = "upblit_monitor"
  /// A planned maintenance was made, changed or ended. No payload.
  case maintenance = "upblit_maintenance"
  /// An agent was enrolled or revoked: deal assignments anew. Payload: the agent's key.
  case membership = "upblit_membership"
  /// An agent's assignment has changed. Payload: the agent's key.
  case assignment = "upblit_assignment"
  /// Questions wait to be sent to an agent. Payload: the agent's key.
  case probe = "upblit_probe"
  /// Checks that somebody tries wait to be sent to an agent. Payload: the agent's key.
  case `try` = "upblit_try"
  /// An agent was revoked: close its session. Payload: the agent's key.
  case revoked = "upblit_revoked"
  /// A session has begun: close an older one of this agent. Payload: `agent key:generation`.
  case session = "upblit_session"
  /// An agent's session is asked to rotate its key. Payload: the agent's key.
  case rotate = "upblit_rotate"
  /// What an organization shows to the public may have changed. Payload: the organization's number.
  case page = "upblit_page"
  /// Something is to be told to a channel. No payload.
  case delivery = "upblit_delivery"

  /// Those that make the deciding threads look.
  public static let deciding: [StoreChannel] = [.due, .monitor, .maintenance, .membership]
  /// Those that concern the sessions of agents; each payload begins with the agent's key.
  public static let sessions: [StoreChannel] = [
    .assignment, .probe, .try, .revoked, .session, .rotate,
  ]
  /// Those that make the sending threads look.
  public static let sending: [StoreChannel] = [.delivery]
  /// Those that concern who keeps public pages.
  public static let showing: [StoreChannel] = [.page]
}

extension Connection {
  /// Tells whoever listens on `channel`, when the transaction commits.
  public func notify(_ channel: StoreChannel, _ payload: String = "") throws(PostgresError) {
    try notify(channel.rawValue, payload)
  }
}
