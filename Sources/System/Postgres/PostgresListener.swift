import Linux
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// A thread that listens for notifications for as long as it is not stopped.
public final class PostgresListener: Sendable {
  /// What a listener tells.
  public enum Event: Hashable, Sendable {
    /// It listens, at first or again: whatever was notified before may have been missed, so look.
    case listening
    case notification(PostgresNotification)
    /// The connection is gone; it is being made again.
    case lost(PostgresError)
  }

  private let wake: WakeUp
  private let thread: Mutex<DedicatedThread?>
  private let isStopping = Atomic<Bool>(false)

  /// Starts to listen on `channels`; `handler` is called on the listener's own thread.
  public init(
    _ address: PostgresAddress, channels: [String], application: String = "upblit listen",
    handler: @escaping @Sendable (Event) -> Void
  ) throws(PostgresError) {
    do {
      wake = try WakeUp()
      thread = Mutex(nil)
      let started = try DedicatedThread(name: "postgres-listen") { [self] in
        run(address, channels, application, handler)
      }
      thread.withLock { $0 = started }
    } catch {
      throw PostgresError(.unavailable, "cannot listen for the database's notifications: \(error)")
    }
  }

  private func run(
    _ address: PostgresAddress, _ channels: [String], _ application: String,
    _ handler: @Sendable (Event) -> Void
  ) {
    let reconnector = Reconnector(address, application: application) { connection in
      try connection.listen(to: channels)
    }
    var known: Connection?
    var isTold = false
    while !isStopping.load(ordering: .acquiring) {
      do {
        // Its end may have been read along with the last bytes; it is told before there is a new one.
        if let known, !known.isAlive { throw known.lostConnection() }
        let connection = try reconnector.current()
        if connection !== known {
          known = connection
          isTold = false
          handler(.listening)
        }
        for notification in try connection.notifications(timeoutMs: 30_000, wake: wake.descriptor) {
          handler(.notification(notification))
        }
      } catch {
        known = nil
        reconnector.drop()
        if !isTold { handler(.lost((error as? PostgresError) ?? PostgresError(.bug, "\(error)"))) }
        isTold = true
        var watched = pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&watched, 1, Int32(clamping: max(10, reconnector.waitMs)))
      }
    }
  }

  /// Ends the thread and its connection; returns when it has ended. To be called once, and not from
  /// the handler.
  public func stop() {
    guard !isStopping.exchange(true, ordering: .acquiringAndReleasing) else { return }
    wake.signal()
    thread.withLock { $0 }?.join()
  }
}
