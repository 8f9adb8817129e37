import JSON

/// Who owns monitors, agents and keys, and has members.
public struct Organization: IdentifiedResource {
  public static let word = "organization"
  public static let path = "/api/v1/organizations"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  /// The policy that monitors without one of their own inherit.
  public var policy: JSONValue { json["policy"] ?? .null }
  /// How many monitors inherit it.
  public var inheriting: Int64? { json["inheriting"]?.integerValue }
  /// The role that you have there; `nil` for an operator who is no member.
  public var role: String? { json["role"]?.stringValue }
  /// What it may have at most.
  public var mostMonitors: Int64? { json["quota"]?["monitors"]?.integerValue }
  public var leastIntervalSeconds: Int64? { json["quota"]?["least_interval_s"]?.integerValue }
  public var createdAt: Moment? { moment("created_at") }
}
