/// One thing that an API key, or a person in an organization, may do.
public enum Scope: String, Hashable, Sendable, CaseIterable {
  case monitorsRead = "monitors:read"
  case monitorsWrite = "monitors:write"
  case agentsRead = "agents:read"
  case agentsWrite = "agents:write"
  case incidentsRead = "incidents:read"
  /// To acknowledge, comment and resolve.
  case incidentsWrite = "incidents:write"
  case resultsRead = "results:read"
  case channelsRead = "channels:read"
  case channelsWrite = "channels:write"
  case pagesRead = "pages:read"
  case pagesWrite = "pages:write"
  case membersRead = "members:read"
  /// Members and invitations; whom one may give which role, `Authority` says.
  case membersWrite = "members:write"
  case keysRead = "keys:read"
  case keysWrite = "keys:write"
  case auditRead = "audit:read"
  /// To change the organization itself: its name and its policy.
  case organizationWrite = "organization:write"
  /// Stands above organizations: may enrol and revoke the installation's shared agents.
  case installationOperator = "operator"
}
