import JSON

/// A person in an organization.
public struct Member: IdentifiedResource {
  public static let word = "user"
  public static let path = "/api/v1/members"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  /// The e-mail address, by which a person finds another.
  public var name: String { text("email") }
  public var email: String { text("email") }
  public var fullName: String { text("name") }
  /// `owner`, `admin`, `editor` or `viewer`.
  public var role: String { text("role") }
  public var isDisabled: Bool { json["disabled"]?.boolValue ?? false }
  public var hasSecondFactor: Bool { json["has_second_factor"]?.boolValue ?? false }
  public var joinedAt: Moment? { moment("joined_at") }
  public var updatedAt: Moment? { moment("updated_at") }
}

/// An offer to join an organization, good once.
public struct Invitation: IdentifiedResource {
  public static let word = "invitation"
  public static let path = "/api/v1/invitations"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  /// Whom it is for; empty where it is for whoever has the link.
  public var name: String { text("email") }
  public var email: String? { json["email"]?.stringValue }
  public var role: String { text("role") }
  /// Such as `open`, `used`, `expired` or `revoked`.
  public var standing: String { text("standing") }
  public var createdAt: Moment? { moment("created_at") }
  public var expiresAt: Moment? { moment("expires_at") }
  /// Only in the answer that made it. Keep both out of logs.
  public var secret: String? { json["secret"]?.stringValue }
  public var link: String? { json["link"]?.stringValue }
}
