import API
import Console
import JSON

/// `/monitors/new` and `/monitors/ID/edit`.
enum MonitorFormPage {
  static func new(_ visit: Visit) async throws(Refusal) -> SiteAnswer {
    guard visit.request.method == .post else {
      let fields = CheckForm.fields(kind: visit.request.query["kind"] ?? "http")
      return try await show(MonitorFormView(frame: visit.frame(.monitors), fields: fields), visit)
    }
    var view = MonitorFormView(frame: visit.frame(.monitors), fields: visit.fields)
    view.fields["kind"] = kind(visit)
    return try await sent(view, visit) { (body) throws(Refusal) in
      try await visit.send("POST", "/api/v1/monitors", body: body, once: visit.fields["once"])
    }
  }

  static func edit(_ visit: Visit, _ id: String) async throws(Refusal) -> SiteAnswer {
    let path = "/api/v1/monitors/\(id)"
    let monitor = try await visit.send("GET", path)
    guard visit.request.method == .post else {
      var view = MonitorFormView(
        frame: visit.frame(.monitors), fields: CheckForm.fields(of: monitor.body), id: id)
      view.version = monitor.version ?? ""
      return try await show(view, visit)
    }
    var view = MonitorFormView(frame: visit.frame(.monitors), fields: visit.fields, id: id)
    view.fields["kind"] = kind(visit)
    view.version = visit.fields["version"]
    return try await sent(view, visit) { (body) throws(Refusal) in
      try await visit.send("PATCH", path, body: body, version: visit.fields["version"])
    }
  }

  private static func kind(_ visit: Visit) -> String {
    CheckForm.kinds.contains(visit.fields["kind"]) ? visit.fields["kind"] : "http"
  }

  /// Tries or saves what was sent; a form that can't be taken is shown again as it was typed.
  private static func sent(
    _ view: MonitorFormView, _ visit: Visit,
    save: (JSONValue) async throws(Refusal) -> SiteCallAnswer
  ) async throws(Refusal) -> SiteAnswer {
    var view = view
    let isTrial = visit.fields["do"] == "try"
    var errors = FormErrors()
    let body =
      isTrial
      ? CheckForm.trial(view.fields, errors: &errors)
      : CheckForm.monitor(view.fields, errors: &errors)
    view.errors = errors
    guard errors.isEmpty else { return try await show(view, visit, status: 422) }
    do {
      if isTrial {
        view.trial = try await trial(body, visit)
        return try await show(view, visit)
      }
      let saved = try await save(body)
      return .redirect(to: "/monitors/\(saved.body["id"]?.stringValue ?? "")")
    } catch {
      guard [400, 409, 412, 422, 429].contains(error.status) else { throw error }
      let kind = view.fields["kind"]
      view.errors = FormErrors(error.problem) { CheckForm.field(of: $0, kind: kind) }
      return try await show(view, visit, status: error.status)
    }
  }

  /// What the regions find, once all have answered or the time is over.
  private static func trial(_ body: JSONValue, _ visit: Visit) async throws(Refusal) -> JSONValue {
    var trial = try await visit.send("POST", "/api/v1/checks", body: body).body
    guard let id = trial["id"]?.stringValue else { throw .nothing }
    // The API ends it by itself; the bound is for a clock that does not go on.
    for _ in 0..<200 where trial["state"] != "done" {
      guard (try? await Task.sleep(for: .milliseconds(250))) != nil else { break }
      trial = try await visit.send("GET", "/api/v1/checks/\(id)").body
    }
    return trial
  }

  private static func show(
    _ view: MonitorFormView, _ visit: Visit, status: Int = 200
  ) async throws(Refusal) -> SiteAnswer {
    var view = view
    if visit.viewer.may("agents:read") {
      let regions = try await visit.send("GET", "/api/v1/regions", query: ["limit": "200"])
      view.regions = (regions.body["items"]?.elements ?? []).compactMap {
        $0["region"]?.stringValue
      }
    }
    // It may hold what was typed as a secret.
    var answer = SiteAnswer(status: status, body: view.bytes())
    answer.tellsSecret = true
    return answer
  }
}
