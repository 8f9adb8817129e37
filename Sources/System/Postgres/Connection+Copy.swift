import CPostgres

extension Connection {
  /// Runs `COPY ... FROM STDIN (FORMAT binary)` with tuples that others have encoded.
  ///
  /// `fill` hands over any number of chunks of whole or partial tuples; the header and the trailer
  /// are written here. libpq reads what the server says while it sends, so that neither waits for
  /// the other. Returns the rows that were stored.
  ///
  /// The stream (Postgres manual, COPY, "Binary Format"): `PGCOPY\n\377\r\n\0`, flags int4, length
  /// of extensions int4; then for each tuple int2 fields and for each field int4 length (-1 is
  /// NULL) and its bytes; then int2 -1.
  @discardableResult
  public func copyBinary(
    _ sql: SQL, _ fill: (inout CopyWriter) throws(PostgresError) -> Void
  ) throws(PostgresError) -> Int {
    guard PQsendQuery(handle, sql.text) == 1 else { throw lostConnection() }
    let start = try rows(PQgetResult(handle))
    guard PQresultStatus(start.result) == PGRES_COPY_IN else {
      while let result = PQgetResult(handle) { PQclear(result) }
      throw PostgresError(.bug, "a statement for COPY that does not read from STDIN")
    }
    var writer = CopyWriter(connection: self)
    var failure: PostgresError?
    do {
      try writer.write(CopyWriter.header)
      try fill(&writer)
      try writer.write(CopyWriter.trailer)
      if PQputCopyEnd(handle, nil) != 1 { failure = lostConnection() }
    } catch {
      failure = error
      _ = PQputCopyEnd(handle, "given up")
    }
    var stored = 0
    while let result = PQgetResult(handle) {
      do {
        stored = try rows(result).affected
      } catch {
        failure = failure ?? error
      }
      if PQstatus(handle) != CONNECTION_OK { break }
    }
    if let failure { throw failure }
    return stored
  }
}

/// Takes the chunks of one COPY.
public struct CopyWriter {
  let connection: Connection

  static let header: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xFF, 13, 10, 0] + .init(repeating: 0, count: 8)
  static let trailer: [UInt8] = [0xFF, 0xFF]

  /// Sends one chunk.
  public mutating func write(_ chunk: UnsafeRawBufferPointer) throws(PostgresError) {
    guard let base = chunk.baseAddress, chunk.count > 0 else { return }
    guard chunk.count <= Int(Int32.max) else {
      throw PostgresError(.bug, "a chunk of COPY above 2 GiB")
    }
    let sent = PQputCopyData(
      connection.handle, base.assumingMemoryBound(to: CChar.self), Int32(chunk.count))
    if sent != 1 { throw connection.lostConnection() }
  }

  /// Sends one chunk.
  public mutating func write(_ chunk: [UInt8]) throws(PostgresError) {
    let connection = connection
    let sent = chunk.withUnsafeBytes { raw -> Result<Void, PostgresError> in
      var writer = CopyWriter(connection: connection)
      do throws(PostgresError) {
        return .success(try writer.write(raw))
      } catch {
        return .failure(error)
      }
    }
    try sent.get()
  }
}
