#if canImport(Glibc)
  import Glibc
#endif

/// Keeps one connection of one thread: made when needed, made anew when lost, not asked for again
/// too soon after a refusal.
///
/// Belongs to its thread, as the connection does.
public final class Reconnector {
  private let address: PostgresAddress
  private let application: String
  private let prepare: (Connection) throws -> Void
  private var connection: Connection?
  private var lastFailure: PostgresError?
  private var notBefore: Int64 = 0
  private var delayMs: Int64 = 0

  /// `prepare` runs on every new connection: session settings, LISTEN.
  public init(
    _ address: PostgresAddress, application: String,
    prepare: @escaping (Connection) throws -> Void = { _ in }
  ) {
    self.address = address
    self.application = application
    self.prepare = prepare
  }

  /// The connection, made if there is none. Throws the last failure without trying while it is too
  /// soon to try again (50 ms at first, doubling to 2 s).
  public func current() throws -> Connection {
    if let connection, connection.isAlive { return connection }
    connection = nil
    if let lastFailure, Self.monotonicMs() < notBefore { throw lastFailure }
    do {
      let fresh = try Connection(address, application: application)
      try prepare(fresh)
      connection = fresh
      lastFailure = nil
      delayMs = 0
      return fresh
    } catch {
      delayMs = min(2000, max(50, delayMs * 2))
      notBefore = Self.monotonicMs() + .random(in: delayMs / 2...delayMs)
      lastFailure = (error as? PostgresError) ?? PostgresError(.bug, "\(error)")
      throw error
    }
  }

  /// Leaves no transaction open, and lets the connection go where it is of no more use: after it
  /// was lost, and after `unavailable`, for another server may be able by now.
  public func settle(after error: (any Error)? = nil) {
    guard let connection else { return }
    connection.rollback()
    let isUnable = (error as? PostgresError)?.kind == .unavailable
    if isUnable || !connection.isAlive || connection.isInTransaction { self.connection = nil }
  }

  /// Lets the connection go.
  public func drop() {
    connection = nil
  }

  /// How long to wait before `current()` will try again; 0 when it may at once.
  public var waitMs: Int { Int(max(0, notBefore - Self.monotonicMs())) }

  static func monotonicMs() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
