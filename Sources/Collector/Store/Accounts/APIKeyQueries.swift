import JSON
public import Model
import OpenSSL
public import Postgres

/// API keys in the store.
public enum APIKeyQueries {
  /// Makes a key; its secret is in the answer and nowhere else. Throws `scopesBeyondMaker`.
  ///
  /// Its maker is who asks, or who made the key that asks: what it may do is never more than that
  /// person may at that moment.
  public static func create(
    _ draft: APIKeyDraft, organization: OrganizationID, in write: AuditedWrite
  ) throws -> (record: Record, secret: APIKeySecret) {
    let authority = try AuthorityQueries.authority(of: write, in: organization)
    var allowed = authority.scopes
    if let parent = write.context.actor.apiKey {
      // A key makes none that may more than it may itself.
      let record = try get(parent, organization: organization, on: write.connection)
      allowed.formIntersection(record?.effectiveScopes ?? [])
    }
    let beyond = draft.scopes.subtracting(allowed)
    guard beyond.isEmpty else { throw AccountRefusal.scopesBeyondMaker(beyond) }
    let (id, secret) = try insert(
      draft, maker: try maker(of: write, in: organization), organization, write.connection)
    guard let record = try get(id, organization: organization, on: write.connection) else {
      throw PostgresError(.bug, "a key that was just made is not there")
    }
    try self.record("api_key.create", record, organization, write)
    return (record, secret)
  }

  /// Makes a key of the installation's command line, of which the audit log is not told: for
  /// `Administrator` and tests.
  public static func create(
    name: String, scopes: Set<Scope>, organization: OrganizationID, on connection: Connection
  ) throws -> (id: APIKeyID, secret: APIKeySecret) {
    try insert(APIKeyDraft(name: name, scopes: scopes), maker: nil, organization, connection)
  }

  /// Whose key has this hash. `nil` where none has it, it was revoked or has expired, it may not be
  /// used from `address`, or its maker may nothing any more, all alike. Notes the use, once a minute.
  public static func find(
    hash: [UInt8], from address: IPAddress? = nil, on connection: Connection
  ) throws(PostgresError) -> Identity? {
    let rows = try connection.query(
      """
      SELECT k.id, k.name, k.scopes, o.id, o.uuid, o.name,
        coalesce(k.last_used_at < now() - interval '1 minute', true), k.networks::text[], k.maker_id, p.is_operator, p.disabled_at IS NOT NULL, m.role
      FROM api_key k JOIN organization o ON o.id = k.organization_id
      LEFT JOIN person p ON p.id = k.maker_id
      LEFT JOIN membership m ON m.person_id = k.maker_id AND m.organization_id = k.organization_id
      WHERE k.secret_hash = $1 AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > now())
      """, hash)
    guard let row = rows.first else { return nil }
    if let networks = try row.get(7, as: [String]?.self) {
      guard let address, networks.contains(where: { IPNetwork($0)?.contains(address) == true })
      else { return nil }
    }
    let authority = try makerAuthority(row, at: 9)
    if authority == .none { return nil }
    let identity = Identity(
      organization: OrganizationID(rawValue: try row.get(3)), organizationUUID: try row.get(4),
      organizationName: try row.get(5), keyID: try row.get(0), keyName: try row.get(1),
      scopes: authority.allows(Self.scopes(try row.get(2))), maker: try row.get(8))
    if try row.get(6, as: Bool.self) {
      try connection.query(
        """
        UPDATE api_key SET last_used_at = now(), last_address = $3::inet
        WHERE id = $1 AND organization_id = $2
        """, identity.keyID, identity.organization.rawValue, address?.description)
    }
    return identity
  }

  /// The keys of an organization, oldest first, revoked ones too.
  public static func list(
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    try list(after: nil, limit: Int(Int32.max), organization: organization, on: connection)
  }

  /// At most `limit` keys after `position`, oldest first, revoked ones too.
  public static func list(
    after position: Position?, limit: Int, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> [Record] {
    var records: [Record] = []
    for row in try connection.query(
      Record.columns
        + """
        WHERE k.organization_id = $1
          AND ($2::timestamptz IS NULL OR (k.created_at, k.id) > ($2, $3))
        ORDER BY k.created_at, k.id LIMIT $4
        """, organization.rawValue, position?.createdAt, position?.id, limit)
    {
      records.append(try Record(row))
    }
    return records
  }

  /// One key; `nil` where the organization has none of that id.
  public static func get(
    _ id: APIKeyID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Record? {
    let rows = try connection.query(
      Record.columns + "WHERE k.organization_id = $1 AND k.id = $2", organization.rawValue, id)
    guard let row = rows.first else { return nil }
    return try Record(row)
  }

  /// Revokes a key, at once and for ever; again does nothing. `nil` where the organization has none of
  /// that id; throws `keyOfAnother` where who asks may revoke only their own.
  public static func revoke(
    _ id: APIKeyID, organization: OrganizationID, in write: AuditedWrite
  ) throws -> Record? {
    guard let old = try get(id, organization: organization, on: write.connection) else {
      write.nothingChanged()
      return nil
    }
    let authority = try AuthorityQueries.authority(of: write, in: organization)
    if !authority.managesKeysOfOthers {
      let asker = try maker(of: write, in: organization)
      guard asker != nil, asker == old.maker else { throw AccountRefusal.keyOfAnother }
    }
    if old.revokedAt != nil {
      write.nothingChanged()
      return old
    }
    _ = try revoke(id, organization: organization, on: write.connection)
    try record("api_key.revoke", old, organization, write)
    return try get(id, organization: organization, on: write.connection)
  }

  /// Revokes a key without telling the audit log. `false` where there is no such key.
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

  /// The person who answers for what `write` makes: who asks, or who made the key that asks.
  static func maker(
    of write: AuditedWrite, in organization: OrganizationID
  ) throws(PostgresError) -> PersonID? {
    if let person = write.context.actor.person { return person }
    guard let key = write.context.actor.apiKey else { return nil }
    return try get(key, organization: organization, on: write.connection)?.maker
  }

  private static func insert(
    _ draft: APIKeyDraft, maker: PersonID?, _ organization: OrganizationID,
    _ connection: Connection
  ) throws -> (id: APIKeyID, secret: APIKeySecret) {
    let secret = APIKeySecret.random()
    let id = APIKeyID.random()
    try connection.query(
      """
      INSERT INTO api_key (id, organization_id, name, secret_hash, secret_end, scopes, networks,
        maker_id, created_at, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7::text[]::cidr[], $8, now(), $9)
      """, id, organization.rawValue, draft.name, try secret.hash, secret.end,
      draft.scopes.map(\.rawValue).sorted(), draft.networks?.map(\.description), maker,
      draft.expiresAt)
    return (id, secret)
  }

  private static func record(
    _ action: String, _ key: Record, _ organization: OrganizationID, _ write: AuditedWrite
  ) throws(PostgresError) {
    try write.record(
      AuditEntry(
        action, organization: organization, objectID: key.id.description,
        change: [
          "name": .string(key.name), "scopes": .strings(key.scopes.map(\.rawValue).sorted()),
          "secret": .string(key.secretHint),
          "networks": key.networks.map { .strings($0.map(\.description)) } ?? .null,
          "expires_at": .optional(key.expiresAt?.description),
        ]))
  }
}
