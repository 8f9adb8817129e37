public import Postgres

/// The first key of an organization and the first person, made from the collector's command line.
public enum Administrator {
  /// Why no key was made.
  public enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The organization has a live key of this name, whose secret can't be shown again.
    case exists(name: String, organization: String)
    /// A name is empty, too long, or holds control characters.
    case badName(String)

    public var description: String {
      switch self {
      case .exists(let name, let organization):
        "organization \"\(organization)\" already has a key \"\(name)\", whose secret was shown "
          + "when it was made: choose another name, or revoke that key first"
      case .badName(let name):
        "\"\(name)\" can't be a name: it must have 1 to 100 bytes and no control characters"
      }
    }
  }

  /// As what the command line writes.
  static let context = AuditContext(actor: .system("upblit-collector create-admin"))

  /// Makes the organization where it is missing, and in it a key with every scope.
  ///
  /// The answer holds the secret, to be shown once. Throws `Refusal`, or `PostgresError`.
  public static func create(
    name: String, organization: String, on connection: Connection
  ) throws -> APIKeySecret {
    for text in [name, organization] {
      guard 1...100 ~= text.utf8.count, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
        throw Refusal.badName(text)
      }
    }
    return try AuditTrail.write(by: context, on: connection) { write in
      let connection = write.connection
      let id = try OrganizationQueries.findOrCreate(name: organization, in: write)
      let taken = try connection.query(
        """
        SELECT 1 FROM api_key WHERE organization_id = $1 AND name = $2 AND revoked_at IS NULL
        """, id.rawValue, name)
      if taken.count > 0 { throw Refusal.exists(name: name, organization: organization) }
      return try APIKeyQueries.create(
        APIKeyDraft(name: name, scopes: Set(Scope.allCases)), organization: id, in: write
      ).secret
    }
  }

  /// Makes an operator from the command line, owner of the organization, which is made where it is
  /// missing. Throws `AccountRefusal.emailTaken`.
  public static func createPerson(
    _ draft: PersonDraft, organization: String, on connection: Connection
  ) throws -> PersonRecord {
    return try AuditTrail.write(by: context, on: connection) { write in
      try write.connection.lock(.people)
      return try makeOperator(draft, organization: organization, in: write).person
    }
  }

  static func makeOperator(
    _ draft: PersonDraft, organization: String, in write: AuditedWrite
  ) throws -> (person: PersonRecord, organization: OrganizationID) {
    var draft = draft
    draft.isOperator = true
    let person = try PersonQueries.create(draft, in: write)
    let id = try OrganizationQueries.findOrCreate(name: organization, in: write)
    _ = try MembershipQueries.add(person.id, as: .owner, organization: id, in: write)
    return (person, id)
  }
}
