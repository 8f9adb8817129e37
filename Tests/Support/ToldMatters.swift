import JSON

/// What a receiver of webhooks was told by somebody who heeds each message once, by its name.
public struct ToldMatters: Sendable {
  /// How many messages there were.
  public private(set) var messages = 0
  /// The types of messages by the matter that they tell of, in their order.
  public private(set) var types: [String: [String]] = [:]

  public struct Failure: Error {}

  public init(_ requests: [ScriptedServer.Request]) throws {
    var seen: Set<String> = []
    for request in requests {
      guard let id = request.header("webhook-id") else { throw Failure() }
      guard seen.insert(id).inserted else { continue }
      let body = try JSONValue(parsing: Array(request.body.utf8))
      guard let key = body["data"]?["incident"]?["key"]?.stringValue,
        let type = body["type"]?.stringValue
      else { throw Failure() }
      types["\(request.line) \(key)", default: []].append(type)
    }
    messages = seen.count
  }

  /// Whether each matter was told of as it began and then as it ended, and so many messages did that.
  public func areWhole(messages expected: Int) -> Bool {
    messages == expected && types.count == expected / 2
      && types.values.allSatisfy { $0 == ["incident.opened", "incident.resolved"] }
  }
}
