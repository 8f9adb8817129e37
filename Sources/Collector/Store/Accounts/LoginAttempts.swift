import OpenSSL
public import Model
public import Postgres

/// Bounds how often anybody may try to sign in, for all collectors of a database together: of each
/// account, whether or not it exists, from each address, and of both together; and how often the codes
/// of a person may be tried.
///
/// A try counts in a transaction of its own, whatever becomes of what it was made for.
public enum LoginAttempts {
  /// Of an account from one address: ten at once, then one each half minute. Who tries strangers'
  /// passwords from there locks out nobody who is elsewhere.
  public static let perPair = RateLimit(burst: 10, refillMs: 30_000)
  /// Of an account from everywhere together: a hundred at once, then one each six seconds, so that five
  /// addresses together don't use it up; who guesses from many gets no more than 14,400 a day.
  public static let perAccount = RateLimit(burst: 100, refillMs: 6_000)
  /// From an address (of version 6: a /64): thirty at once, then one each five seconds.
  public static let perAddress = RateLimit(burst: 30, refillMs: 5_000)
  /// From a site of version 6 (a /48) with all its /64 together: four times as many.
  public static let perSite = RateLimit(burst: 120, refillMs: 1_250)
  /// Of a person's one-time and recovery codes: five at once, then one a minute. To come so far takes
  /// the password.
  public static let perCodes = RateLimit(burst: 5, refillMs: 60_000)
  /// Rows that say nothing any more are cleared away by so many with each try.
  private static let cleared = 20

  /// Whether a try may be made.
  public enum Answer: Hashable, Sendable {
    case allowed
    /// Not until so many milliseconds have passed.
    case refused(retryAfterMs: Int64)
  }

  /// Counts a try of a password before it is made. One that is refused counts for nothing. Throws a
  /// `bug` inside a transaction that is open.
  ///
  /// - Parameter account: as it was typed; only a digest of it is kept.
  public static func charge(
    account: String?, address: IPAddress?, on connection: Connection
  ) throws -> Answer {
    var limits: [(name: String, limit: RateLimit)] = []
    if let account { limits.append((try name(ofAccount: account), perAccount)) }
    if let address { limits.append(("n:\(address.customer)", perAddress)) }
    if let site = address?.site { limits.append(("n:\(site)", perSite)) }
    if let account, let address {
      limits.append((try name(ofAccount: account, from: address), perPair))
    }
    return try charge(limits, on: connection)
  }

  /// Counts a try of a one-time code or a recovery code of a person before it is made: to sign in, to
  /// confirm it, to take it away. Throws a `bug` inside a transaction that is open.
  public static func charge(codesOf person: PersonID, on connection: Connection) throws -> Answer {
    try charge([("c:\(person)", perCodes)], on: connection)
  }

  /// Forgets the tries of an account from an address, and from everywhere: it was signed in to.
  public static func forget(
    account: String, address: IPAddress?, on connection: Connection
  ) throws {
    var names = [try name(ofAccount: account)]
    if let address { names.append(try name(ofAccount: account, from: address)) }
    try forget(names, on: connection)
  }

  /// Forgets the tries of a person's codes: one was right.
  public static func forget(codesOf person: PersonID, on connection: Connection) throws {
    try forget(["c:\(person)"], on: connection)
  }

  private static func charge(
    _ limits: [(name: String, limit: RateLimit)], on connection: Connection
  ) throws -> Answer {
    if limits.isEmpty { return .allowed }
    let answer = try connection.ownTransaction { connection in
      // Locked in the order of their names, so that two that share some don't wait for each other.
      var moments: [String: Timestamp] = [:]
      for row in try connection.query(
        """
        INSERT INTO login_attempt AS known (name, clear_at)
        SELECT name, now() FROM unnest($1::text[]) AS new (name) ORDER BY name COLLATE "C"
        ON CONFLICT (name) DO UPDATE SET clear_at = known.clear_at RETURNING name, clear_at
        """, limits.map(\.name))
      {
        moments[try row.get(0)] = try row.get(1, as: Timestamp.self)
      }
      let now = try self.now(on: connection)
      return try settle(
        limits.map { ($0.name, $0.limit.take(clearAt: moments[$0.name], now: now)) },
        on: connection)
    }
    // After, and alone: whoever clears holds rows of others, and must wait for none.
    try clear(on: connection)
    return answer
  }

  private static func settle(
    _ answers: [(name: String, answer: RateLimit.Answer)], on connection: Connection
  ) throws(PostgresError) -> Answer {
    var longest: Int64 = 0
    for case (_, .refused(let retryAfterMs)) in answers { longest = max(longest, retryAfterMs) }
    if longest > 0 { return .refused(retryAfterMs: longest) }
    for case (let name, .allowed(let clearAt, _)) in answers {
      try connection.query(
        "UPDATE login_attempt SET clear_at = $2 WHERE name = $1", name, clearAt)
    }
    return .allowed
  }

  private static func forget(
    _ names: [String], on connection: Connection
  ) throws(PostgresError) {
    // One statement each where no transaction is open, so that it holds one row at a time.
    for name in names.sorted() {
      try connection.query("DELETE FROM login_attempt WHERE name = $1", name)
    }
  }

  private static func clear(on connection: Connection) throws(PostgresError) {
    try connection.query(
      """
      DELETE FROM login_attempt WHERE name IN (
        SELECT name FROM login_attempt WHERE clear_at < now() - interval '1 minute'
        ORDER BY clear_at LIMIT $1 FOR UPDATE SKIP LOCKED)
      """, cleared)
  }

  private static func now(on connection: Connection) throws(PostgresError) -> Timestamp {
    guard let row = try connection.query("SELECT clock_timestamp()").first else {
      throw PostgresError(.bug, "the server did not tell the time")
    }
    return try row.get(0)
  }

  private static func name(ofAccount account: String) throws(OpenSSLError) -> String {
    "a:" + (try digest(account))
  }

  private static func name(
    ofAccount account: String, from address: IPAddress
  ) throws(OpenSSLError) -> String {
    "p:" + (try digest(account)) + " \(address.customer)"
  }

  private static func digest(_ account: String) throws(OpenSSLError) -> String {
    let key = EmailAddress(account)?.key ?? account
    let digits = Array("0123456789abcdef".utf8)
    let digest = try SHA256.digest(Array(key.utf8)).prefix(16)
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
