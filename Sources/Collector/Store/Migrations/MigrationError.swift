import Postgres

/// Why the schema is not what this program needs.
public enum MigrationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The database was migrated by a newer program.
  case newerSchema(found: Int32, known: Int32)
  /// The database has not been migrated far enough.
  case olderSchema(found: Int32, known: Int32)
  /// The server is older than the oldest that is supported.
  case oldServer(version: Int32)
  /// The database does not hold text as UTF-8.
  case encoding(String)
  /// One step failed and left no trace.
  case failed(number: Int32, name: String, PostgresError)

  public var description: String {
    switch self {
    case .newerSchema(let found, let known):
      "the database's schema is version \(found), newer than the \(known) that this program knows: "
        + "start a collector of the release that migrated it, or a newer one"
    case .olderSchema(let found, let known):
      "the database's schema is version \(found), this program needs \(known): "
        + "run `upblit-collector migrate`"
    case .oldServer(let version):
      "the server is Postgres \(version / 10_000), the oldest that is supported is 14"
    case .encoding(let encoding):
      "the database's encoding is \(encoding): make it anew with `createdb -E UTF8 -T template0`"
    case .failed(let number, let name, let error):
      "migration \(number) (\(name)) failed and was undone: \(error)"
    }
  }
}
