import Linux
import Postgres

#if canImport(Glibc)
  import Glibc
#endif

/// Runs the maintenance schedule every second, and at once when somebody rings. To be run on a
/// thread of its own.
public final class MaintenanceLoop {
  /// What it tells about itself.
  public enum Notice: Sendable {
    /// A run that told the engine something.
    case changed(MaintenanceSchedule.Report)
    /// The store can't be asked; it is tried again.
    case trouble(PostgresError)
  }

  static let everyMs: Int64 = 1_000

  private let reconnector: Reconnector
  private let bell: Doorbell
  private let onNotice: @Sendable (Notice) -> Void
  private var schedule = MaintenanceSchedule()

  /// - Parameter bell: rung when windows or monitors are known to have changed, and to end the loop.
  public init(
    _ address: PostgresAddress, bell: Doorbell, onNotice: @escaping @Sendable (Notice) -> Void
  ) {
    reconnector = Reconnector(address, application: "upblit maintenance") { connection in
      try connection.execute(StoreSession.settings)
    }
    self.bell = bell
    self.onNotice = onNotice
  }

  /// Runs until `isStopping` answers true.
  public func run(until isStopping: () -> Bool) {
    var isHinted = false
    while !isStopping() {
      do {
        let connection = try reconnector.current()
        let report = try schedule.run(nowMs: Self.monotonicMs, isHinted: isHinted, connection)
        isHinted = false
        if report.began + report.ended > 0 { onNotice(.changed(report)) }
      } catch {
        reconnector.settle()
        let trouble = (error as? PostgresError) ?? PostgresError(.bug, "\(error)")
        if trouble.kind != .retry { onNotice(.trouble(trouble)) }
      }
      if bell.wait(milliseconds: Self.everyMs) { isHinted = true }
    }
    reconnector.drop()
  }

  /// Milliseconds of the monotonic clock.
  private static var monotonicMs: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000 &+ Int64(time.tv_nsec) / 1_000_000
  }
}
