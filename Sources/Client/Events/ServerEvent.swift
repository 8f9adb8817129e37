import JSON

/// Something that happened, as the collector tells it while it does.
public struct ServerEvent: Hashable, Sendable {
  /// Names it, so that a new connection goes on behind it; `nil` where it has none.
  public var id: String?
  /// Its kind.
  public var name: String
  public var data: String

  public init(id: String?, name: String, data: String) {
    self.id = id
    self.name = name
    self.data = data
  }

  /// What happened; `null` where that is no JSON.
  public var json: JSONValue { (try? JSONValue(parsing: data, depth: 64)) ?? .null }
}
