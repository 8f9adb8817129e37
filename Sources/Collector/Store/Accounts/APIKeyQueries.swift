import JSON
public import Model
import OpenSSL
public import Postgres

/// API keys in the store.
public enum APIKeyQueries {
  /// How many keys that can be used an organization may have.
  public static let most: Int64 = 1000

  /// Makes a key; its secret is in the answer and nowhere else. Throws `noScopes`,
  /// `scopesBeyondMaker`, `lacksScope`, `beyondParent` and `tooManyKeys`.
  ///
  /// Its maker is who asks, or who made the key that asks: what it may do is never more than that
  /// person may at that moment. One that a key makes may do no more than that key, is good from no
  /// other networks, expires no later (what is left out is taken from it), and is revoked with it.
  public static func create(
    _ draft: APIKeyDraft, organization: OrganizationID, in write: AuditedWrite
  ) throws -> (record: Record, secret: APIKeySecret) {
    guard !draft.scopes.isEmpty else { throw AccountRefusal.noScopes }
    let connection = write.connection
    if let person = write.context.actor.person {
      // Nobody becomes an operator, or ceases to be one, meanwhile.
      try connection.query("SELECT 1 FROM person WHERE id = $1 FOR SHARE", person)
    }
    try connection.lock(AccountLock.keys, organization)
    let standing = try AuthorityQueries.standing(of: write, in: organization)
    let beyond = draft.scopes.subtracting(standing.scopes)
    guard beyond.isEmpty else { throw AccountRefusal.scopesBeyondMaker(beyond) }
    try standing.require(.keysWrite)
    let parent = try parent(of: write, in: organization)
    guard let bounded = draft.bounded(by: parent) else { throw AccountRefusal.beyondParent }
    guard try usable(in: organization, connection) < most else {
      throw AccountRefusal.tooManyKeys(most: most)
    }
    let (id, secret) = try insert(
      bounded, maker: parent?.maker ?? write.context.actor.person, parent: parent?.id,
      organization, connection)
    guard let record = try get(id, organization: organization, on: connection) else {
      throw PostgresError(.bug, "a key that was just made is not there")
    }
    try self.record("api_key.create", record, organization, write)
    return (record, secret)
  }

  /// Makes a key as the installation.
  public static func create(
    name: String, scopes: Set<Scope>, organization: OrganizationID, on connection: Connection
  ) throws -> (id: APIKeyID, secret: APIKeySecret) {
    try AuditTrail.write(by: Administrator.context, on: connection) { write in
      let (record, secret) = try create(
        APIKeyDraft(name: name, scopes: scopes), organization: organization, in: write)
      return (record.id, secret)
    }
  }

  /// Whose key has this hash. `nil` where none has it, it was revoked or has expired, it may not be
  /// used from `address`, or its maker may nothing any more, all alike. Notes the use, once a minute.
  public static func find(
    hash: [UInt8], from address: IPAddress? = nil, on connection: Connection
  ) throws(PostgresError) -> Identity? {
    let rows = try connection.query(
      """
      SELECT k.id, k.name, k.scopes, o.id, o.uuid, o.name,
        coalesce(k.last_used_at < now() - interval '1 minute', true), k.networks::text[],
        k.maker_id, k.made_by, p.is_operator, p.disabled_at IS NOT NULL, m.role
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
    let wished = Self.scopes(try row.get(2))
    let authority = try AuthorityQueries.authority(ofMaker: row, at: 9, scopes: wished)
    if authority == .none { return nil }
    let identity = Identity(
      organization: OrganizationID(rawValue: try row.get(3)), organizationUUID: try row.get(4),
      organizationName: try row.get(5),
      credential: .apiKey(try row.get(0), name: try row.get(1)), scopes: authority.allows(wished))
    if try row.get(6, as: Bool.self) {
      try connection.query(
        """
        UPDATE api_key SET last_used_at = now(), last_address = $3::inet
        WHERE id = $1 AND organization_id = $2
          AND coalesce(last_used_at < now() - interval '1 minute', true)
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

  // MARK: - For the other files of this concept

  /// The key that makes `write`, which is the parent of what is made by it; `nil` where a person or the
  /// installation does. Throws `notAllowed` for a key that is not there.
  static func parent(
    of write: AuditedWrite, in organization: OrganizationID
  ) throws -> Record? {
    guard write.context.actor.kind == .apiKey else { return nil }
    guard let id = write.context.actor.apiKey,
      let parent = try get(id, organization: organization, on: write.connection)
    else { throw AccountRefusal.notAllowed }
    return parent
  }

  static func record(
    _ action: String, _ key: Record, _ organization: OrganizationID, _ write: AuditedWrite,
    children: Int = 0
  ) throws(PostgresError) {
    var change = JSONObject()
    change["name"] = .string(key.name)
    change["scopes"] = .strings(key.scopes.map(\.rawValue).sorted())
    change["secret"] = .string(key.secretHint)
    change["networks"] = key.networks.map { .strings($0.map(\.description)) } ?? .null
    change["expires_at"] = .optional(key.expiresAt?.description)
    change["parent"] = .optional(key.parent?.description)
    if children > 0 { change["children"] = .integer(Int64(children)) }
    try write.record(
      AuditEntry(
        action, organization: organization, objectID: key.id.description, change: .object(change)))
  }

  private static func usable(
    in organization: OrganizationID, _ connection: Connection
  ) throws(PostgresError) -> Int64 {
    let rows = try connection.query(
      """
      SELECT count(*) FROM api_key WHERE organization_id = $1 AND revoked_at IS NULL
        AND (expires_at IS NULL OR expires_at > now())
      """, organization.rawValue)
    return try rows.first?.get(0) ?? 0
  }

  private static func insert(
    _ draft: APIKeyDraft, maker: PersonID?, parent: APIKeyID?, _ organization: OrganizationID,
    _ connection: Connection
  ) throws -> (id: APIKeyID, secret: APIKeySecret) {
    let secret = APIKeySecret.random()
    let id = APIKeyID.random()
    try connection.query(
      """
      INSERT INTO api_key (id, organization_id, name, secret_hash, secret_end, scopes, networks,
        made_by, maker_id, parent_id, created_at, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7::text[]::cidr[], $8, $9, $10, now(), $11)
      """, id, organization.rawValue, draft.name, try secret.hash, secret.end,
      draft.scopes.map(\.rawValue).sorted(), draft.networks?.map(\.description),
      maker == nil ? "installation" : "person", maker, parent, draft.expiresAt)
    return (id, secret)
  }
}
