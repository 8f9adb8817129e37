import CPostgres

#if canImport(Glibc)
  import Glibc
#endif

/// One connection to Postgres, owned by one thread.
///
/// Statements are prepared at their first use and kept; parameters and answers travel in binary.
/// Every call blocks until the server has answered. After an error of kind `reconnect` or
/// `outcomeUnknown` the connection is of no more use.
public final class Connection {
  let handle: OpaquePointer
  let address: PostgresAddress
  private var prepared: [SQL: Prepared] = [:]
  private var preparedCount = 0
  var parameters = ParameterBuffer()
  /// Set when the server forgot or invalidated what was prepared.
  private var mustForget = false

  struct Prepared {
    var name: String
    var types: [UInt32]
  }

  /// Connects, waiting at most `timeoutSeconds` for each address of the host.
  ///
  /// Throws `unavailable` where nobody answers and `giveUp` where the server refuses the user, the
  /// password or the database.
  public init(
    _ address: PostgresAddress, application: String = "upblit", timeoutSeconds: Int = 5
  ) throws(PostgresError) {
    let settings = [
      ("connect_timeout", String(timeoutSeconds)), ("fallback_application_name", application),
      ("client_encoding", "UTF8"), ("keepalives_idle", "15"), ("keepalives_interval", "5"),
      ("keepalives_count", "3"), ("tcp_user_timeout", "20000"), ("dbname", address.conninfo),
    ]
    guard let handle = Self.connect(settings) else {
      throw PostgresError(.unavailable, "there is no memory for a connection to Postgres")
    }
    guard PQstatus(handle) == CONNECTION_OK else {
      let reason = Self.firstLine(PQerrorMessage(handle))
      PQfinish(handle)
      throw Self.connectionError(address, reason)
    }
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    self.handle = handle
    self.address = address
  }

  deinit { PQfinish(handle) }

  /// The server process that serves this connection.
  public var backendProcess: Int32 { PQbackendPID(handle) }

  /// Whether the connection still stands, as far as can be told without asking the server: an end
  /// that it sent while nobody was looking is noticed.
  public var isAlive: Bool {
    guard PQstatus(handle) == CONNECTION_OK else { return false }
    // What is read first may be the server's farewell, with the end behind it.
    for _ in 0..<8 {
      guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else { return false }
      var socket = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
      guard poll(&socket, 1, 0) > 0 else { break }
    }
    return true
  }

  /// Whether a transaction is open, working or failed.
  public var isInTransaction: Bool {
    PQtransactionStatus(handle) != PQTRANS_IDLE
  }

  /// Runs one statement with its parameters.
  @discardableResult
  public func query(
    _ sql: SQL, _ values: any PostgresValue...
  ) throws(PostgresError) -> Rows {
    try query(sql, with: values)
  }

  /// Runs one statement with its parameters.
  @discardableResult
  public func query(_ sql: SQL, with values: [any PostgresValue]) throws(PostgresError) -> Rows {
    try forgetIfNeeded()
    parameters.fill(values)
    let name = try preparedName(for: sql)
    let result = parameters.withPointers { count, values, lengths, formats in
      PQexecPrepared(handle, name, count, values, lengths, formats, 1)
    }
    return try rows(result)
  }

  /// Runs statements without parameters, separated by semicolons, as one text: migrations, SET,
  /// BEGIN. What they answer is not looked at.
  public func execute(_ sql: SQL) throws(PostgresError) {
    try forgetIfNeeded()
    _ = try rows(PQexec(handle, sql.text))
  }

  // MARK: - For the other files of this type

  func forgetIfNeeded() throws(PostgresError) {
    guard mustForget, PQtransactionStatus(handle) == PQTRANS_IDLE else { return }
    prepared.removeAll()
    mustForget = false
    try execute("DEALLOCATE ALL")
  }

  /// The prepared statement for `sql` with the types that the parameter buffer holds now.
  private func preparedName(for sql: SQL) throws(PostgresError) -> String {
    if let known = prepared[sql], known.types == parameters.types { return known.name }
    let new = newName()
    let types = parameters.types
    _ = try rows(PQprepare(handle, new, sql.text, Int32(types.count), types))
    prepared[sql] = Prepared(name: new, types: types)
    return new
  }

