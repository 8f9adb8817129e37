import Model
public import Postgres

extension InvitationQueries {
  /// What a link offers, to be shown before it is taken; `nil` where nothing was ever offered by it.
  public static func offer(
    of secret: InvitationSecret, on connection: Connection
  ) throws -> InvitationOffer? {
    try offer(secret, lock: false, on: connection)
  }

  /// Takes an invitation up: makes `person`, who makes the write, a member. Throws `invitation` with
  /// its standing, and `alreadyMember`.
  ///
  /// One that is bound to an address is for the person of that address alone.
  public static func accept(
    _ secret: InvitationSecret, by person: PersonID, in write: AuditedWrite
  ) throws -> (organization: OrganizationID, member: MembershipQueries.Member) {
    try AuthorityQueries.requireSelf(person, write)
    let offer = try lockedOffer(of: secret, on: write.connection)
    guard let taker = try PersonQueries.get(person, on: write.connection),
      taker.disabledAt == nil
    else { throw AccountRefusal.invitation(.unknown) }
    return (
      offer.organization, try take(offer, by: person, email: EmailAddress(taker.email), in: write)
    )
  }

  /// Takes an invitation up as somebody who has no account yet: makes the person, never an operator,
  /// and makes them a member. The write is the program's, since nobody is signed in. Throws
  /// `invitation` with its standing, and `emailTaken`: who has an account signs in and accepts.
  public static func redeem(
    _ secret: InvitationSecret, _ draft: PersonDraft, in write: AuditedWrite
  ) throws -> (
    person: PersonRecord, organization: OrganizationID, member: MembershipQueries.Member
  ) {
    guard write.context.actor.kind == .system else { throw AccountRefusal.notAllowed }
    let offer = try lockedOffer(of: secret, on: write.connection)
    let standing = offer.standing(for: draft.email)
    guard standing == .open else { throw AccountRefusal.invitation(standing) }
    var draft = draft
    draft.isOperator = false
    let person = try PersonQueries.create(draft, in: write)
    return (
      person, offer.organization, try take(offer, by: person.id, email: draft.email, in: write)
    )
  }

  private static func take(
    _ offer: InvitationOffer, by person: PersonID, email: EmailAddress?, in write: AuditedWrite
  ) throws -> MembershipQueries.Member {
    let (connection, organization) = (write.connection, offer.organization)
    let standing = offer.standing(for: email)
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
    return try MembershipQueries.present(person, organization, connection)
  }

  /// What a link offers, which changes no more before the transaction ends.
  private static func lockedOffer(
    of secret: InvitationSecret, on connection: Connection
  ) throws -> InvitationOffer {
    guard let found = try offer(secret, lock: false, on: connection) else {
      throw AccountRefusal.invitation(.unknown)
    }
    try connection.lock(AccountLock.members, found.organization)
    guard let offer = try offer(secret, lock: true, on: connection) else {
      throw AccountRefusal.invitation(.unknown)
    }
    return offer
  }

  private static func offer(
    _ secret: InvitationSecret, lock: Bool, on connection: Connection
  ) throws -> InvitationOffer? {
    let rows = try connection.query(
      InvitationOffer.columns + (lock ? " FOR NO KEY UPDATE OF i" : ""), try secret.hash)
    guard let row = rows.first else { return nil }
    return try InvitationOffer(row)
  }
}
