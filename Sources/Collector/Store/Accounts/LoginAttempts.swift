import OpenSSL
public import Model
public import Postgres

/// Bounds how often anybody may try to sign in, for all collectors of a database together: each
/// account, whether or not it exists, and each address. Passwords, one-time codes and recovery codes
/// are all tries.
public enum LoginAttempts {
  /// Of an account: ten at once, then one each half minute. Who does not know the password gets fewer
  /// than three thousand tries a day, and can't shut out its owner for longer than he goes on.
  public static let perAccount = RateLimit(burst: 10, refillMs: 30_000)
  /// From an address (of version 6: a /64): thirty at once, then one each five seconds.
  public static let perAddress = RateLimit(burst: 30, refillMs: 5_000)
  /// Rows that say nothing any more are cleared away by so many with each try.
  private static let cleared = 20

  /// Whether a try may be made.
  public enum Answer: Hashable, Sendable {
    case allowed
    /// Not until so many milliseconds have passed.
    case refused(retryAfterMs: Int64)
  }

  /// Counts a try before it is made. One that is refused counts for neither.
  ///
  /// - Parameter account: as it was typed; only a digest of it is kept.
  public static func charge(
    account: String?, address: IPAddress?, on connection: Connection
  ) throws -> Answer {
    var limits: [(name: String, limit: RateLimit)] = []
    if let account { limits.append((try name(ofAccount: account), perAccount)) }
    if let address { limits.append(("n:\(address.customer)", perAddress)) }
    if limits.isEmpty { return .allowed }
    limits.sort { $0.name < $1.name }
    return try connection.joiningTransaction { connection in
      try clear(on: connection)
      // Locked in the order of their names, so that two that share both don't wait for each other.
      var moments: [String: Timestamp] = [:]
      for row in try connection.query(
        """
        INSERT INTO login_attempt AS known (name, clear_at)
        SELECT name, now() FROM unnest($1::text[]) AS new (name) ORDER BY name
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
  }

  /// Forgets the tries of an account: it was signed in to.
  public static func forget(
    account: String, on connection: Connection
  ) throws {
    try connection.query("DELETE FROM login_attempt WHERE name = $1", name(ofAccount: account))
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
    let key = EmailAddress(account)?.key ?? account
    let digits = Array("0123456789abcdef".utf8)
    let digest = try SHA256.digest(Array(key.utf8)).prefix(16)
    return "a:"
      + String(
        decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
