import JSON

/// One change that somebody made, as it was recorded with it.
public struct AuditEntry: APIResource, Identifiable {
  public static let path = "/api/v1/audit"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var id: String { json["id"]?.stringValue ?? json["id"]?.text ?? "" }
  public var at: Moment? { moment("at") }
  /// Such as `person` or `key`.
  public var actorKind: String { json["actor"]?["kind"]?.stringValue ?? "" }
  /// The actor's name at that time.
  public var actorLabel: String { json["actor"]?["label"]?.stringValue ?? "" }
  public var action: String { text("action") }
  public var objectKind: String { json["object"]?["kind"]?.stringValue ?? "" }
  public var objectID: String { json["object"]?["id"]?.stringValue ?? "" }
  /// What became of which field.
  public var change: JSONValue { json["change"] ?? .null }
  public var address: String? { json["address"]?.stringValue }
  public var requestID: String? { json["request_id"]?.stringValue }
}
