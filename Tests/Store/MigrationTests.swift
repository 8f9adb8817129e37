import Postgres
import Store
import TestSupport
import Testing

@Suite struct MigrationTests {
  @Test func `a new database gets every migration once`() throws {
    let database = try TestDatabase.makeEmpty()
    let connection = try database.connect()
    #expect(try Migrator.migrate(connection).map(\.number) == Migration.all.map(\.number))
    #expect(try Migrator.migrate(connection).isEmpty)
    #expect(try Migrator.version(connection) == Migration.newest)
    try Migrator.check(connection)
  }

  @Test func `eight collectors that start at once migrate once`() async throws {
    let database = try TestDatabase.makeEmpty()
    let pool = try database.pool(size: 8)
    let ran = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask { try await pool.run { try Migrator.migrate($0).count } }
      }
      return try await group.reduce(0, +)
    }
    #expect(ran == Migration.all.count)
  }

  @Test func `a schema newer than the program is refused in one sentence`() throws {
    let database = try TestDatabase.make()
    let connection = try database.connect()
    try connection.query("INSERT INTO schema_migration (number, name) VALUES (99, 'later')")
    let expected = MigrationError.newerSchema(found: 99, known: Migration.newest)
    #expect(throws: expected) { try Migrator.check(connection) }
    #expect(throws: expected) { try Migrator.migrate(connection) }
    try Migrator.check(connection, isRunning: true)
    #expect(!expected.description.contains("\n"))
  }

  @Test func `an unmigrated database is told to be migrated`() throws {
    let connection = try TestDatabase.makeEmpty().connect()
    #expect(throws: MigrationError.olderSchema(found: 0, known: Migration.newest)) {
      try Migrator.check(connection)
    }
  }

  @Test func `whatever belongs to a monitor or to its records says whose it is`() throws {
    let connection = try TestDatabase.make().connect()
    let rows = try connection.query(
      """
      SELECT c.table_name::text,
        coalesce(bool_or(c.column_name = 'organization_id' AND c.is_nullable = 'NO'), false)
      FROM information_schema.columns c
      WHERE c.table_schema = 'public' GROUP BY c.table_name
      HAVING bool_or(c.column_name IN ('monitor_key', 'record_index'))
      """)
    #expect(rows.count >= 11)
    for row in rows {
      let (table, hasOwner) = try row.decode(String.self, Bool.self)
      #expect(hasOwner, "\(table) does not say whose it is")
    }
  }

  @Test func `partitions are made once and cover eight days back and two ahead`() throws {
    let connection = try TestDatabase.make().connect()
    #expect(try ResultPartitions.ensure(connection) == 0)
    let tomorrow = Timestamp.now().adding(milliseconds: 86_400_000)
    #expect(try ResultPartitions.ensure(connection, at: tomorrow) == 3)
    let later = Timestamp.now().adding(milliseconds: 5 * 86_400_000)
    let dropped = try ResultPartitions.dropOlder(thanDays: 8, at: later, connection)
    #expect(dropped.count == 10)
    #expect(try ResultPartitions.dropOlder(thanDays: 8, at: later, connection).isEmpty)
  }
}
