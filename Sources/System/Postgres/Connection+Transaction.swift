import CPostgres

extension Connection {
  /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
  ///
  /// Throws what `body` throws; `outcomeUnknown` when the connection went away during COMMIT.
  public func transaction<T>(
    _ begin: SQL = "BEGIN", _ body: (Connection) throws -> T
  ) throws -> T {
    try execute(begin)
    let value: T
    do {
      value = try body(self)
    } catch {
      rollback()
      throw error
    }
    try commit()
    return value
  }

  /// Runs `body` in a transaction, again when it met another (kind `retry`), at most `attempts`
  /// times with short random waits between.
  public func retryingTransaction<T>(
    _ begin: SQL = "BEGIN", attempts: Int = 6, _ body: (Connection) throws -> T
  ) throws -> T {
    var attempt = 1
    while true {
      do {
        return try transaction(begin, body)
      } catch let error as PostgresError where error.kind == .retry && attempt < attempts {
        Pause.milliseconds(.random(in: 1...(5 << min(attempt, 5))))
        attempt += 1
      }
    }
  }

  /// Commits. Throws `outcomeUnknown` when the answer did not come.
  public func commit() throws(PostgresError) {
    let rows: Rows
    do {
      rows = try self.rows(PQexec(handle, "COMMIT"))
    } catch {
      guard error.kind == .reconnect else {
        rollback()
        throw error
      }
      throw unknownOutcome()
    }
    guard rows.commandTag == "COMMIT" else {
      throw PostgresError(.bug, "COMMIT of a transaction that had failed")
    }
  }

  /// Rolls back what is open; does nothing otherwise.
  public func rollback() {
    guard PQstatus(handle) == CONNECTION_OK, isInTransaction else { return }
    PQclear(PQexec(handle, "ROLLBACK"))
  }

  func unknownOutcome() -> PostgresError {
    PostgresError(
      .outcomeUnknown,
      "the connection to Postgres at \(address.place) was lost during COMMIT; "
        + "what was asked may or may not be stored")
  }
}
