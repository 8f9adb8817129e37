import Linux
import Logging
import Postgres
import Sending
import ServiceLifecycle

/// Sends what the outbox owes to channels, on threads of its own.
struct AlertService: Service {
  private let address: PostgresAddress
  private let settings: SendingSettings
  private let logger: Logger

  init(_ address: PostgresAddress, _ settings: SendingSettings, logger: Logger) {
    self.address = address
    self.settings = settings
    self.logger = logger
  }

  /// Runs until the group shuts down gracefully or the task is cancelled. An attempt that has begun is
  /// finished; the rest is sent by another collector, or later.
  func run() async throws {
    let log = AlertLog(logger)
    let crew = try SendingCrew(address, settings) { log.take($0) }
    try? await gracefulShutdown()
    await withCheckedContinuation { continuation in
      // Joining blocks, so it has a thread of its own; where none can be made it blocks here.
      let finish: @Sendable () -> Void = {
        crew.stop()
        continuation.resume()
      }
      do {
        _ = try DedicatedThread(name: "alerts-stop", body: finish)
      } catch {
        finish()
      }
    }
  }
}
