import Logging
import ServiceLifecycle
import Synchronization

/// Tells systemd, and the log, when every part takes connections and when the end has begun.
final class ReadyService: Service {
  private let log: Logger
  private let missing: Mutex<Set<String>>
  private let standing: AsyncStream<Void>
  private let allStand: AsyncStream<Void>.Continuation

  /// - Parameter parts: the names by which parts say that they stand.
  init(log: Logger, parts: Set<String>) {
    self.log = log
    missing = Mutex(parts)
    (standing, allStand) = AsyncStream.makeStream(of: Void.self)
  }

  /// A part takes connections.
  func stands(_ part: String) {
    let isComplete = missing.withLock { missing in
      missing.remove(part)
      return missing.isEmpty
    }
    if isComplete { allStand.finish() }
  }

  func run() async throws {
    await withGracefulShutdownHandler {
      for await _ in standing {}
    } onGracefulShutdown: {
      self.allStand.finish()
    }
    if missing.withLock({ $0.isEmpty }) {
      SystemdNotifier.ready()
      log.info("ready", metadata: ["version": "\(Version.text)"])
    }
    try? await gracefulShutdown()
    SystemdNotifier.stopping()
    log.info("stopping")
  }
}
