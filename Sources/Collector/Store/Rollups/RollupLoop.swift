import Postgres

/// Keeps the rollups every 30 seconds. To be run on a thread of its own, by every collector: one at
/// a time does the work.
public final class RollupLoop {
  /// What it tells about itself.
  public enum Notice: Sendable {
    /// A run that added or closed something, or found what it could not read.
    case kept(RollupKeeper.Report)
    /// The store can't be asked; it is tried again.
    case trouble(PostgresError)
  }

  static let everyMs: Int64 = 30_000

  private let reconnector: Reconnector
  private let bell: Doorbell
  private let onNotice: @Sendable (Notice) -> Void
  private let keeper = RollupKeeper()

  /// - Parameter bell: rung to end the loop.
  public init(
    _ address: PostgresAddress, bell: Doorbell, onNotice: @escaping @Sendable (Notice) -> Void
  ) {
    reconnector = Reconnector(address, application: "upblit rollups") { connection in
      try connection.execute(StoreSession.settings)
    }
    self.bell = bell
    self.onNotice = onNotice
  }

  /// Runs until `isStopping` answers true.
  public func run(until isStopping: () -> Bool) {
    while !isStopping() {
      do {
        let report = try keeper.run(reconnector.current(), until: isStopping)
        if report.results + report.closings + report.unreadable > 0 { onNotice(.kept(report)) }
      } catch {
        reconnector.settle()
        let trouble = (error as? PostgresError) ?? PostgresError(.bug, "\(error)")
        if trouble.kind != .retry { onNotice(.trouble(trouble)) }
      }
      _ = bell.wait(milliseconds: Self.everyMs)
    }
    reconnector.drop()
  }
}
