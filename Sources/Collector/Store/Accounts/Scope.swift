/// One thing that an API key may allow.
public enum Scope: String, Hashable, Sendable, CaseIterable {
  case monitorsRead = "monitors:read"
  case monitorsWrite = "monitors:write"
  case agentsRead = "agents:read"
  case agentsWrite = "agents:write"
  case incidentsRead = "incidents:read"
  case resultsRead = "results:read"
  /// Stands above organizations: may enrol and revoke the installation's shared agents.
  case installationOperator = "operator"
}
