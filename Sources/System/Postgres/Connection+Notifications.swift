import CPostgres

#if canImport(Glibc)
  import Glibc
#endif

/// What a `NOTIFY` told.
public struct PostgresNotification: Hashable, Sendable {
  public var channel: String
  public var payload: String

  public init(channel: String, payload: String) {
    self.channel = channel
    self.payload = payload
  }
}

extension Connection {
  /// Begins to listen on `channels`, which must be plain identifiers.
  public func listen(to channels: [String]) throws(PostgresError) {
    for channel in channels {
      guard !channel.isEmpty, channel.utf8.allSatisfy({ Self.isIdentifierByte($0) }) else {
        throw PostgresError(.bug, "\(channel) is not a channel's name")
      }
      try execute(SQL(verbatim: "LISTEN \(channel)"))
    }
  }

  private static func isIdentifierByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
  }

  /// Tells whoever listens on `channel`, when the transaction commits.
  public func notify(_ channel: String, _ payload: String) throws(PostgresError) {
    try query("SELECT pg_notify($1, $2)", channel, payload)
  }

  /// Waits until a notification is there, `wake` can be read, or `timeoutMs` has passed (-1: for
  /// ever); returns what came.
  public func notifications(
    timeoutMs: Int32, wake: Int32 = -1
  ) throws(PostgresError) -> [PostgresNotification] {
    let waiting = takeNotifications()
    if !waiting.isEmpty { return waiting }
    var watched = [
      pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0),
      pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
    ]
    _ = poll(&watched, 2, timeoutMs)
    guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else {
      throw lostConnection()
    }
    return takeNotifications()
  }

  private func takeNotifications() -> [PostgresNotification] {
    var taken: [PostgresNotification] = []
    while let notify = PQnotifies(handle) {
      taken.append(
        PostgresNotification(
          channel: String(cString: notify.pointee.relname),
          payload: String(cString: notify.pointee.extra)))
      PQfreemem(notify)
    }
    return taken
  }
}
