import API
import Console
import JSON

/// `/channels/new` and `/channels/ID/edit`.
enum ChannelFormPage {
  static func new(_ visit: Visit) async throws(Refusal) -> SiteAnswer {
    let isSent = visit.request.method == .post
    let kinds = try await kinds(visit)
    let wanted = isSent ? visit.fields["kind"] : visit.request.query["kind"] ?? "email"
    guard let form = kinds.first(where: { $0.name == wanted }) ?? (isSent ? nil : kinds.first)
    else {
      throw Refusal(
        status: 422, title: "There is no such kind of channel",
        detail: "This collector does not know the kind that was sent; choose another.")
    }
    let view = ChannelFormView(
      frame: visit.frame(.channels), form: form, kinds: kinds,
      fields: isSent ? visit.fields : form.fields())
    guard isSent else { return answer(view) }
    return try await sent(view) { () throws(Refusal) in
      try await visit.send(
        "POST", "/api/v1/channels", body: form.body(visit.fields, isNew: true),
        once: visit.fields["once"])
    }
  }

  static func edit(_ visit: Visit, _ id: String) async throws(Refusal) -> SiteAnswer {
    let path = "/api/v1/channels/\(id)"
    let channel = try await visit.send("GET", path)
    let form = try await form(of: channel.body, visit)
    let isSent = visit.request.method == .post
    var view = ChannelFormView(
      frame: visit.frame(.channels), form: form, kinds: [],
      fields: isSent ? visit.fields : form.fields(of: channel.body), id: id)
    view.version = isSent ? visit.fields["version"] : channel.version ?? ""
    view.secrets = Set((channel.body["secrets"]?.elements ?? []).compactMap(\.stringValue))
    guard isSent else { return answer(view) }
    return try await sent(view) { () throws(Refusal) in
      try await visit.send(
        "PATCH", path, body: form.body(visit.fields, isNew: false),
        version: visit.fields["version"])
    }
  }

  private static func kinds(_ visit: Visit) async throws(Refusal) -> [ChannelForm] {
    let kinds = try await visit.send("GET", "/api/v1/channel-kinds")
    return (kinds.body["items"]?.elements ?? []).map(ChannelForm.init)
  }

  /// The form of a channel's kind.
  static func form(of channel: JSONValue, _ visit: Visit) async throws(Refusal) -> ChannelForm {
    let name = channel["kind"]?.stringValue ?? ""
    guard let form = try await kinds(visit).first(where: { $0.name == name }) else {
      throw .nothing
    }
    return form
  }

  /// Saves what was sent; a form that can't be taken is shown again as it was typed.
  private static func sent(
    _ view: ChannelFormView, save: () async throws(Refusal) -> SiteCallAnswer
  ) async throws(Refusal) -> SiteAnswer {
    do {
      let saved = try await save()
      return .redirect(to: "/channels/\(saved.body["id"]?.stringValue ?? "")")
    } catch {
      guard [400, 409, 412, 422, 429].contains(error.status) else { throw error }
      var view = view
      view.errors = FormErrors(error.problem) { view.form.field(of: $0) }
      return answer(view, status: error.status)
    }
  }

  private static func answer(_ view: ChannelFormView, status: Int = 200) -> SiteAnswer {
    // It may hold what was typed as a secret.
    var answer = SiteAnswer(status: status, body: view.bytes())
    answer.tellsSecret = true
    return answer
  }
}
