import Logging
import Postgres
import Store
import Synchronization

/// Gathers what agents say of themselves and stores it for all of them in one statement.
final class AliveWriter: Sendable {
  private struct Waiting {
    var byAgent: [Int32: AgentLive] = [:]
    var isStoring = false
  }

  private let waiting = Mutex(Waiting())
  private let pool: PostgresPool
  private let log: Logger
  private let damper = LogDamper()

  init(pool: PostgresPool, log: Logger) {
    self.pool = pool
    self.log = log
  }

  /// Takes the newest word of an agent. While one statement runs, the next gathers.
  func put(_ live: AgentLive) {
    let mustStart = waiting.withLock { waiting in
      waiting.byAgent[live.agentKey] = live
      defer { waiting.isStoring = true }
      return !waiting.isStoring
    }
    if mustStart { storeNext() }
  }

  private func storeNext() {
    let taken = waiting.withLock { waiting -> [AgentLive] in
      defer { waiting.byAgent = [:] }
      if waiting.byAgent.isEmpty { waiting.isStoring = false }
      return Array(waiting.byAgent.values)
    }
    guard !taken.isEmpty else { return }
    pool.submit({ connection in try AgentLive.store(taken, connection) }) { [self] result in
      switch result {
      case .success(let news): tell(news)
      case .failure(let error):
        if let heldBack = damper.pass() {
          log.warning(
            "how agents are could not be stored",
            metadata: ["error": "\(error)", "held_back": "\(heldBack)"])
        }
      }
      storeNext()
    }
  }

  /// Logs that trust in agents was lost or restored.
  func tell(_ news: [TrustNews]) {
    for one in news {
      log.log(
        level: one.isTrusted ? .notice : .warning, "\(one.sentence)",
        metadata: ["agent_key": "\(one.agentKey)", "reason": "\(one.reason)"])
    }
  }
}
