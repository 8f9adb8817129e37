import JSON

/// A way to reach people or programs.
public struct Channel: IdentifiedResource {
  public static let word = "channel"
  public static let path = "/api/v1/channels"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var kind: String { text("kind") }
  public var isEnabled: Bool { json["enabled"]?.boolValue ?? false }
  /// Why its receiver wanted no more, where that switched it off.
  public var disabledReason: String? { json["disabled_reason"]?.stringValue }
  /// Those that are not secret.
  public var settings: JSONValue { json["settings"] ?? [:] }
  /// The names of the secrets that are set.
  public var secrets: [String] { (json["secrets"]?.elements ?? []).compactMap(\.stringValue) }
  public var createdAt: Moment? { moment("created_at") }
  public var updatedAt: Moment? { moment("updated_at") }
}

/// What a kind of channels must be told.
public struct ChannelKind: APIResource {
  public static let path = "/api/v1/channel-kinds"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var name: String { text("name") }
  /// How it is known to people.
  public var title: String { text("title") }
  public var summary: String { text("summary") }
  public var settings: [Setting] { (json["settings"]?.elements ?? []).map(Setting.init) }

  /// One of its settings.
  public struct Setting: APIResource {
    public let json: JSONValue
    public init(_ json: JSONValue) { self.json = json }

    public var name: String { text("name") }
    /// `text`, `token`, `url`, `host`, `address`, `integer`, `word` or `flag`.
    public var form: String { text("form") }
    public var isList: Bool { json["list"]?.boolValue ?? false }
    public var isRequired: Bool { json["required"]?.boolValue ?? false }
    public var isSecret: Bool { json["secret"]?.boolValue ?? true }
    public var help: String { text("help") }
  }
}

/// Who is told of what.
public struct AlertRoute: IdentifiedResource {
  public static let word = "route"
  public static let path = "/api/v1/routes"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var place: Int64? { json["place"]?.integerValue }
  public var tags: [String] { texts("tags") }
  public var monitors: [String] { texts("monitors") }
  public var channels: [String] { texts("channels") }
  public var verdicts: [String] { texts("verdicts") }
  public var leastUrgency: String { text("least_urgency") }
  public var delaySeconds: Int64? { json["delay_s"]?.integerValue }
  public var reminderSeconds: Int64? { json["remind_s"]?.integerValue }
  public var isLast: Bool { json["is_last"]?.boolValue ?? false }
  public var createdAt: Moment? { moment("created_at") }
  public var updatedAt: Moment? { moment("updated_at") }

  private func texts(_ name: String) -> [String] {
    (json[name]?.elements ?? []).compactMap(\.stringValue)
  }
}

/// What one channel was, or is to be, told.
public struct Delivery: IdentifiedResource {
  public static let word = "delivery"
  public static let path = "/api/v1/deliveries"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var name: String { "" }
  public var channelName: String { json["channel"]?["name"]?.stringValue ?? "" }
  public var monitorName: String { json["monitor"]?["name"]?.stringValue ?? "" }
  public var incident: String? { json["incident"]?.stringValue }
  public var event: String { text("event") }
  /// `pending`, `sending`, `delivered`, `superseded` or `failed`.
  public var state: String { text("state") }
  /// What it tells of, in one sentence.
  public var words: String { text("text") }
  public var reason: String? { json["reason"]?.stringValue }
  public var attempts: Int64 { json["attempts"]?.integerValue ?? 0 }
  public var dueAt: Moment? { moment("due_at") }
  public var nextAt: Moment? { moment("next_at") }
  public var sentAt: Moment? { moment("sent_at") }
  public var createdAt: Moment? { moment("created_at") }
}
