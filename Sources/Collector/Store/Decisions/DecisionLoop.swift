import Linux
import Postgres
import Quorum

#if canImport(Glibc)
  import Glibc
#endif

/// Rings when there may be something to do; any thread may ring, one waits.
public final class Doorbell: Sendable {
  private let event: WakeUp

  /// Throws where no descriptor is left.
  public init() throws {
    event = try WakeUp()
  }

  /// Lets the one who waits go on, now or when it next waits.
  public func ring() { event.signal() }

  /// Waits until somebody rings or `milliseconds` have passed; says whether somebody rang.
  @discardableResult
  public func wait(milliseconds: Int64) -> Bool {
    var watched = pollfd(fd: event.descriptor, events: Int16(POLLIN), revents: 0)
    let ready = poll(&watched, 1, Int32(clamping: max(0, milliseconds)))
    event.drain()
    return ready > 0
  }
}

/// One worker: steps whatever is due, then waits for the next. To be run on a thread of its own.
///
/// A notification only makes it look sooner; without any it looks every second.
public final class DecisionLoop {
  /// What a worker tells about itself.
  public enum Notice: Sendable {
    case stepped(DecisionStep.Report)
    /// One monitor was put aside.
    case putAside(DecisionError)
    /// The store can't be asked; it is tried again.
    case trouble(PostgresError)
  }

  /// How long a worker waits when it knows of nothing, and after trouble, ms.
  static let idleMs: Int64 = 1_000
  static let troubleMs: Int64 = 200

  /// What a deciding connection is set to. Its statements are few and find their rows by keys: one
  /// plan for each is enough, and planning them anew for every batch would double their cost.
  /// Locks are held for milliseconds: whoever waits for seconds waits for one that hangs, and whoever
  /// does nothing for seconds in the midst of a step hangs itself and lets the others in.
  public static let settings: SQL =
    StoreSession.settings
      + """
      ; SET plan_cache_mode = force_generic_plan; SET lock_timeout = '2s';
      SET idle_in_transaction_session_timeout = '5s'
      """

  private let reconnector: Reconnector
  private let bell: Doorbell
  private let onNotice: @Sendable (Notice) -> Void
  private var pace = WatchPace()

  /// - Parameter bell: rung by whoever has a hint, and to end the loop.
  public init(
    _ address: PostgresAddress, bell: Doorbell, onNotice: @escaping @Sendable (Notice) -> Void
  ) {
    reconnector = Reconnector(address, application: "upblit decisions") { connection in
      try connection.execute(Self.settings)
    }
    self.bell = bell
    self.onNotice = onNotice
  }

  /// Runs until `isStopping` answers true; a step that has begun is finished.
  public func run(until isStopping: () -> Bool) {
    while !isStopping() {
      do {
        let connection = try reconnector.current()
        while !isStopping(), try stepSome(connection) {}
        let next = try Due.next(connection) ?? Self.idleMs
        bell.wait(milliseconds: min(Self.idleMs, max(1, next)))
      } catch {
        reconnector.settle()
        onNotice(.trouble((error as? PostgresError) ?? PostgresError(.bug, "\(error)")))
        bell.wait(milliseconds: max(Self.troubleMs, Int64(reconnector.waitMs)))
      }
    }
    reconnector.drop()
  }

  /// Steps some monitors; false where none is due.
  private func stepSome(_ connection: Connection) throws -> Bool {
    try pace.refresh(connection)
    guard let outcome = try DecisionStep.run(connection, pace: pace) else { return false }
    for report in outcome.reports { onNotice(.stepped(report)) }
    for error in outcome.putAside { onNotice(.putAside(error)) }
    return true
  }
}

/// What every deciding connection is set to.
enum StoreSession {
  static let settings: SQL = """
    SET synchronous_commit = on; SET statement_timeout = '15s'; SET lock_timeout = '5s';
    SET idle_in_transaction_session_timeout = '30s'; SET jit = off
    """
}
