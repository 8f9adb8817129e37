import Logging
import NIOCore
import Postgres
import Store
import Synchronization

/// Brings news from the store to the sessions of this process: by notifications at once, and by
/// looking every few seconds for what a notification may have missed.
final class IngressWatch: Sendable {
  static let channels = StoreChannel.sessions.map(\.rawValue)
  /// How often it looks.
  private static let period = TimeAmount.seconds(4)

  private let pool: PostgresPool
  private let registry: SessionRegistry
  private let log: Logger
  private let task = Mutex<RepeatedTask?>(nil)

  init(pool: PostgresPool, registry: SessionRegistry, log: Logger) {
    self.pool = pool
    self.registry = registry
    self.log = log
  }

  func start(on loop: any EventLoop) {
    let repeated = loop.scheduleRepeatedTask(
      initialDelay: Self.period, delay: Self.period
    ) { [self] _ in look() }
    task.withLock { $0 = repeated }
  }

  func stop() {
    task.withLock { task in
      task?.cancel()
      task = nil
    }
  }

  /// Takes what the listener tells, on its thread.
  func take(_ event: PostgresListener.Event) {
    switch event {
    case .listening:
      registry.tellAll(.assignmentChanged)
      look()
    case .lost(let error):
      log.warning("the store's notifications are lost", metadata: ["error": "\(error)"])
    case .notification(let notification):
      let parts = notification.payload.split(separator: ":")
      guard let first = parts.first, let agentKey = Int32(first) else { return }
      switch StoreChannel(rawValue: notification.channel) {
      case .revoked: registry.tell(agentKey, .revoked)
      case .session:
        guard parts.count == 2, let generation = Int64(parts[1]) else { return }
        registry.tell(agentKey, .replacedBy(generation: generation))
      case .assignment: registry.tell(agentKey, .assignmentChanged)
      case .probe: registry.tell(agentKey, .probesWait)
      case .try: registry.tell(agentKey, .triesWait)
      case .rotate: registry.tell(agentKey, .rotate)
      case .due, .monitor, .maintenance, .membership, .page, .delivery, nil: return
      }
    }
  }

  /// Looks whether a session here was revoked, replaced, has questions waiting, or runs on another
  /// assignment than the store's.
  private func look() {
    let here = registry.agentKeys
    guard !here.isEmpty else { return }
    pool.submit({ connection in try SessionStanding.read(of: here, connection) }) { [self] result in
      switch result {
      case .success(let standings):
        for standing in standings {
          if standing.isRevoked {
            registry.tell(standing.agentKey, .revoked)
          } else {
            registry.tell(standing.agentKey, .replacedBy(generation: standing.generation))
          }
          registry.tell(
            standing.agentKey,
            .assignmentStands(at: UInt64(max(0, standing.assignmentRevision))))
          if standing.hasProbes { registry.tell(standing.agentKey, .probesWait) }
          if standing.hasTries { registry.tell(standing.agentKey, .triesWait) }
        }
      case .failure(let error):
        log.debug("the sessions' standing could not be read", metadata: ["error": "\(error)"])
      }
    }
  }
}
