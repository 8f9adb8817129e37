import JSON

/// The process that probes, in one region.
public struct Agent: IdentifiedResource {
  public static let word = "agent"
  public static let path = "/api/v1/agents"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var region: String { text("region") }
  public var provider: String { text("provider") }
  /// `live`, `silent`, `new` or `revoked`.
  public var state: String { text("state") }
  public var software: String { text("software") }
  /// `nil` where the caller may not know it.
  public var hostname: String? { json["hostname"]?.stringValue }
  /// Whether all organizations use it.
  public var isShared: Bool { json["shared"]?.boolValue ?? false }
  /// How many checks it holds.
  public var assigned: Int64? { json["assigned"]?.integerValue }
  /// Why its ambiguous failures do not count; `nil` where they do.
  public var distrustReason: String? { json["distrust"]?["reason"]?.stringValue }
  public var distrustedSince: Moment? {
    json["distrust"]?["since"]?.stringValue.flatMap { Moment($0) }
  }
  /// What it last said of itself; `null` before it ever spoke.
  public var live: JSONValue { json["live"] ?? .null }
  public var seenAt: Moment? { live["seen_at"]?.stringValue.flatMap { Moment($0) } }
  public var spoolBytes: Int64? { live["spool_bytes"]?.integerValue }
  public var createdAt: Moment? { moment("created_at") }
  public var revokedAt: Moment? { moment("revoked_at") }
}

/// When an agent was no longer trusted, or again, and why.
public struct AgentEvent: APIResource {
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var at: Moment? { moment("at") }
  public var kind: String { text("kind") }
  public var text: String { text("text") }
}

/// A secret by which one agent enrols.
public struct EnrolmentToken: IdentifiedResource {
  public static let word = "enrolment token"
  public static let path = "/api/v1/enrolment-tokens"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  /// `open`, `used`, `expired` or `revoked`.
  public var state: String { text("state") }
  public var region: String? { json["region"]?.stringValue }
  public var provider: String? { json["provider"]?.stringValue }
  public var expiresAt: Moment? { moment("expires_at") }
  /// The id of the agent that used it.
  public var agent: String? { json["agent"]?.stringValue }
  /// The secret itself: only in the answer that made it.
  public var token: String? { json["token"]?.stringValue }
  /// What to run on the agent's machine, the secret included: only in the answer that made it.
  public var command: String? { json["command"]?.stringValue }
}
