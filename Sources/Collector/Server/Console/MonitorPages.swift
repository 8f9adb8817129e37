import API
import Console
import JSON

/// `/monitors` and below.
enum MonitorPages {
  static func answer(_ visit: Visit, _ rest: [String]) async throws(Refusal) -> SiteAnswer {
    guard let first = rest.first else { return try await list(visit) }
    if first == "new", rest.count == 1 { return try await MonitorFormPage.new(visit) }
    let id = try Visit.identifier(first)
    switch (visit.request.method, rest.dropFirst().first, rest.count) {
    case (.get, nil, 1): return try await MonitorPage.show(visit, id)
    case (_, "edit", 2): return try await MonitorFormPage.edit(visit, id)
    case (.get, "delete", 2): return try await confirm(visit, id)
    case (.post, "delete", 2):
      _ = try await visit.send(
        "DELETE", "/api/v1/monitors/\(id)", version: visit.fields["version"])
      return .redirect(to: "/monitors?done=deleted")
    case (.post, let action?, 2) where ["pause", "resume", "run"].contains(action):
      _ = try await visit.send("POST", "/api/v1/monitors/\(id)/\(action)")
      return .redirect(to: "/monitors/\(id)")
    default: throw .nothing
    }
  }

  private static func list(_ visit: Visit) async throws(Refusal) -> SiteAnswer {
    guard visit.request.method == .get else { throw .nothing }
    let asked = visit.request.query
    var query: [String: String] = ["limit": "100"]
    for name in ["state", "q", "cursor"] {
      if let value = asked[name], !value.isEmpty { query[name] = value }
    }
    let page = try await visit.send("GET", "/api/v1/monitors", query: query)
    let view = MonitorListView(
      frame: visit.frame(.monitors), page: page.body, state: asked["state"] ?? "",
      words: asked["q"] ?? "", notice: asked["done"] == "deleted" ? "The monitor is deleted." : nil)
    return SiteAnswer(body: view.bytes())
  }

  private static func confirm(_ visit: Visit, _ id: String) async throws(Refusal) -> SiteAnswer {
    let monitor = try await visit.send("GET", "/api/v1/monitors/\(id)")
    let view = DeleteView(
      frame: visit.frame(.monitors), thing: "monitor",
      name: monitor.body["name"]?.stringValue ?? "",
      consequence: "is not probed any more. Its results, verdicts and incidents stay to be read.",
      path: "/monitors/\(id)", version: monitor.version ?? "")
    return SiteAnswer(body: view.bytes())
  }
}
