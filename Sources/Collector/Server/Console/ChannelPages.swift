import API
import Console
import JSON

/// `/channels` and below.
enum ChannelPages {
  /// Deliveries beside a channel or a list of them.
  private static let fewDeliveries = "10"

  static func answer(_ visit: Visit, _ rest: [String]) async throws(Refusal) -> SiteAnswer {
    guard let first = rest.first else { return try await list(visit) }
    if first == "new", rest.count == 1 { return try await ChannelFormPage.new(visit) }
    if first == "deliveries" { return try await deliveries(visit, Array(rest.dropFirst())) }
    let id = try Visit.identifier(first)
    switch (visit.request.method, rest.dropFirst().first, rest.count) {
    case (.get, nil, 1): return try await show(visit, id)
    case (_, "edit", 2): return try await ChannelFormPage.edit(visit, id)
    case (.post, "test", 2): return try await test(visit, id)
    case (.post, let word?, 2) where ["on", "off"].contains(word):
      _ = try await visit.send(
        "PATCH", "/api/v1/channels/\(id)", body: ["enabled": .bool(word == "on")])
      return .redirect(to: "/channels/\(id)")
    case (.get, "delete", 2): return try await confirm(visit, id)
    case (.post, "delete", 2):
      _ = try await visit.send(
        "DELETE", "/api/v1/channels/\(id)", version: visit.fields["version"])
      return .redirect(to: "/channels?done=deleted")
    default: throw .nothing
    }
  }

  private static func list(_ visit: Visit) async throws(Refusal) -> SiteAnswer {
    guard visit.request.method == .get else { throw .nothing }
    var query = ["limit": "100"]
    if let cursor = visit.request.query["cursor"], !cursor.isEmpty { query["cursor"] = cursor }
    let page = try await visit.send("GET", "/api/v1/channels", query: query)
    let routes = try await visit.send("GET", "/api/v1/routes", query: ["limit": "200"])
    let view = ChannelListView(
      frame: visit.frame(.channels), page: page.body,
      kinds: try await visit.send("GET", "/api/v1/channel-kinds").body,
      routes: routes.body["items"]?.elements ?? [], deliveries: try await newest(visit),
      notice: visit.request.query["done"] == "deleted" ? "The channel is deleted." : nil)
    return SiteAnswer(body: view.bytes())
  }

  /// The newest deliveries, of one channel or of all; `nil` for who may not see them.
  private static func newest(
    _ visit: Visit, of channel: String? = nil
  ) async throws(Refusal) -> [JSONValue]? {
    guard visit.viewer.may("incidents:read") else { return nil }
    var query = ["limit": fewDeliveries]
    query["channel"] = channel
    return try await visit.send("GET", "/api/v1/deliveries", query: query).body["items"]?.elements
  }

  private static func show(
    _ visit: Visit, _ id: String, status: Int = 200, test: JSONValue? = nil, refusal: String? = nil
  ) async throws(Refusal) -> SiteAnswer {
    let channel = try await visit.send("GET", "/api/v1/channels/\(id)").body
    let view = ChannelView(
      frame: visit.frame(.channels), channel: channel,
      form: try await ChannelFormPage.form(of: channel, visit),
      deliveries: try await newest(visit, of: id), test: test, refusal: refusal)
    return SiteAnswer(status: status, body: view.bytes())
  }

  private static func test(_ visit: Visit, _ id: String) async throws(Refusal) -> SiteAnswer {
    do {
      let answer = try await visit.send("POST", "/api/v1/channels/\(id)/test")
      return try await show(visit, id, test: answer.body)
    } catch {
      guard [409, 422, 429, 503].contains(error.status) else { throw error }
      var answer = try await show(visit, id, status: error.status, refusal: error.detail)
      answer.headers += error.headers
      return answer
    }
  }

  private static func confirm(_ visit: Visit, _ id: String) async throws(Refusal) -> SiteAnswer {
    let channel = try await visit.send("GET", "/api/v1/channels/\(id)")
    let view = DeleteView(
      frame: visit.frame(.channels), thing: "channel",
      name: channel.body["name"]?.stringValue ?? "",
      consequence: "is told nothing more. Its deliveries stay to be read.", path: "/channels/\(id)",
      version: channel.version ?? "")
    return SiteAnswer(body: view.bytes())
  }

  // MARK: - Deliveries

  private static func deliveries(
    _ visit: Visit, _ rest: [String]
  ) async throws(Refusal) -> SiteAnswer {
    switch (visit.request.method, rest.count) {
    case (.get, 0): return try await allDeliveries(visit)
    case (.post, 2) where rest[1] == "replay":
      let id = try Visit.identifier(rest[0])
      _ = try await visit.send("POST", "/api/v1/deliveries/\(id)/replay")
      let channel = visit.fields["channel"]
      guard !channel.isEmpty else { return .redirect(to: "/channels/deliveries") }
      return .redirect(to: "/channels/\(try Visit.identifier(channel))")
    default: throw .nothing
    }
  }

  private static func allDeliveries(_ visit: Visit) async throws(Refusal) -> SiteAnswer {
    let asked = visit.request.query
    var query = ["limit": "50"]
    for name in ["state", "channel", "cursor"] {
      if let value = asked[name], !value.isEmpty { query[name] = value }
    }
    let page = try await visit.send("GET", "/api/v1/deliveries", query: query)
    let channels = try await visit.send("GET", "/api/v1/channels", query: ["limit": "100"])
    let view = DeliveryListView(
      frame: visit.frame(.channels), page: page.body, state: asked["state"] ?? "",
      channel: asked["channel"] ?? "", channels: channels.body["items"]?.elements ?? [])
    return SiteAnswer(body: view.bytes())
  }
}
