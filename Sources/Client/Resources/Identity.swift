import JSON

/// Who asks: the answer of `/api/v1/me`.
public struct Identity: APIResource {
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var organizationID: String { json["organization"]?["id"]?.stringValue ?? "" }
  /// Empty where a person acts in none.
  public var organizationName: String { json["organization"]?["name"]?.stringValue ?? "" }
  /// `nil` where the credential is no API key.
  public var keyName: String? { json["key"]?["name"]?.stringValue }
  /// `nil` where the credential is no person's.
  public var email: String? { json["person"]?["email"]?.stringValue }
  public var personName: String? { json["person"]?["name"]?.stringValue }
  /// What the person is in the organization: `owner`, `admin`, `editor` or `viewer`.
  public var role: String? { json["role"]?.stringValue }
  public var scopes: [String] { json["scopes"]?.elements.compactMap(\.stringValue) ?? [] }
}
