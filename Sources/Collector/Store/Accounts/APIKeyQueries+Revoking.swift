import Model
public import Postgres

extension APIKeyQueries {
  /// Revokes a key with all that were made with it, and the open invitations that they made, at once
  /// and for ever; again does nothing. `nil` where the organization has none of that id.
  ///
  /// A person revokes the keys that they made, a key itself, whatever else they may do; all others
  /// take the scope `keys:write`. Throws `lacksScope`, and `keyOfAnother` where who asks may revoke
  /// only their own.
  public static func revoke(
    _ id: APIKeyID, organization: OrganizationID, in write: AuditedWrite
  ) throws -> Record? {
    let connection = write.connection
    try connection.lock(AccountLock.keys, organization)
    guard let old = try get(id, organization: organization, on: connection) else {
      write.nothingChanged()
      return nil
    }
    try requireRevoking(old, organization, write)
    if old.revokedAt != nil {
      write.nothingChanged()
      return old
    }
    let gone = try end(
      """
      WITH RECURSIVE gone AS (
        SELECT id FROM api_key WHERE id = $1 AND organization_id = $2
        UNION SELECT k.id FROM api_key k JOIN gone ON k.parent_id = gone.id
      )
      UPDATE api_key SET revoked_at = now() WHERE revoked_at IS NULL AND id IN (TABLE gone)
      RETURNING id
      """, id, organization.rawValue, on: connection)
    try connection.query(
      """
      UPDATE invitation SET revoked_at = now()
      WHERE organization_id = $1 AND key_id = ANY($2) AND used_at IS NULL AND revoked_at IS NULL
      """, organization.rawValue, gone)
    try record("api_key.revoke", old, organization, write, children: gone.count - 1)
    return try get(id, organization: organization, on: connection)
  }

  /// Revokes a key as the installation. `false` where there is no such key.
  public static func revoke(
    _ id: APIKeyID, organization: OrganizationID, on connection: Connection
  ) throws -> Bool {
    try AuditTrail.write(by: Administrator.context, on: connection) { write in
      try revoke(id, organization: organization, in: write) != nil
    }
  }

  /// Revokes the keys that a person made in an organization, and those that these made; returns how
  /// many. The organization's keys are locked.
  static func revokeAll(
    of maker: PersonID, in organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Int {
    try end(
      """
      UPDATE api_key SET revoked_at = now()
      WHERE maker_id = $1 AND organization_id = $2 AND revoked_at IS NULL RETURNING id
      """, maker, organization.rawValue, on: connection
    ).count
  }

  private static func end(
    _ statement: SQL, _ values: any PostgresValue..., on connection: Connection
  ) throws(PostgresError) -> [APIKeyID] {
    var ids: [APIKeyID] = []
    for row in try connection.query(statement, with: values) { ids.append(try row.get(0)) }
    return ids
  }

  private static func requireRevoking(
    _ key: Record, _ organization: OrganizationID, _ write: AuditedWrite
  ) throws {
    let actor = write.context.actor
    if let person = actor.person, person == key.maker { return }
    if actor.apiKey == key.id { return }
    let standing = try AuthorityQueries.standing(of: write, in: organization)
    guard standing.authority != .none else { throw AccountRefusal.keyOfAnother }
    try standing.require(.keysWrite)
    if standing.authority.managesKeysOfOthers { return }
    let asker = try parent(of: write, in: organization)?.maker
    guard asker != nil, asker == key.maker else { throw AccountRefusal.keyOfAnother }
  }
}
