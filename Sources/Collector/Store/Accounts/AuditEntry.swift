public import JSON
public import Model
public import Postgres

/// Who changed something.
public struct AuditActor: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case person
    case apiKey = "api_key"
    /// The program itself, or somebody at its command line.
    case system
  }

  public var kind: Kind
  /// Of the person or the key.
  public var id: PostgresUUID?
  /// What it was called then: an e-mail address, a key's name, a command.
  public var label: String
  /// By which session a person acted.
  public var session: LoginSessionID?

  public static func person(
    _ id: PersonID, label: String, session: LoginSessionID? = nil
  ) -> AuditActor {
    AuditActor(
      kind: .person, id: PostgresUUID(high: id.high, low: id.low), label: label, session: session)
  }

  public static func apiKey(_ id: APIKeyID, label: String) -> AuditActor {
    AuditActor(
      kind: .apiKey, id: PostgresUUID(high: id.high, low: id.low), label: label, session: nil)
  }

  public static func system(_ label: String) -> AuditActor {
    AuditActor(kind: .system, id: nil, label: label, session: nil)
  }

  /// The person, where it is one.
  public var person: PersonID? {
    guard kind == .person, let id else { return nil }
    return PersonID(high: id.high, low: id.low)
  }

  /// The key, where it is one.
  public var apiKey: APIKeyID? {
    guard kind == .apiKey, let id else { return nil }
    return APIKeyID(high: id.high, low: id.low)
  }
}

/// Who asks, from where, in which request: the same for all that one request changes.
public struct AuditContext: Hashable, Sendable {
  public var actor: AuditActor
  public var address: IPAddress?
  public var requestID: String?

  public init(actor: AuditActor, address: IPAddress? = nil, requestID: String? = nil) {
    self.actor = actor
    self.address = address
    self.requestID = requestID
  }
}

/// What was changed.
public struct AuditEntry: Hashable, Sendable {
  /// Whose it is; `nil`: the installation's.
  public var organization: OrganizationID?
  /// A noun and a verb: `monitor.update`.
  public var action: String
  public var objectKind: String
  public var objectID: String?
  /// What is different, secrets masked: they must not come here. As a rule an object with a pair
  /// `[before, after]` for each changed member.
  public var change: JSONValue?

  /// `objectKind` is the action's noun unless it is said.
  public init(
    _ action: String, organization: OrganizationID?, objectKind: String? = nil,
    objectID: String? = nil, change: JSONValue? = nil
  ) {
    self.action = action
    self.organization = organization
    self.objectKind =
      objectKind ?? String(decoding: action.utf8.prefix { $0 != 0x2e }, as: UTF8.self)
    self.objectID = objectID
    self.change = change
  }
}
