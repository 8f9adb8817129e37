public import Postgres

/// A clock of a database that tests set ahead: `now()` and `clock_timestamp()` of the connections
/// that use it.
public struct TestClock: Sendable {
  /// Makes it, and lets `connection` use it. Defaults of columns keep the true time.
  public init(_ connection: Connection) throws {
    try connection.execute(
      """
      CREATE SCHEMA fake;
      CREATE TABLE fake.ahead (ms int8 NOT NULL);
      INSERT INTO fake.ahead VALUES (0);
      CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
        'SELECT pg_catalog.clock_timestamp() + (SELECT ms FROM fake.ahead) * interval ''1 ms''';
      CREATE FUNCTION fake.now() RETURNS timestamptz LANGUAGE sql STABLE AS
        'SELECT pg_catalog.now() + (SELECT ms FROM fake.ahead) * interval ''1 ms''';
      """)
    try use(connection)
  }

  /// Lets another connection use it.
  public func use(_ connection: Connection) throws {
    try connection.execute("SET search_path = fake, pg_catalog, public")
  }

  /// Sets it ahead by so many milliseconds more.
  public func advance(_ ms: Int64, _ connection: Connection) throws {
    try connection.query("UPDATE fake.ahead SET ms = ms + $1", ms)
  }
}
