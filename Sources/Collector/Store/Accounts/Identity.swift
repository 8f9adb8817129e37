public import Model

/// The number of an organization in the store. Every query about what organizations own takes one.
public struct OrganizationID: Hashable, Sendable {
  public var rawValue: Int32

  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }
}

/// Whose API key came with a request, and what it allows.
public struct Identity: Hashable, Sendable {
  public var organization: OrganizationID
  /// The organization's name outside the store.
  public var organizationUUID: OrganizationUUID
  public var organizationName: String
  public var keyID: APIKeyID
  public var keyName: String
  /// What the key allows now: what it was made for, as far as its maker may do it still.
  public var scopes: Set<Scope>
  /// Who made it; `nil` for one of the installation's command line.
  public var maker: PersonID?

  /// Whether the key stands above organizations.
  public var isOperator: Bool { scopes.contains(.installationOperator) }
}

/// The kinds of account things that identifiers name.
public enum NamedAccount {
  public enum Organization {}
  public enum APIKey {}
  public enum Person {}
  public enum Invitation {}
  public enum LoginSession {}
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
