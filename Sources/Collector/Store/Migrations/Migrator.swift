import Postgres

/// Brings a database to the schema of this program.
///
/// Several collectors may start at once: a session's advisory lock lets one work while the others
/// wait, and then find nothing left to do.
public enum Migrator {
  /// The advisory lock's key: the letters "upblit".
  private static let lockKey: Int64 = 0x7570_626C_6974

  /// Runs the steps that are missing, each in a transaction of its own. Returns those it ran.
  /// Throws `MigrationError`, or `PostgresError` where the server could not be asked.
  @discardableResult
  public static func migrate(
    _ connection: Connection, steps: [Migration] = Migration.all
  ) throws -> [Migration] {
    try checkServer(connection)
    try connection.query("SELECT pg_advisory_lock($1)", lockKey)
    defer { _ = try? connection.query("SELECT pg_advisory_unlock($1)", lockKey) }
    let found = try version(connection)
    let known = steps.last?.number ?? 0
    if found > known { throw MigrationError.newerSchema(found: found, known: known) }
    var ran: [Migration] = []
    for step in steps where step.number > found {
      try run(step, connection)
      ran.append(step)
    }
    try ResultPartitions.ensure(connection)
    return ran
  }

  /// Whether this program can work with the database as it is. Throws `MigrationError` if not.
  ///
  /// A program that is running already goes on under a newer schema (`isRunning`), since a newer
  /// collector migrates while the older ones still serve; one that starts does not begin.
  public static func check(_ connection: Connection, isRunning: Bool = false) throws {
    try checkServer(connection)
    let found = try version(connection)
    if found > Migration.newest, !isRunning {
      throw MigrationError.newerSchema(found: found, known: Migration.newest)
    }
    if found < Migration.newest {
      throw MigrationError.olderSchema(found: found, known: Migration.newest)
    }
  }

  /// The newest step that the database has, 0 for an empty one.
  public static func version(_ connection: Connection) throws(PostgresError) -> Int32 {
    let exists = try connection.query("SELECT to_regclass('schema_migration') IS NOT NULL")
    guard try exists.first?.get(0, as: Bool.self) == true else { return 0 }
    let newest = try connection.query("SELECT coalesce(max(number), 0) FROM schema_migration")
    return try newest.first?.get(0) ?? 0
  }

  private static func run(_ step: Migration, _ connection: Connection) throws {
    do {
      try connection.transaction { connection in
        try connection.execute(step.sql)
        try connection.query(
          "INSERT INTO schema_migration (number, name) VALUES ($1, $2)", step.number, step.name)
      }
    } catch let error as PostgresError
      where error.kind != .reconnect && error.kind != .outcomeUnknown && error.kind != .unavailable
    {
      throw MigrationError.failed(number: step.number, name: step.name, error)
    }
  }

  private static func checkServer(_ connection: Connection) throws {
    let rows = try connection.query(
      """
      SELECT current_setting('server_version_num')::int4, current_setting('server_encoding')
      """)
    guard let (version, encoding) = try rows.first?.decode(Int32.self, String.self) else { return }
    if version < 140_000 { throw MigrationError.oldServer(version: version) }
    if encoding != "UTF8" { throw MigrationError.encoding(encoding) }
  }
}
