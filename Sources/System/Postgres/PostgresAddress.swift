import CPostgres

/// Where a database is and as whom to reach it: a libpq connection string, checked.
public struct PostgresAddress: Sendable {
  /// The string as it was given. May hold a password: never to be logged.
  let conninfo: String
  /// `HOST:PORT`, or the socket's folder and port, without secrets.
  public let place: String
  /// The user's name, where one is given or known.
  public let user: String
  /// The database's name, where one is given or known.
  public let database: String

  /// Takes `key=value` pairs or a `postgres://` URL (libpq manual, "Connection Strings").
  /// Throws `giveUp` for what libpq can't parse; the message holds no part of the string.
  public init(_ conninfo: String) throws(PostgresError) {
    guard let options = PQconninfoParse(conninfo, nil), let defaults = PQconndefaults() else {
      throw PostgresError(
        .giveUp,
        "the database's address is not a connection string: give key=value pairs "
          + "(host=... dbname=... user=...) or postgres://USER@HOST:PORT/DATABASE")
    }
    defer {
      PQconninfoFree(options)
      PQconninfoFree(defaults)
    }
    func value(_ key: String) -> String {
      for list in [options, defaults] {
        var option = list
        while let keyword = option.pointee.keyword {
          if String(cString: keyword) == key, let value = option.pointee.val {
            let text = String(cString: value)
            if !text.isEmpty { return text }
          }
          option += 1
        }
      }
      return ""
    }
    self.conninfo = conninfo
    let host = [value("host"), value("hostaddr")].first { !$0.isEmpty } ?? "local socket"
    place = "\(host):\(value("port"))"
    user = value("user").isEmpty ? "the present user" : value("user")
    database = value("dbname").isEmpty ? user : value("dbname")
  }
}