  /// As `preparedName`, but only sends what prepares it. Returns whether an answer will come.
  func sendPrepare(_ sql: SQL) throws(PostgresError) -> (name: String, sent: Bool) {
    if let known = prepared[sql], known.types == parameters.types { return (known.name, false) }
    let new = newName()
    let types = parameters.types
    guard PQsendPrepare(handle, new, sql.text, Int32(types.count), types) == 1 else {
      throw lostConnection()
    }
    prepared[sql] = Prepared(name: new, types: types)
    return (new, true)
  }

  func forget(_ sql: SQL) { prepared[sql] = nil }

  private func newName() -> String {
    preparedCount += 1
    return "u\(preparedCount)"
  }

  /// Takes a result over, as rows or as the error that it is.
  func rows(_ result: OpaquePointer?) throws(PostgresError) -> Rows {
    guard let result else { throw lostConnection() }
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY, PGRES_COPY_IN, PGRES_PIPELINE_SYNC:
      return Rows(result)
    default:
      defer { PQclear(result) }
      throw error(of: result)
    }
  }

  /// The error that a failed result carries.
  func error(of result: OpaquePointer) -> PostgresError {
    func field(_ code: Int32) -> String? {
      PQresultErrorField(result, code).map { String(cString: $0) }
    }
    let state = field(up_pg_diag_sqlstate()) ?? ""
    let isLost = PQstatus(handle) != CONNECTION_OK
    guard !state.isEmpty || !isLost else { return lostConnection() }
    var message = field(up_pg_diag_message()) ?? Self.firstLine(PQresultErrorMessage(result))
    var kind = PostgresError.Kind(sqlState: state, message: message)
    if isLost { kind = .reconnect }
    if kind == .retry, state == "26000" || state == "0A000" { mustForget = true }
    if kind == .giveUp || kind == .unavailable {
      message = "Postgres at \(address.place): \(message)"
    }
    return PostgresError(
      kind, sqlState: state, constraint: field(up_pg_diag_constraint()), message)
  }

  func lostConnection() -> PostgresError {
    PostgresError(
      .reconnect,
      "the connection to Postgres at \(address.place) was lost: "
        + Self.firstLine(PQerrorMessage(handle)))
  }

  static func firstLine(_ text: UnsafePointer<CChar>?) -> String {
    guard let text else { return "no reason given" }
    let bytes = String(cString: text).utf8.prefix { $0 != UInt8(ascii: "\n") }
    return bytes.isEmpty ? "no reason given" : String(decoding: bytes, as: UTF8.self)
  }

  private static func connect(_ settings: [(String, String)]) -> OpaquePointer? {
    let buffers = settings.map { (Array($0.0.utf8CString), Array($0.1.utf8CString)) }
    var keywords: [UnsafePointer<CChar>?] = []
    var values: [UnsafePointer<CChar>?] = []
    func descend(_ index: Int) -> OpaquePointer? {
      guard index < buffers.count else {
        return PQconnectdbParams(keywords + [nil], values + [nil], 1)
      }
      return buffers[index].0.withUnsafeBufferPointer { keyword in
        buffers[index].1.withUnsafeBufferPointer { value in
          keywords.append(keyword.baseAddress)
          values.append(value.baseAddress)
          return descend(index + 1)
        }
      }
    }
    return descend(0)
  }

  /// libpq tells a refusal at connection time only by words (it has no SQLSTATE then).
  private static func connectionError(
    _ address: PostgresAddress, _ reason: String
  ) -> PostgresError {
    guard let fatal = reason.range(ofBytes: "FATAL:") else {
      return PostgresError(
        .unavailable,
        "cannot reach Postgres at \(address.place) as \(address.user): \(reason); is it running?")
    }
    let words = String(reason[fatal...].dropFirst("FATAL:".count).drop { $0 == " " })
    let passing = [
      "starting up", "shutting down", "too many", "remaining connection slots", "not yet accepting",
      "in recovery",
    ]
    if passing.contains(where: { words.range(ofBytes: $0) != nil }) {
      return PostgresError(.unavailable, "Postgres at \(address.place) can't serve now: \(words)")
    }
    return PostgresError(
      .giveUp,
      "Postgres at \(address.place) refuses \(address.user) for database \(address.database): "
        + "\(words); check the database's address, user and password")
  }
}

extension String {
  /// Where `needle` first begins, compared byte by byte.
  func range(ofBytes needle: String) -> String.Index? {
    let pattern = Array(needle.utf8)
    var start = utf8.startIndex
    while start < utf8.endIndex {
      if utf8[start...].starts(with: pattern) { return start }
      start = utf8.index(after: start)
    }
    return nil
  }
}
