import JSON

/// What is known of an API key; its secret is known to whoever made it.
public struct KeyRecord: IdentifiedResource {
  public static let word = "key"
  public static let path = "/api/v1/api-keys"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var scopes: [String] { strings("scopes") }
  /// What it may do now, its maker's rights considered.
  public var effectiveScopes: [String] { strings("effective_scopes") }
  /// The end of the secret, to tell keys apart.
  public var hint: String { text("hint") }
  /// From where it is taken (CIDR); none: from everywhere.
  public var networks: [String] { strings("networks") }
  public var createdAt: Moment? { moment("created_at") }
  public var expiresAt: Moment? { moment("expires_at") }
  public var lastUsedAt: Moment? { moment("last_used_at") }
  public var lastAddress: String? { json["last_address"]?.stringValue }
  public var revokedAt: Moment? { moment("revoked_at") }
  /// Only in the answer that made it. Keep it out of logs.
  public var secret: String? { json["secret"]?.stringValue }

  private func strings(_ name: String) -> [String] {
    json[name]?.elements.compactMap(\.stringValue) ?? []
  }
}
