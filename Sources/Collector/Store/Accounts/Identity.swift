public import Model
public import Postgres

/// The number of an organization in the store. Every query about what organizations own takes one.
public struct OrganizationID: Hashable, Sendable {
  public var rawValue: Int32

  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }
}

/// Who asks in an organization, and what that allows there.
public struct Identity: Hashable, Sendable {
  public var organization: OrganizationID
  /// The organization's name outside the store.
  public var organizationUUID: OrganizationUUID
  public var organizationName: String
  public var credential: Credential
  /// What is allowed now: of a key what it was made for, as far as its maker may do it still; of a
  /// person what their role says.
  public var scopes: Set<Scope>

  public init(
    organization: OrganizationID, organizationUUID: OrganizationUUID, organizationName: String,
    credential: Credential, scopes: Set<Scope>
  ) {
    self.organization = organization
    self.organizationUUID = organizationUUID
    self.organizationName = organizationName
    self.credential = credential
    self.scopes = scopes
  }

  /// By what somebody is known.
  public enum Credential: Hashable, Sendable {
    case apiKey(APIKeyID, name: String)
    /// A person who signed in; with the role of a member, `nil` for an operator from above.
    case person(SignedInPerson, role: Role?)
  }

  /// The API key; `nil` where a person asks.
  public var keyID: APIKeyID? {
    guard case .apiKey(let id, _) = credential else { return nil }
    return id
  }

  /// The person; `nil` where a key asks.
  public var person: SignedInPerson? {
    guard case .person(let person, _) = credential else { return nil }
    return person
  }

  /// Names the key, or the session.
  public var credentialID: PostgresUUID {
    switch credential {
    case .apiKey(let id, _): PostgresUUID(high: id.high, low: id.low)
    case .person(let person, _):
      PostgresUUID(high: person.session.high, low: person.session.low)
    }
  }

  /// Names who has an allowance: the key, or the person with all their sessions.
  public var payerID: PostgresUUID {
    guard case .person(let person, _) = credential else { return credentialID }
    return PostgresUUID(high: person.id.high, low: person.id.low)
  }

  /// How the audit log names who asks.
  public var actor: AuditActor {
    switch credential {
    case .apiKey(let id, let name): .apiKey(id, label: name)
    case .person(let person, _): person.actor
    }
  }

  /// Whether whoever asks stands above organizations.
  public var isOperator: Bool { scopes.contains(.installationOperator) }
}

/// A person who signed in, by one of their sessions.
public struct SignedInPerson: Hashable, Sendable {
  public var id: PersonID
  public var email: String
  public var name: String
  public var session: LoginSessionID
  public var sessionKind: LoginSession.Kind
  /// Whether they stand above organizations.
  public var isOperator: Bool

  /// How the audit log names them.
  public var actor: AuditActor { .person(id, label: email, session: session) }
}

/// The kinds of account things that identifiers name.
public enum NamedAccount {
  public enum Organization {}
  public enum APIKey {}
  public enum Person {}
  public enum Invitation {}
  public enum LoginSession {}
  public enum LinkedIdentity {}
}

/// Names an organization outside the store.
public typealias OrganizationUUID = Identifier<NamedAccount.Organization>
/// Names an API key.
public typealias APIKeyID = Identifier<NamedAccount.APIKey>
/// Names a person.
public typealias PersonID = Identifier<NamedAccount.Person>
/// Names an invitation.
public typealias InvitationID = Identifier<NamedAccount.Invitation>
/// Names one sign-in of a person, through all its refresh tokens.
public typealias LoginSessionID = Identifier<NamedAccount.LoginSession>
/// Names an identity at a provider among its person's.
public typealias LinkedIdentityID = Identifier<NamedAccount.LinkedIdentity>
