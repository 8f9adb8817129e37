import JSON
import Postgres

/// What a person leaves behind in an organization where they have no business any more: it ends for
/// good, so that nothing of it comes to life should they be let in again.
struct Departure {
  private(set) var keysRevoked = 0
  private(set) var invitationsRevoked = 0

  /// Nothing yet.
  init() {}

  /// Revokes the person's keys and open invitations. The organization's members are locked.
  init(
    of person: PersonID, from organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) {
    try connection.lock(AccountLock.keys, organization)
    keysRevoked = try APIKeyQueries.revokeAll(of: person, in: organization, on: connection)
    invitationsRevoked = try connection.query(
      """
      UPDATE invitation SET revoked_at = now()
      WHERE organization_id = $1 AND maker_id = $2 AND used_at IS NULL AND revoked_at IS NULL
      """, organization.rawValue, person
    ).affected
  }

  /// Where a person made keys or invitations without being a member: as an operator.
  static func organizations(
    withoutMembershipOf person: PersonID, on connection: Connection
  ) throws(PostgresError) -> [OrganizationID] {
    var list: [OrganizationID] = []
    for row in try connection.query(
      """
      SELECT made.organization_id FROM (
        SELECT organization_id FROM api_key WHERE maker_id = $1 AND revoked_at IS NULL
        UNION
        SELECT organization_id FROM invitation
        WHERE maker_id = $1 AND used_at IS NULL AND revoked_at IS NULL
      ) made
      WHERE NOT EXISTS (
        SELECT FROM membership m
        WHERE m.person_id = $1 AND m.organization_id = made.organization_id)
      ORDER BY made.organization_id
      """, person)
    {
      list.append(OrganizationID(rawValue: try row.get(0)))
    }
    return list
  }

  mutating func add(_ other: Departure) {
    keysRevoked += other.keysRevoked
    invitationsRevoked += other.invitationsRevoked
  }

  /// Tells the audit log of it, in an entry about the person.
  func note(in change: inout JSONObject) {
    change["keys_revoked"] = .integer(Int64(keysRevoked))
    change["invitations_revoked"] = .integer(Int64(invitationsRevoked))
  }
}
