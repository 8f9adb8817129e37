import Glibc
import Postgres
import Store
import Synchronization

/// A database for one suite.
public final class TestDatabase: Sendable {
  /// How to reach it, in key=value form.
  public let conninfo: String
  public let address: PostgresAddress

  /// The server and the template that the databases of this process are copied from.
  private struct Origin: Sendable {
    var administration: String
    var template: String
    var prefix: String
    var database: @Sendable (String) -> String
  }

  private static let counter = Atomic<Int>(0)

  private static let origin = Result<Origin, any Error> {
    let prefix = "upblit_test_\(getpid())"
    var origin: Origin
    if let cluster = try TestCluster.shared.get() {
      origin = Origin(
        administration: cluster.conninfo(), template: "\(prefix)_template", prefix: prefix,
        database: { cluster.conninfo(database: $0) })
    } else {
      let given = getenv("UPBLIT_TEST_POSTGRES").map { String(cString: $0) } ?? ""
      // A private cluster goes with all it holds; a lent server is left as it was found.
      atexit { TestDatabase.dropAll() }
      origin = Origin(
        administration: given, template: "\(prefix)_template", prefix: prefix,
        database: { "\(given) dbname=\($0)" })
    }
    let administration = try Connection(PostgresAddress(origin.administration))
    try administration.execute(
      SQL(verbatim: "CREATE DATABASE \(origin.template) ENCODING 'UTF8' TEMPLATE template0"))
    try Migrator.migrate(Connection(PostgresAddress(origin.database(origin.template))))
    return origin
  }

  /// Drops the databases that this process made.
  private static func dropAll() {
    guard let origin = try? origin.get(),
      let connection = try? Connection(PostgresAddress(origin.administration)),
      let names = try? connection.query(
        "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", origin.prefix)
    else { return }
    for row in names {
      guard let name = try? row.get(0, as: String.self) else { continue }
      try? connection.execute(SQL(verbatim: "DROP DATABASE \(name) WITH (FORCE)"))
    }
  }

  /// A database with the schema, otherwise empty.
  public static func make() throws -> TestDatabase {
    try TestDatabase(template: origin.get().template)
  }

  /// A database with nothing in it.
  public static func makeEmpty() throws -> TestDatabase {
    try TestDatabase(template: "template0")
  }

  /// A migrated database on a cluster of the caller's own.
  public static func make(on cluster: TestCluster) throws -> TestDatabase {
    let database = try TestDatabase(conninfo: cluster.conninfo())
    try Migrator.migrate(database.connect())
    return database
  }

  private init(template: String) throws {
    let origin = try Self.origin.get()
    let number = Self.counter.add(1, ordering: .relaxed).newValue
    let name = "\(origin.prefix)_\(number)"
    let administration = try Connection(PostgresAddress(origin.administration))
    // Only one copy of a template can be made at a time.
    try administration.query("SELECT pg_advisory_lock(7)")
    try administration.execute(
      SQL(verbatim: "CREATE DATABASE \(name) ENCODING 'UTF8' TEMPLATE \(template)"))
    conninfo = origin.database(name)
    address = try PostgresAddress(conninfo)
  }

  private init(conninfo: String) throws {
    self.conninfo = conninfo
    address = try PostgresAddress(conninfo)
  }

  /// A new connection to it, for the calling thread.
  public func connect() throws -> Connection {
    try Connection(address, application: "upblit test")
  }

  /// A new pool on it.
  public func pool(size: Int = 4) throws -> PostgresPool {
    try PostgresPool(address, size: size, application: "upblit test pool")
  }
}
