import Model
public import Postgres

/// API keys in the store.
public enum APIKeyQueries {
  /// A key as its owners see it; the secret is gone.
  public struct Record: Hashable, Sendable {
    public var id: APIKeyID
    public var name: String
    public var scopes: Set<Scope>
    public var createdAt: Timestamp
    /// To the minute.
    public var lastUsedAt: Timestamp?
    public var revokedAt: Timestamp?
  }

  /// Makes a key; its secret is in the answer and nowhere else.
  public static func create(
    name: String, scopes: Set<Scope>, organization: OrganizationID, on connection: Connection
  ) throws -> (id: APIKeyID, secret: APIKeySecret) {
    let secret = APIKeySecret.random()
    let id = APIKeyID.random()
    try connection.query(
      """
      INSERT INTO api_key (id, organization_id, name, secret_hash, scopes)
      VALUES ($1, $2, $3, $4, $5)
      """, id, organization.rawValue, name, try secret.hash, scopes.map(\.rawValue).sorted())
    return (id, secret)
  }

  /// Whose key has this hash; `nil` where none has it or it was revoked. Notes the use.
  public static func find(
    hash: [UInt8], on connection: Connection
  ) throws(PostgresError) -> Identity? {
    let rows = try connection.query(
      """
      SELECT k.id, k.name, k.scopes, o.id, o.uuid, o.name,
        coalesce(k.last_used_at < now() - interval '1 minute', true)
      FROM api_key k JOIN organization o ON o.id = k.organization_id
      WHERE k.secret_hash = $1 AND k.revoked_at IS NULL
      """, hash)
    guard let row = rows.first else { return nil }
    let identity = Identity(
      organization: OrganizationID(rawValue: try row.get(3)), organizationUUID: try row.get(4),
      organizationName: try row.get(5), keyID: try row.get(0), keyName: try row.get(1),
      scopes: Self.scopes(try row.get(2)))
    if try row.get(6, as: Bool.self) {
      try connection.query(
        "UPDATE api_key SET last_used_at = now() WHERE id = $1 AND organization_id = $2",
        identity.keyID, identity.organization.rawValue)
    }
    return identity
  }

  /// The keys of an organization, oldest first, revoked ones too.
  public static func list(
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    var records: [Record] = []
    for row in try connection.query(
      """
      SELECT id, name, scopes, created_at, last_used_at, revoked_at FROM api_key
      WHERE organization_id = $1 ORDER BY created_at, id
      """, organization.rawValue)
    {
      records.append(
        Record(
          id: try row.get(0), name: try row.get(1), scopes: scopes(try row.get(2)),
          createdAt: try row.get(3), lastUsedAt: try row.get(4), revokedAt: try row.get(5)))
    }
    return records
  }

  /// Revokes a key, at once and for ever; again does nothing. `false` where there is no such key.
  public static func revoke(
    _ id: APIKeyID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Bool {
    try connection.query(
      """
      UPDATE api_key SET revoked_at = coalesce(revoked_at, now())
      WHERE id = $1 AND organization_id = $2
      """, id, organization.rawValue
    ).affected == 1
  }

  /// Scopes of a release that this one does not know are left out: they allow nothing here.
  private static func scopes(_ words: [String]) -> Set<Scope> {
    Set(words.compactMap(Scope.init(rawValue:)))
  }
}
