import JSON
import Model
import OpenSSL
public import Postgres

/// Invitations into an organization, by link. A link works once, and only as long as who made it
/// could still give the role that it gives.
public enum InvitationQueries {
  /// How long a link works unless it is said, in seconds.
  public static let defaultLifetimeSeconds: Int64 = 7 * 86_400
  /// The longest that may be said.
  public static let longestLifetimeSeconds: Int64 = 90 * 86_400
  /// How many open ones an organization may have.
  public static let most: Int64 = 500

  /// Makes an invitation; the secret is in the answer and nowhere else. Throws `mayNotGive`,
  /// `lacksScope` and `tooManyInvitations`.
  ///
  /// One that a key makes ends with the key at the latest.
  ///
  /// - Parameter email: whose it is alone; `nil`: of whoever has the link.
  public static func create(
    role: Role, email: EmailAddress?, lifetimeSeconds: Int64 = defaultLifetimeSeconds,
    organization: OrganizationID, in write: AuditedWrite
  ) throws -> (record: InvitationRecord, secret: InvitationSecret) {
    try write.connection.lock(AccountLock.members, organization)
    try AuthorityQueries.standing(of: write, in: organization).require(giving: role)
    guard try open(in: organization, write.connection) < most else {
      throw AccountRefusal.tooManyInvitations(most: most)
    }
    let key = try APIKeyQueries.parent(of: write, in: organization)
    let maker = key?.maker ?? write.context.actor.person
    let id = InvitationID.random()
    let secret = InvitationSecret.random()
    let lifetime = min(max(60, lifetimeSeconds), longestLifetimeSeconds)
    try write.connection.query(
      """
      INSERT INTO invitation (id, organization_id, secret_hash, role, email, email_key, made_by,
        maker_id, key_id, created_at, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now(),
        least(now() + $10 * interval '1 second', coalesce($11, 'infinity'::timestamptz)))
      """, id, organization.rawValue, try secret.hash, role.rawValue, email?.text, email?.key,
      maker == nil ? "installation" : "person", maker, key?.id, lifetime,
      key?.expiresAt)
    try record("invitation.create", id, role, email?.text, organization, write)
    guard let record = try get(id, organization: organization, on: write.connection) else {
      throw PostgresError(.bug, "an invitation that was just made is not there")
    }
    return (record, secret)
  }

  /// At most `limit` invitations, newest first, after `position`.
  public static func list(
    after position: InvitationRecord.Position? = nil, limit: Int, organization: OrganizationID,
    on connection: Connection
  ) throws(PostgresError) -> [InvitationRecord] {
    let rows = try connection.query(
      InvitationRecord.columns
        + """
         WHERE i.organization_id = $1
          AND ($2::timestamptz IS NULL OR (i.created_at, i.id) < ($2, $3))
        ORDER BY i.created_at DESC, i.id DESC LIMIT $4
        """, organization.rawValue, position?.createdAt, position?.id, limit)
    var records: [InvitationRecord] = []
    for row in rows { records.append(try InvitationRecord(row)) }
    return records
  }

  /// One invitation; `nil` where the organization has none of that id.
  public static func get(
    _ id: InvitationID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> InvitationRecord? {
    let rows = try connection.query(
      InvitationRecord.columns + " WHERE i.organization_id = $1 AND i.id = $2",
      organization.rawValue, id)
    guard let row = rows.first else { return nil }
    return try InvitationRecord(row)
  }

  /// Revokes an invitation that was not used; again does nothing. `nil` where the organization has
  /// none of that id. Throws `mayNotGive` and `lacksScope` where who asks could not unmake a member of
  /// that role.
  public static func revoke(
    _ id: InvitationID, organization: OrganizationID, in write: AuditedWrite
  ) throws -> InvitationRecord? {
    let connection = write.connection
    try connection.lock(AccountLock.members, organization)
    guard let old = try get(id, organization: organization, on: connection) else {
      write.nothingChanged()
      return nil
    }
    try AuthorityQueries.standing(of: write, in: organization).require(taking: old.role)
    let rows = try connection.query(
      """
      UPDATE invitation SET revoked_at = now()
      WHERE id = $1 AND organization_id = $2 AND used_at IS NULL AND revoked_at IS NULL
      """, id, organization.rawValue)
    if rows.affected == 1 {
      try record("invitation.revoke", id, old.role, old.email, organization, write)
    } else {
      write.nothingChanged()
    }
    return try get(id, organization: organization, on: connection)
  }

  private static func open(
    in organization: OrganizationID, _ connection: Connection
  ) throws(PostgresError) -> Int64 {
    let rows = try connection.query(
      """
      SELECT count(*) FROM invitation WHERE organization_id = $1 AND used_at IS NULL
        AND revoked_at IS NULL AND expires_at > now()
      """, organization.rawValue)
    return try rows.first?.get(0) ?? 0
  }

  private static func record(
    _ action: String, _ id: InvitationID, _ role: Role, _ email: String?,
    _ organization: OrganizationID, _ write: AuditedWrite
  ) throws(PostgresError) {
    try write.record(
      AuditEntry(
        action, organization: organization, objectID: id.description,
        change: ["role": .string(role.rawValue), "email": .optional(email)]))
  }
}
