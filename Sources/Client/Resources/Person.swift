import JSON

/// An account: somebody who signs in.
public struct Person: APIResource, Identifiable {
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  /// Where a person is a member, and as what.
  public struct Membership: Hashable, Sendable {
    public var id: String
    public var name: String
    /// `owner`, `admin`, `editor` or `viewer`.
    public var role: String
  }

  public var id: String { text("id") }
  public var email: String { text("email") }
  public var name: String { text("name") }
  /// Whether they stand above organizations.
  public var isOperator: Bool { json["is_operator"]?.boolValue ?? false }
  public var hasSecondFactor: Bool { json["has_second_factor"]?.boolValue ?? false }
  public var recoveryCodesLeft: Int64? { json["recovery_codes_left"]?.integerValue }
  public var organizations: [Membership] {
    (json["organizations"]?.elements ?? []).map {
      Membership(
        id: $0["id"]?.stringValue ?? "", name: $0["name"]?.stringValue ?? "",
        role: $0["role"]?.stringValue ?? "")
    }
  }
  public var createdAt: Moment? { moment("created_at") }
}

/// One place from which a person is signed in.
public struct LoginSession: IdentifiedResource {
  public static let word = "session"
  public static let path = "/api/v1/sessions"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  /// None: it is found by its id.
  public var name: String { "" }
  /// `browser` or `command`.
  public var kind: String { text("kind") }
  public var createdAt: Moment? { moment("created_at") }
  public var usedAt: Moment? { moment("used_at") }
  public var expiresAt: Moment? { moment("expires_at") }
  public var address: String? { json["address"]?.stringValue }
  public var userAgent: String? { json["user_agent"]?.stringValue }
  /// Whether it is the one that asks.
  public var isCurrent: Bool { json["current"]?.boolValue ?? false }
}

/// A second factor that waits for its first code.
public struct SecondFactorOffer: APIResource {
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  /// In base32, for an authenticator. Keep it out of logs.
  public var secret: String { text("secret") }
  /// The same as `otpauth://...`, for a QR code.
  public var uri: String { text("uri") }
}
