import JSON

/// An interval of not-up with its evidence.
public struct Incident: IdentifiedResource {
  public static let word = "incident"
  public static let path = "/api/v1/incidents"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var name: String { "" }
  public var monitorID: String { json["monitor"]?["id"]?.stringValue ?? "" }
  public var monitorName: String { json["monitor"]?["name"]?.stringValue ?? "" }
  public var target: String { json["monitor"]?["target"]?.stringValue ?? "" }
  /// `down`, `partial`, `regional` or `unknown`.
  public var severity: String { text("severity") }
  public var isOpen: Bool { json["open"]?.boolValue ?? false }
  public var startedAt: Moment? { moment("started_at") }
  public var endedAt: Moment? { moment("ended_at") }
  /// When somebody said that they know.
  public var acknowledgedAt: Moment? { moment("acknowledged_at") }
  /// When somebody said that it is over, while no verdict can.
  public var resolvedAt: Moment? { moment("resolved_at") }
  /// What people said of it, oldest first; only where it was asked for by its id.
  public var notes: [JSONValue] { json["notes"]?.elements ?? [] }
  /// Such as `maintenance`.
  public var marks: [String] { json["marks"]?.elements.compactMap(\.stringValue) ?? [] }
  /// The verdicts from its opening to its closing; only where it was asked for by its id.
  public var verdicts: [Verdict] { (json["verdicts"]?.elements ?? []).map(Verdict.init) }
}

/// What people were, or are to be, told.
public struct Notice: APIResource {
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var createdAt: Moment? { moment("created_at") }
  /// `page`, `notify`, `admins` or `none`.
  public var urgency: String { text("urgency") }
  public var kind: String { text("kind") }
  public var text: String { text("text") }
  public var monitorName: String { json["monitor"]?["name"]?.stringValue ?? "" }
  public var incident: String? { json["incident"]?.stringValue }
}

/// A window within which nobody is told of what goes wrong.
public struct Maintenance: IdentifiedResource {
  public static let word = "maintenance"
  public static let path = "/api/v1/maintenance"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  /// Its title.
  public var name: String { text("title") }
  public var title: String { text("title") }
  /// `upcoming`, `running` or `over`.
  public var state: String { text("state") }
  public var startsAt: Moment? { moment("starts_at") }
  public var endsAt: Moment? { moment("ends_at") }
  public var isForAllMonitors: Bool { json["all_monitors"]?.boolValue ?? false }
  public var monitorNames: [String] {
    (json["monitors"]?.elements ?? []).compactMap { $0["name"]?.stringValue }
  }
}
