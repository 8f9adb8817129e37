import CLinux

/// Tells the service manager how the process stands (sd_notify(3)), where there is one.
public struct ServiceNotifier: Sendable {
  private let address: String?
  /// How often the manager wants to hear `WATCHDOG=1`, in milliseconds; `nil` where it does not.
  public let watchdogMs: Int64?

  /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
  public init(environment: [String: String]) {
    address = environment["NOTIFY_SOCKET"].flatMap {
      $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil
    }
    let isMine = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
    watchdogMs =
      isMine ? environment["WATCHDOG_USEC"].flatMap { Int64($0) }.map { max(1, $0 / 1000) } : nil
  }

  /// Sends `KEY=value` lines, such as `READY=1`; nothing happens without a manager.
  public func send(_ text: String) {
    guard let address else { return }
    let bytes = Array(text.utf8)
    _ = up_notify(address, bytes, bytes.count)
  }
}
