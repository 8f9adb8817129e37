import Model
public import Postgres

/// Who asks with a session: the person, and where they may act.
public enum SessionIdentities {
  /// The person of a session that can be used at this moment; `nil` where it can't, whyever.
  public static func person(
    of session: LoginSessionID, _ person: PersonID, on connection: Connection
  ) throws(PostgresError) -> SignedInPerson? {
    guard try LoginSessions.isLive(session, of: person, on: connection) else { return nil }
    let rows = try connection.query(
      """
      SELECT p.email, p.name, p.is_operator, s.kind
      FROM person p JOIN login_session s ON s.person_id = p.id
      WHERE s.id = $1 AND p.id = $2 AND p.disabled_at IS NULL
      """, session, person)
    guard let row = rows.first, let kind = LoginSession.Kind(rawValue: try row.get(3)) else {
      return nil
    }
    return SignedInPerson(
      id: person, email: try row.get(0), name: try row.get(1), session: session, sessionKind: kind,
      isOperator: try row.get(2))
  }

  /// Where a person wants to act.
  public enum Place: Hashable, Sendable {
    case found(Identity)
    /// There is no such organization, or they have no business there, alike.
    case none
    /// They belong to several and named none.
    case several
  }

  /// What a person is in the organization that they name, or in their only one.
  public static func place(
    of person: SignedInPerson, in named: OrganizationUUID?, on connection: Connection
  ) throws(PostgresError) -> Place {
    if let named {
      guard let access = try AuthorityQueries.access(of: person.id, to: named, on: connection)
      else { return .none }
      return .found(identity(of: person, access))
    }
    let own = try AuthorityQueries.organizations(
      of: person.id, after: nil, limit: 2, on: connection)
    guard let only = own.first else { return .none }
    return own.count == 1 ? .found(identity(of: person, only)) : .several
  }

  private static func identity(
    of person: SignedInPerson, _ access: AuthorityQueries.Access
  ) -> Identity {
    Identity(
      organization: access.organization, organizationUUID: access.uuid,
      organizationName: access.name, credential: .person(person, role: access.role),
      scopes: access.scopes)
  }
}
