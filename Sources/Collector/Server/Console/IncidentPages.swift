import API
import Console
import JSON

/// `/incidents` and below.
enum IncidentPages {
  static func answer(_ visit: Visit, _ rest: [String]) async throws(Refusal) -> SiteAnswer {
    guard let first = rest.first else { return try await list(visit) }
    let id = try Visit.identifier(first)
    switch (visit.request.method, rest.dropFirst().first, rest.count) {
    case (.get, nil, 1): return try await show(visit, id)
    case (.post, let word?, 2) where ["acknowledge", "resolve"].contains(word):
      _ = try await visit.send(
        "POST", "/api/v1/incidents/\(id)/\(word)",
        body: word == "resolve" ? .object(JSONObject()) : nil)
      return .redirect(to: "/incidents/\(id)")
    case (.post, let form?, 2) where form == "comments" || form == "updates":
      return try await say(visit, id, form)
    default: throw .nothing
    }
  }

  private static func list(_ visit: Visit) async throws(Refusal) -> SiteAnswer {
    guard visit.request.method == .get else { throw .nothing }
    let asked = visit.request.query
    var query: [String: String] = ["limit": "50"]
    for name in ["state", "q", "cursor"] {
      if let value = asked[name], !value.isEmpty { query[name] = value }
    }
    let page = try await visit.send("GET", "/api/v1/incidents", query: query)
    let view = IncidentListView(
      frame: visit.frame(.incidents), page: page.body, state: asked["state"] ?? "",
      words: asked["q"] ?? "")
    return SiteAnswer(body: view.bytes())
  }

  private static func show(_ visit: Visit, _ id: String) async throws(Refusal) -> SiteAnswer {
    let view = try await view(visit, id)
    return SiteAnswer(body: view.bytes())
  }

  private static func view(_ visit: Visit, _ id: String) async throws(Refusal) -> IncidentView {
    let incident = try await visit.send("GET", "/api/v1/incidents/\(id)")
    let deliveries = try await visit.send(
      "GET", "/api/v1/deliveries", query: ["incident": id, "limit": "50"])
    return IncidentView(
      frame: visit.frame(.incidents), incident: incident.body,
      deliveries: deliveries.body["items"]?.elements ?? [])
  }

  private static func say(
    _ visit: Visit, _ id: String, _ form: String
  ) async throws(Refusal) -> SiteAnswer {
    var body = JSONObject()
    body["text"] = .string(visit.fields["text-\(form)"])
    if form == "updates" { body["status"] = .string(visit.fields["status"]) }
    do {
      _ = try await visit.send(
        "POST", "/api/v1/incidents/\(id)/\(form)", body: .object(body), once: visit.fields["once"])
      return .redirect(to: "/incidents/\(id)")
    } catch {
      guard [409, 422].contains(error.status) else { throw error }
      var view = try await view(visit, id)
      view.typed = visit.fields
      view.errors = FormErrors(error.problem) {
        $0 == "/text" ? "text-\(form)" : String($0.dropFirst())
      }
      view.wrongForm = form
      return SiteAnswer(status: error.status, body: view.bytes())
    }
  }
}
