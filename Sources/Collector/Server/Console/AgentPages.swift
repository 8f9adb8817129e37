import API
import Console
import JSON

/// `/agents` and below.
enum AgentPages {
  static func answer(_ visit: Visit, _ rest: [String]) async throws(Refusal) -> SiteAnswer {
    switch (visit.request.method, rest.first, rest.count) {
    case (.get, nil, 0):
      var query = ["limit": "200"]
      if let cursor = visit.request.query["cursor"], !cursor.isEmpty { query["cursor"] = cursor }
      let page = try await visit.send("GET", "/api/v1/agents", query: query)
      return SiteAnswer(body: AgentListView(frame: visit.frame(.agents), page: page.body).bytes())
    case (.get, "new", 1):
      return SiteAnswer(body: EnrolmentView(frame: visit.frame(.agents)).bytes())
    case (.post, "new", 1): return try await enrol(visit)
    case (.get, "enrolments", 2): return try await standing(visit, try Visit.identifier(rest[1]))
    default: throw .nothing
    }
  }

  /// Answers with the command itself: it is told this once. To load the page again tells it again, since
  /// the same `Idempotency-Key` comes with it.
  private static func enrol(_ visit: Visit) async throws(Refusal) -> SiteAnswer {
    var body = JSONObject()
    for name in ["region", "provider", "name"] where !visit.fields[name].isEmpty {
      body[name] = .string(visit.fields[name])
    }
    if visit.fields.has("shared") { body["shared"] = .bool(visit.fields["shared"] == "true") }
    var view = EnrolmentView(frame: visit.frame(.agents), fields: visit.fields)
    var status = 200
    do {
      view.token = try await visit.send(
        "POST", "/api/v1/enrolment-tokens", body: .object(body), once: visit.fields["once"]
      ).body
    } catch {
      guard [409, 422].contains(error.status) else { throw error }
      view.errors = FormErrors(error.problem) { String($0.dropFirst()) }
      status = error.status
    }
    var answer = SiteAnswer(status: status, body: view.bytes())
    answer.tellsSecret = true
    return answer
  }

  private static func standing(_ visit: Visit, _ id: String) async throws(Refusal) -> SiteAnswer {
    let token = try await visit.send("GET", "/api/v1/enrolment-tokens/\(id)").body
    var view = EnrolmentView(frame: visit.frame(.agents), token: token)
    if let agent = token["agent"]?.stringValue {
      view.agent = try await visit.send("GET", "/api/v1/agents/\(agent)").body
    }
    return SiteAnswer(body: view.bytes())
  }
}
