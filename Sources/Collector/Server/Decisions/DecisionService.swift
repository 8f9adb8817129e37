import Linux
import Logging
import Postgres
import ServiceLifecycle
import Store
import Synchronization

/// Turns what ingest has stored into verdicts and incidents, keeps agents assigned, and tells where
/// maintenances begin and end.
///
/// Blocking work on threads of its own: one for the assignment, one for maintenances, a few that step
/// due monitors, one that listens. Any number of collectors may run one against one database.
public struct DecisionService: Service {
  /// The channels whose notifications make it look sooner.
  public static let channels = StoreChannel.deciding.map(\.rawValue)

  private let address: PostgresAddress
  private let workers: Int
  private let logger: Logger

  /// - Parameter workers: how many monitors may be stepped at once by this process.
  public init(_ address: PostgresAddress, workers: Int = 2, logger: Logger) {
    self.address = address
    self.workers = max(1, workers)
    self.logger = logger
  }

  /// Runs until the group shuts down gracefully or the task is cancelled. A step that has begun is
  /// finished; whatever is due then is done by another collector, or later.
  public func run() async throws {
    let crew = try Crew(address, workers: workers, logger: logger)
    try? await gracefulShutdown()
    await withCheckedContinuation { continuation in
      // Joining blocks, so it has a thread of its own; where none can be made it blocks here.
      let finish: @Sendable () -> Void = {
        crew.stop()
        continuation.resume()
      }
      do {
        _ = try DedicatedThread(name: "decisions-stop", body: finish)
      } catch {
        finish()
      }
    }
  }
}
