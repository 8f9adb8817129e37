import Logging
import Postgres
import ServiceLifecycle
import Store

/// Makes partitions ahead and clears old rows away, at the start and every hour; what is kept for minutes
/// alone it clears away every minute.
struct MaintenanceService: Service {
  let pool: PostgresPool
  let log: Logger

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var minutes = 0
      while !Task.isCancelled {
        if minutes % 60 == 0 { await once() }
        await clearTries()
        minutes += 1
        try await Task.sleep(for: .seconds(60))
      }
    }
  }

  private func clearTries() async {
    do {
      _ = try await pool.run { connection in try CheckTries.clear(on: connection) }
    } catch {
      log.warning("could not clear tried checks away", metadata: ["error": "\(error)"])
    }
  }

  private func once() async {
    do {
      let report = try await pool.run { connection in try Maintenance.run(connection) }
      guard let report else { return }
      for failure in report.failures {
        log.warning(
          "could not tidy up a part",
          metadata: ["part": "\(failure.part)", "error": "\(failure.reason)"])
      }
      log.debug(
        "tidied up",
        metadata: [
          "partitions_made": "\(report.partitionsMade)",
          "partitions_dropped": "\(report.partitionsDropped.count)",
          "rows_removed": "\(report.rowsRemoved)",
        ])
    } catch {
      log.warning("could not tidy up", metadata: ["error": "\(error)"])
    }
  }
}
