public import Postgres

/// Requests that must happen once, however often they are sent.
public enum IdempotencyQueries {
  /// One request under a key of its sender's choice.
  public struct Claim: Hashable, Sendable {
    public var organization: OrganizationID
    /// Whose key it is: two credentials may use the same one for different things.
    public var credential: APIKeyID
    public var key: String
    /// What is asked for.
    public var fingerprint: [UInt8]

    public init(
      organization: OrganizationID, credential: APIKeyID, key: String, fingerprint: [UInt8]
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

  /// Takes the key, unless it was taken within a day. A row of the key that is older goes, and with it
  /// a few of all that are.
  public static func begin(
    _ claim: Claim, on connection: Connection
  ) throws -> Standing {
    try connection.transaction { connection in
      try connection.query(
        """
        DELETE FROM idempotency WHERE (credential, key) IN (
          SELECT credential, key FROM idempotency WHERE created_at < now() - interval '1 day'
          ORDER BY created_at LIMIT 20 FOR UPDATE SKIP LOCKED)
        """)
      try connection.query(
        """
        DELETE FROM idempotency
        WHERE credential = $1 AND key = $2 AND organization_id = $3
          AND created_at < now() - interval '1 day'
        """, claim.credential, claim.key, claim.organization.rawValue)
      let made = try connection.query(
        """
        INSERT INTO idempotency (organization_id, credential, key, fingerprint)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
        """, claim.organization.rawValue, claim.credential, claim.key, claim.fingerprint)
      if made.affected == 1 { return .begun }
      let rows = try connection.query(
        """
        SELECT fingerprint, answer_sealed FROM idempotency
        WHERE credential = $1 AND key = $2 AND organization_id = $3
        """, claim.credential, claim.key, claim.organization.rawValue)
      // It may have gone in this moment.
      guard let row = rows.first else { return .inFlight }
      guard try row.get(0, as: [UInt8].self) == claim.fingerprint else { return .otherRequest }
      return try row.get(1, as: [UInt8]?.self).map { .answered($0) } ?? .inFlight
    }
  }

  /// Keeps the answer for whoever asks again.
  public static func finish(
    _ claim: Claim, answer sealed: [UInt8], on connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      UPDATE idempotency SET answer_sealed = $4
      WHERE credential = $1 AND key = $2 AND organization_id = $3
      """, claim.credential, claim.key, claim.organization.rawValue, sealed)
  }

  /// Lets the key go: nothing was done.
  public static func release(_ claim: Claim, on connection: Connection) throws(PostgresError) {
    try connection.query(
      """
      DELETE FROM idempotency
      WHERE credential = $1 AND key = $2 AND organization_id = $3 AND answer_sealed IS NULL
      """, claim.credential, claim.key, claim.organization.rawValue)
  }
}
