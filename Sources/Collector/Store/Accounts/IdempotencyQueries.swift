public import Postgres

/// Requests that must happen once, however often they are sent.
///
/// Whoever does one holds its key for a while (`leaseSeconds`). Its answer is kept in the transaction
/// that does it, and only for who still holds the key: a request that nobody finished can be taken over
/// by whoever sends it again, and is done once all the same.
public enum IdempotencyQueries {
  /// One attempt at a request under a key of its sender's choice.
  public struct Claim: Hashable, Sendable {
    public var organization: OrganizationID
    /// Whose key it is, an API key or a session: two credentials may use the same one for different
    /// things.
    public var credential: PostgresUUID
    public var key: String
    /// What is asked for.
    public var fingerprint: [UInt8]
    /// Tells this attempt from others at the same request.
    public let holder = PostgresUUID(high: .random(in: 0...(.max)), low: .random(in: 0...(.max)))

    public init(
      organization: OrganizationID, credential: PostgresUUID, key: String, fingerprint: [UInt8]
    ) {
      self.organization = organization
      self.credential = credential
      self.key = key
      self.fingerprint = fingerprint
    }
  }

  /// How a claim stands.
  public enum Standing: Hashable, Sendable {
    /// It is the caller's to do.
    case begun
    /// Another is at it, or was and has not told how it ended.
    case inFlight
    /// The key stands for another request.
    case otherRequest
    /// It was done: its answer, sealed.
    case answered([UInt8])
  }

  /// How long an attempt holds its key. No answer takes as long: one that does is undone.
  public static let leaseSeconds = 120

  /// Takes the key, unless it was taken within a day; of an attempt at the same request that has told
  /// nothing within its lease, it is taken over.
  public static func begin(
    _ claim: Claim, on connection: Connection
  ) throws(PostgresError) -> Standing {
    let taken = try connection.query(
      """
      INSERT INTO idempotency AS i
        (organization_id, credential, key, fingerprint, holder, held_until)
      VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
      ON CONFLICT (organization_id, credential, key) DO UPDATE
      SET fingerprint = excluded.fingerprint, holder = excluded.holder,
        held_until = excluded.held_until, answer_sealed = NULL, created_at = now()
      WHERE i.created_at < now() - interval '1 day'
        OR (i.answer_sealed IS NULL AND i.held_until < now()
          AND i.fingerprint = excluded.fingerprint)
      """, claim.organization.rawValue, claim.credential, claim.key, claim.fingerprint,
      claim.holder, Double(leaseSeconds))
    if taken.affected == 1 { return .begun }
    let rows = try connection.query(
      """
      SELECT fingerprint, answer_sealed FROM idempotency
      WHERE organization_id = $1 AND credential = $2 AND key = $3
      """, claim.organization.rawValue, claim.credential, claim.key)
    // It may have gone in this moment.
    guard let row = rows.first else { return .inFlight }
    guard try row.get(0, as: [UInt8].self) == claim.fingerprint else { return .otherRequest }
    return try row.get(1, as: [UInt8]?.self).map { .answered($0) } ?? .inFlight
  }

  /// Keeps the answer for whoever asks again: to be called last in the transaction that does what is
  /// asked for. `false` where another has taken it over, or a day has passed: then nothing may be done.
  public static func finish(
    _ claim: Claim, answer sealed: [UInt8], on connection: Connection
  ) throws(PostgresError) -> Bool {
    try connection.query(
      """
      UPDATE idempotency SET answer_sealed = $5
      WHERE organization_id = $1 AND credential = $2 AND key = $3 AND holder = $4
        AND answer_sealed IS NULL
      """, claim.organization.rawValue, claim.credential, claim.key, claim.holder, sealed
    ).affected == 1
  }

  /// Lets the key go: nothing was done.
  public static func release(_ claim: Claim, on connection: Connection) throws(PostgresError) {
    try connection.query(
      """
      DELETE FROM idempotency
      WHERE organization_id = $1 AND credential = $2 AND key = $3 AND holder = $4
        AND answer_sealed IS NULL
      """, claim.organization.rawValue, claim.credential, claim.key, claim.holder)
  }
}
