public import Postgres

/// Finds out as what somebody acts, at this moment and from the rows alone.
public enum AuthorityQueries {
  /// What a person is in an organization.
  public static func authority(
    of person: PersonID, in organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Authority {
    let rows = try connection.query(
      """
      SELECT p.is_operator, p.disabled_at IS NOT NULL, m.role
      FROM person p LEFT JOIN membership m ON m.person_id = p.id AND m.organization_id = $2
      WHERE p.id = $1
      """, person, organization.rawValue)
    guard let row = rows.first else { return .none }
    return authority(
      isOperator: try row.get(0), isDisabled: try row.get(1), role: try row.get(2))
  }

  /// As what `write` is made. A key acts as its maker, as far as its scopes go, and is not revoked
  /// before the write has ended; one that was revoked or has expired, or that is another
  /// organization's, acts as nobody.
  static func standing(
    of write: AuditedWrite, in organization: OrganizationID
  ) throws(PostgresError) -> Standing {
    let actor = write.context.actor
    switch actor.kind {
    case .system: return Standing(.installation, .installation)
    case .person:
      guard let person = actor.person else { return Standing(.person, .none) }
      return Standing(
        .person, try authority(of: person, in: organization, on: write.connection))
    case .apiKey:
      let rows = try write.connection.query(
        """
        SELECT k.scopes, k.made_by, p.is_operator, p.disabled_at IS NOT NULL, m.role
        FROM api_key k LEFT JOIN person p ON p.id = k.maker_id
        LEFT JOIN membership m
          ON m.person_id = k.maker_id AND m.organization_id = k.organization_id
        WHERE k.id = $1 AND k.organization_id = $2 AND k.revoked_at IS NULL
          AND (k.expires_at IS NULL OR k.expires_at > now())
        FOR SHARE OF k
        """, actor.apiKey, organization.rawValue)
      guard let row = rows.first else { return Standing(.key, .none) }
      let scopes = APIKeyQueries.scopes(try row.get(0))
      return Standing(.key, try authority(ofMaker: row, at: 1, scopes: scopes), scopes: scopes)
    }
  }

  /// Throws `notAllowed` unless an operator makes `write`, or the installation.
  ///
  /// - Parameter orKey: whether an operator's key will do: not where it concerns people.
  static func requireOperator(_ write: AuditedWrite, orKey: Bool = false) throws {
    let actor = write.context.actor
    let found: Rows
    switch actor.kind {
    case .system: return
    case .person:
      found = try write.connection.query(
        "SELECT 1 FROM person WHERE id = $1 AND is_operator AND disabled_at IS NULL", actor.person)
    case .apiKey:
      guard orKey else { throw AccountRefusal.notAllowed }
      found = try write.connection.query(
        """
        SELECT 1 FROM api_key k LEFT JOIN person p ON p.id = k.maker_id
        WHERE k.id = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
          AND $2 = ANY(k.scopes)
          AND (k.made_by = 'installation' OR (p.is_operator AND p.disabled_at IS NULL))
        """, actor.apiKey, Scope.installationOperator.rawValue)
    }
    guard found.count == 1 else { throw AccountRefusal.notAllowed }
  }

  /// Throws `notAllowed` unless `person` makes `write`, or the installation.
  static func requireSelf(_ person: PersonID, _ write: AuditedWrite) throws {
    if write.context.actor.kind == .system { return }
    guard write.context.actor.person == person,
      try write.connection.query(
        "SELECT 1 FROM person WHERE id = $1 AND disabled_at IS NULL", person
      ).count == 1
    else { throw AccountRefusal.notAllowed }
  }

  /// Throws `notAllowed` unless `person`, an operator or the installation makes `write`.
  static func requireSelfOrOperator(_ person: PersonID, _ write: AuditedWrite) throws {
    if write.context.actor.person == person {
      try requireSelf(person, write)
    } else {
      try requireOperator(write)
    }
  }

  /// What these columns of a person and a membership amount to.
  static func authority(isOperator: Bool, isDisabled: Bool, role: String?) -> Authority {
    if isDisabled { return .none }
    if isOperator { return .installation }
    return role.flatMap(Role.init(rawValue:)).map { .role($0) } ?? .none
  }

  /// The authority of who made a key or an invitation, from columns that begin at `first`: by what it
  /// was made, whether its person is an operator, whether they are disabled, and their role. A person
  /// who is not there has none. What the installation made acts as an owner, and as the installation
  /// only by the operator's scope.
  static func authority(
    ofMaker row: Row, at first: Int, scopes: Set<Scope>
  ) throws(PostgresError) -> Authority {
    if try row.get(first, as: String.self) == "installation" {
      return scopes.contains(.installationOperator) ? .installation : .role(.owner)
    }
    guard let isOperator = try row.get(first + 1, as: Bool?.self) else { return .none }
    return authority(
      isOperator: isOperator, isDisabled: try row.get(first + 2), role: try row.get(first + 3))
  }
}
