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

  /// Makes an invitation; the secret is in the answer and nowhere else. Throws `mayNotGive`.
  ///
  /// - Parameter email: whose it is alone; `nil`: of whoever has the link.
  public static func create(
    role: Role, email: EmailAddress?, lifetimeSeconds: Int64 = defaultLifetimeSeconds,
    organization: OrganizationID, in write: AuditedWrite
  ) throws -> (record: InvitationRecord, secret: InvitationSecret) {
    try write.connection.lock(AccountLock.members, organization)
    let authority = try AuthorityQueries.authority(of: write, in: organization)
    guard authority.mayGive(role) else { throw AccountRefusal.mayNotGive(role) }
    let id = InvitationID.random()
    let secret = InvitationSecret.random()
    let lifetime = min(max(60, lifetimeSeconds), longestLifetimeSeconds)
    try write.connection.query(
      """
      INSERT INTO invitation (id, organization_id, secret_hash, role, email, email_key, maker_id,
        created_at, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now() + $8 * interval '1 second')
      """, id, organization.rawValue, try secret.hash, role.rawValue, email?.text, email?.key,
      try APIKeyQueries.maker(of: write, in: organization), lifetime)
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
  /// none of that id.
  public static func revoke(
    _ id: InvitationID, organization: OrganizationID, in write: AuditedWrite
  ) throws -> InvitationRecord? {
    let rows = try write.connection.query(
      """
      UPDATE invitation SET revoked_at = now()
      WHERE id = $1 AND organization_id = $2 AND used_at IS NULL AND revoked_at IS NULL
      """, id, organization.rawValue)
    let record = try get(id, organization: organization, on: write.connection)
    guard let record else {
      write.nothingChanged()
      return nil
    }
    if rows.affected == 1 {
      try self.record("invitation.revoke", id, record.role, record.email, organization, write)
    } else {
      write.nothingChanged()
    }
    return record
  }

  /// What a link offers, to be shown before it is taken; `nil` where nothing was ever offered by it.
  public static func offer(
    of secret: InvitationSecret, on connection: Connection
  ) throws -> InvitationOffer? {
    try offer(secret, lock: false, on: connection)
  }

  /// Takes an invitation up: makes `person` a member. Throws `invitation` with its standing, and
  /// `alreadyMember`.
  ///
  /// Who has no account yet is made one in the same `write` before; an invitation that is bound to an
  /// address is for the person of that address alone.
  public static func accept(
    _ secret: InvitationSecret, by person: PersonID, in write: AuditedWrite
  ) throws -> (organization: OrganizationID, member: MembershipQueries.Member) {
    let connection = write.connection
    guard let found = try offer(secret, lock: false, on: connection) else {
      throw AccountRefusal.invitation(.unknown)
    }
    let organization = found.organization
    try connection.lock(AccountLock.members, organization)
    guard let offer = try offer(secret, lock: true, on: connection),
      let taker = try PersonQueries.get(person, on: connection), taker.disabledAt == nil
    else { throw AccountRefusal.invitation(.unknown) }
    let standing = offer.standing(for: EmailAddress(taker.email))
    guard standing == .open else { throw AccountRefusal.invitation(standing) }
    guard try MembershipQueries.insert(person, offer.role, organization, connection) else {
      throw AccountRefusal.alreadyMember
    }
    try connection.query(
      """
      UPDATE invitation SET used_at = now(), used_by = $3
      WHERE id = $1 AND organization_id = $2 AND used_at IS NULL
      """, offer.id, organization.rawValue, person)
    try MembershipQueries.record("member.join", person, nil, offer.role, organization, write)
    return (organization, try MembershipQueries.present(person, organization, connection))
  }

  private static func offer(
    _ secret: InvitationSecret, lock: Bool, on connection: Connection
  ) throws -> InvitationOffer? {
    let rows = try connection.query(
      InvitationOffer.columns + (lock ? " FOR NO KEY UPDATE OF i" : ""), try secret.hash)
    guard let row = rows.first else { return nil }
    return try InvitationOffer(row)
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
