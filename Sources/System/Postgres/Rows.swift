import CPostgres

/// What one statement answered: its rows and how many it changed.
///
/// Holds libpq's result until the last row is let go; belongs to the thread of its connection.
public final class Rows {
  let result: OpaquePointer
  /// The rows that came.
  public let count: Int
  let columns: Int

  init(_ result: OpaquePointer) {
    self.result = result
    count = Int(PQntuples(result))
    columns = Int(PQnfields(result))
  }

  deinit { PQclear(result) }

  /// How many rows an INSERT, UPDATE, DELETE, SELECT or COPY touched.
  public var affected: Int {
    Int(String(cString: PQcmdTuples(result))) ?? 0
  }

  /// What the server says it did: `COMMIT`, `INSERT 0 1`.
  var commandTag: String { String(cString: PQcmdStatus(result)) }

  /// The first row, if any came.
  public var first: Row? { count > 0 ? Row(rows: self, index: 0) : nil }
}

extension Rows: Sequence {
  public func makeIterator() -> AnyIterator<Row> {
    var index = 0
    return AnyIterator {
      guard index < self.count else { return nil }
      defer { index += 1 }
      return Row(rows: self, index: index)
    }
  }
}

/// One row of an answer.
public struct Row {
  let rows: Rows
  let index: Int

  /// The column at `position`, from 0.
  public func get<T: PostgresValue>(
    _ position: Int, as type: T.Type = T.self
  ) throws(PostgresError) -> T {
    try T(postgres: field(position))
  }

  /// The column called `name`. Slower than by position: for rows of many columns.
  public func get<T: PostgresValue>(
    _ name: String, as type: T.Type = T.self
  ) throws(PostgresError) -> T {
    let position = PQfnumber(rows.result, "\"" + name + "\"")
    guard position >= 0 else { throw PostgresError(.bug, "the answer has no column \(name)") }
    return try T(postgres: field(Int(position)))
  }

  /// The first columns, as the types that are asked for: `let (id, name) = try row.decode(...)`.
  public func decode<each T: PostgresValue>(
    _ types: repeat (each T).Type
  ) throws(PostgresError) -> (repeat each T) {
    var position = -1
    func next<V: PostgresValue>(_: V.Type) throws(PostgresError) -> V {
      position += 1
      return try get(position, as: V.self)
    }
    return (repeat try next((each T).self))
  }

  private func field(_ position: Int) throws(PostgresError) -> Field {
    guard position >= 0, position < rows.columns else {
      throw PostgresError(.bug, "column \(position) of an answer with \(rows.columns)")
    }
    let row = Int32(index)
    let column = Int32(position)
    var bytes: UnsafeRawBufferPointer?
    if PQgetisnull(rows.result, row, column) == 0 {
      bytes = UnsafeRawBufferPointer(
        start: PQgetvalue(rows.result, row, column),
        count: Int(PQgetlength(rows.result, row, column)))
    }
    return Field(
      label: PQfname(rows.result, column), type: PQftype(rows.result, column), bytes: bytes)
  }
}
