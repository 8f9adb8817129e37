import Linux

/// How the files that this process may have open are shared out, so that a crowd of agents never
/// keeps the API or the store from being reached, nor the other way round.
struct OpenFiles: Sendable {
  /// Connections of agents.
  let agents: Int
  /// Connections to the API.
  let requests: Int
  /// Everything that is open besides: the log, libraries, listeners, event loops.
  private static let others = 64

  /// Shares out `limit`, of which `store` are connections to the database.
  init(limit: Int, store: Int) {
    let rest = max(32, limit - store - Self.others)
    requests = min(1024, rest / 4)
    agents = rest - requests
  }

  /// Raises the limit as far as the system lets us, and shares it out.
  static func raised(store: Int) -> OpenFiles {
    OpenFiles(limit: Int(clamping: ProcessLimits.raiseOpenFiles()), store: store)
  }
}
