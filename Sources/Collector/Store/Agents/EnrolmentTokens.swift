import Model
import OpenSSL
import Postgres

/// Making, listing and revoking enrolment tokens.
public enum EnrolmentTokens {
  /// How long a token may be used, in seconds, unless said otherwise.
  public static let defaultLifetimeSeconds: Int64 = 3600
  /// Bytes in a token's secret.
  private static let secretCount = 32

  /// What a new token is for.
  public struct Purpose: Hashable, Sendable {
    /// `nil`: an agent of the installation.
    public var organizationID: Int32?
    public var name: String?
    public var region: String?
    public var provider: String?

    public init(
      organizationID: Int32? = nil, name: String? = nil, region: String? = nil,
      provider: String? = nil
    ) {
      self.organizationID = organizationID
      self.name = name
      self.region = region
      self.provider = provider
    }
  }

  /// Makes a token. The secret is returned this once; the database keeps it sealed until it is used.
  public static func create(
    _ purpose: Purpose, lifetimeSeconds: Int64 = defaultLifetimeSeconds, key: SealingKey,
    _ connection: Connection
  ) throws -> (record: EnrolmentTokenRecord, secret: [UInt8]) {
    let id = TokenID.random()
    let secret = try randomBytes(secretCount)
    let expiresAt = Timestamp.now().adding(milliseconds: lifetimeSeconds.clamped * 1000)
    try connection.query(
      """
      INSERT INTO enrolment_token (
        id, organization_id, secret_sealed, name, region, provider, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7)
      """, id, purpose.organizationID, key.seal(secret, context: context(id)), purpose.name,
      purpose.region, purpose.provider, expiresAt)
    guard let record = try find(id, connection) else {
      throw PostgresError(.bug, "a token that was just made is not there")
    }
    return (record, secret)
  }

  /// The newest tokens first: an organization's, or with `nil` the installation's.
  public static func list(
    organization: Int32?, limit: Int32 = 200, _ connection: Connection
  ) throws(PostgresError) -> [EnrolmentTokenRecord] {
    let rows = try connection.query(
      EnrolmentTokenRecord.selection
        + """
        WHERE t.organization_id IS NOT DISTINCT FROM $1 ORDER BY t.created_at DESC, t.id LIMIT $2
        """, organization, limit)
    var records: [EnrolmentTokenRecord] = []
    for row in rows { records.append(try EnrolmentTokenRecord(row)) }
    return records
  }

  /// Revokes a token that was not used; `false` where there is none such in that organization (or,
  /// with `nil`, in the installation).
  public static func revoke(
    _ id: TokenID, organization: Int32?, _ connection: Connection
  ) throws(PostgresError) -> Bool {
    let rows = try connection.query(
      """
      UPDATE enrolment_token SET revoked_at = now(), secret_sealed = NULL
      WHERE id = $1 AND organization_id IS NOT DISTINCT FROM $2 AND used_at IS NULL
        AND revoked_at IS NULL
      """, id, organization)
    return rows.affected == 1
  }

  static func find(
    _ id: TokenID, _ connection: Connection
  ) throws(PostgresError) -> EnrolmentTokenRecord? {
    let rows = try connection.query(EnrolmentTokenRecord.selection + "WHERE t.id = $1", id)
    guard let row = rows.first else { return nil }
    return try EnrolmentTokenRecord(row)
  }

  static func context(_ id: TokenID) -> [UInt8] { Array("enrolment token".utf8) + id.bytes }
}

extension Int64 {
  /// Within a year: lifetimes in seconds.
  fileprivate var clamped: Int64 { Swift.min(Swift.max(self, 0), 366 * 86_400) }
}
