import Postgres

/// A statement that is put together from the conditions that are asked for, so that each set of them
/// is planned by itself and finds its index. Values become parameters, numbered as they come.
struct Statement {
  private(set) var sql: SQL
  private(set) var values: [any PostgresValue] = []

  init(_ sql: SQL) { self.sql = sql }

  mutating func add(_ text: SQL) { sql = sql + text }

  /// Adds a value between two texts.
  mutating func add(_ before: SQL, _ value: any PostgresValue, _ after: SQL = "") {
    sql = sql + before + parameter(value) + after
  }

  /// The place of a new value, `$1` and on, for texts that name it more than once.
  mutating func parameter(_ value: any PostgresValue) -> SQL {
    values.append(value)
    return SQL(verbatim: "$\(values.count)")
  }

  func run(on connection: Connection) throws(PostgresError) -> Rows {
    try connection.query(sql, with: values)
  }
}
