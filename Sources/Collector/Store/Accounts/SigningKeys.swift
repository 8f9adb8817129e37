public import OpenSSL
public import Postgres

/// The keys that access tokens are signed with, shared by all collectors of a database, each sealed.
public enum SigningKeys {
  /// What one collector works with until `lookAgainAt`, and no longer: that is how a key that is
  /// withdrawn is refused everywhere. Whoever meets a key that is not in it reads it anew, since a key
  /// that signs at once in place of a withdrawn one was published to nobody before; but no oftener than
  /// once in some seconds, since anybody can name a key.
  public struct Ring: Sendable, MaskedSecret {
    /// Signs now.
    public var kid: String
    public var signing: ES256.PrivateKey
    /// For whoever verifies, in the order in which they sign.
    public var published: [Published]
    public var readAt: Timestamp
    public var lookAgainAt: Timestamp

    /// The public key of that name: 65 bytes.
    public func publicKey(_ kid: String) -> [UInt8]? {
      published.first { $0.kid == kid }?.publicKey
    }
  }

  public struct Published: Hashable, Sendable {
    public var kid: String
    /// 4, x and y: 65 bytes.
    public var publicKey: [UInt8]
  }

  private struct Stored {
    var schedule: SigningSchedule.Key
    var sealed: [UInt8]
    var publicKey: [UInt8]
  }

  /// As what keys are made whose time has come.
  private static let itself = AuditContext(actor: .system("signing keys"))

  /// The keys as they are to be used now; makes and forgets what is due, whichever collector comes
  /// first. Throws a `bug` inside a transaction that is open, which might take a key back that signed.
  public static func ring(sealing: SealingKey, on connection: Connection) throws -> Ring {
    guard !connection.isInTransaction else {
      throw PostgresError(.bug, "signing keys were read inside a transaction")
    }
    let (keys, now) = try read(on: connection)
    let plan = SigningSchedule.plan(keys.map(\.schedule), at: now)
    if plan.make == nil, plan.past.isEmpty {
      return try ring(keys, plan, at: now, sealing)
    }
    return try AuditTrail.write(by: itself, on: connection) { write in
      let connection = write.connection
      try connection.lock(.signingKeys)
      let (keys, now) = try read(on: connection)
      let plan = SigningSchedule.plan(keys.map(\.schedule), at: now)
      try connection.query("DELETE FROM signing_key WHERE kid = ANY($1)", plan.past)
      write.nothingChanged()
      if let signsFrom = plan.make { try make(signsFrom: signsFrom, at: now, sealing, in: write) }
      let (newKeys, _) = try read(on: connection)
      let newPlan = SigningSchedule.plan(newKeys.map(\.schedule), at: now)
      return try ring(newKeys, newPlan, at: now, sealing)
    }
  }

  /// Makes a new key ahead of its time; it signs after the lead. Does nothing where one waits already.
  /// For operators; throws `notAllowed`.
  public static func rotate(sealing: SealingKey, in write: AuditedWrite) throws {
    try AuthorityQueries.requireOperator(write, orKey: true)
    try write.connection.lock(.signingKeys)
    let (keys, now) = try read(on: write.connection)
    guard keys.allSatisfy({ $0.schedule.signsFrom <= now }) else {
      write.nothingChanged()
      return
    }
    let signsFrom = now.adding(
      milliseconds: keys.isEmpty ? 0 : SigningSchedule.leadSeconds * 1000)
    try make(signsFrom: signsFrom, at: now, sealing, in: write)
  }

  /// Forgets a key that others may know: tokens that it signed hold no more, wherever it is read anew
  /// (within `SigningSchedule.longestSeconds`). Where it is the one that signs, a new one does so at
  /// once; an earlier one, whose time is over, never does again. `false` where there is none of that
  /// name. For operators; throws `notAllowed`.
  public static func withdraw(
    _ kid: String, sealing: SealingKey, in write: AuditedWrite
  ) throws -> Bool {
    try AuthorityQueries.requireOperator(write, orKey: true)
    try write.connection.lock(.signingKeys)
    let (keys, now) = try read(on: write.connection)
    let signing = SigningSchedule.plan(keys.map(\.schedule), at: now).signing
    let rows = try write.connection.query("DELETE FROM signing_key WHERE kid = $1", kid)
    guard rows.affected == 1 else {
      write.nothingChanged()
      return false
    }
    try write.record(AuditEntry("signing_key.withdraw", organization: nil, objectID: kid))
    if signing == nil || signing == kid { try make(signsFrom: now, at: now, sealing, in: write) }
    return true
  }

  private static func make(
    signsFrom: Timestamp, at now: Timestamp, _ sealing: SealingKey, in write: AuditedWrite
  ) throws {
    let key = try ES256.PrivateKey()
    let digits = Array("0123456789abcdef".utf8)
    let kid = String(
      decoding: try SHA256.digest(key.publicKey).prefix(8).flatMap {
        [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
      }, as: UTF8.self)
    try write.connection.query(
      """
      INSERT INTO signing_key (kid, private_sealed, public_key, made_at, signs_from)
      VALUES ($1, $2, $3, $4, $5)
      """, kid, try sealing.seal(key.bytes(), context: context(kid)), key.publicKey, now, signsFrom)
    try write.record(AuditEntry("signing_key.create", organization: nil, objectID: kid))
  }

  private static func read(
    on connection: Connection
  ) throws(PostgresError) -> (keys: [Stored], now: Timestamp) {
    var keys: [Stored] = []
    for row in try connection.query(
      "SELECT kid, signs_from, private_sealed, public_key FROM signing_key ORDER BY signs_from, kid"
    ) {
      keys.append(
        Stored(
          schedule: SigningSchedule.Key(kid: try row.get(0), signsFrom: try row.get(1)),
          sealed: try row.get(2), publicKey: try row.get(3)))
    }
    guard let row = try connection.query("SELECT clock_timestamp()").first else {
      throw PostgresError(.bug, "the server did not tell the time")
    }
    return (keys, try row.get(0))
  }

  private static func ring(
    _ keys: [Stored], _ plan: SigningSchedule.Plan, at now: Timestamp, _ sealing: SealingKey
  ) throws -> Ring {
    guard let kid = plan.signing, let key = keys.first(where: { $0.schedule.kid == kid }) else {
      throw PostgresError(.bug, "no key signs")
    }
    let published = plan.published.compactMap { kid in
      keys.first { $0.schedule.kid == kid }.map { Published(kid: kid, publicKey: $0.publicKey) }
    }
    return Ring(
      kid: kid,
      signing: try ES256.PrivateKey(bytes: sealing.open(key.sealed, context: context(kid))),
      published: published, readAt: now, lookAgainAt: plan.lookAgainAt)
  }

  private static func context(_ kid: String) -> [UInt8] { Array("signing key \(kid)".utf8) }
}
