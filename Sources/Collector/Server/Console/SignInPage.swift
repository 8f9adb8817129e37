import API
import Console
import JSON

/// `/sign-in` and `/sign-out`.
enum SignInPage {
  static func show(_ request: SiteRequest) async throws(Refusal) -> SiteAnswer {
    let view = SignInView(
      frame: ConsoleFrame(viewer: nil, now: request.now), providers: try await providers(request),
      next: ReturnPath.of(request.query["next"] ?? ""))
    return SiteAnswer(body: view.bytes())
  }

  static func signIn(_ request: SiteRequest) async throws(Refusal) -> SiteAnswer {
    guard let fields = FormFields(request.form) else { throw .badForm }
    var body = JSONObject()
    body["email"] = .string(fields["email"])
    body["password"] = .string(fields["password"])
    body["kind"] = "browser"
    if !fields["code"].isEmpty { body["code"] = .string(fields["code"]) }
    var call = SiteCall("POST", "/api/v1/login")
    call.body = .object(body)
    let answer = await request.api.send(call)
    let next = ReturnPath.of(fields["next"])
    guard answer.status >= 400 else {
      var redirect = SiteAnswer.redirect(to: next)
      redirect.headers += answer.cookies
      return redirect
    }
    let asksCode =
      answer.body["type"] == "urn:upblit:problem:second-factor-required" || fields.has("code")
    let view = SignInView(
      frame: ConsoleFrame(viewer: nil, now: request.now), providers: try await providers(request),
      email: fields["email"], next: next,
      asksCode: asksCode, problem: sentence(answer, asksCode: asksCode && !fields.has("code")))
    var page = SiteAnswer(status: answer.status, body: view.bytes())
    page.headers += answer.headers.filter { $0.0 == "retry-after" }
    return page
  }

  private static func sentence(_ answer: SiteCallAnswer, asksCode: Bool) -> String {
    if asksCode { return "Give a one-time code and the password again." }
    // What can't be an address or a password is wrong as well.
    if answer.status == 422 { return "The e-mail address or the password is wrong." }
    return answer.body["detail"]?.stringValue ?? "Nobody can sign in at the moment."
  }

  static func signOut(_ request: SiteRequest) async -> SiteAnswer {
    let answer = await request.api.send(SiteCall("POST", "/api/v1/logout"))
    var redirect = SiteAnswer.redirect(to: "/sign-in")
    redirect.headers += answer.cookies
    return redirect
  }

  private static func providers(
    _ request: SiteRequest
  ) async throws(Refusal) -> [SignInView.Provider] {
    let answer = await request.api.send(SiteCall("GET", "/api/v1/login/oidc"))
    guard answer.status < 400 else { throw Refusal(answer) }
    return (answer.body["items"]?.elements ?? []).compactMap { provider in
      guard let name = provider["name"]?.stringValue, let path = provider["url"]?.stringValue else {
        return nil
      }
      return SignInView.Provider(name: name, path: path)
    }
  }
}

/// `/setup` and `/join`: making an account with a secret.
enum AccountFormPage {
  static func show(_ kind: AccountFormView.Kind, _ request: SiteRequest) -> SiteAnswer {
    let frame = ConsoleFrame(viewer: nil, now: request.now)
    return SiteAnswer(body: AccountFormView(frame: frame, kind: kind).bytes())
  }

  static func make(
    _ kind: AccountFormView.Kind, _ request: SiteRequest
  ) async throws(Refusal) -> SiteAnswer {
    guard let fields = FormFields(request.form) else { throw .badForm }
    var body = JSONObject()
    var names = ["secret", "email", "name", "password"]
    if kind == .setup { names.append("organization") }
    for name in names { body[name] = .string(fields[name]) }
    body["kind"] = "browser"
    var call = SiteCall("POST", kind == .setup ? "/api/v1/setup" : "/api/v1/invitations/redeem")
    call.body = .object(body)
    let answer = await request.api.send(call)
    guard answer.status >= 400 else {
      var redirect = SiteAnswer.redirect(to: "/")
      redirect.headers += answer.cookies
      return redirect
    }
    let view = AccountFormView(
      frame: ConsoleFrame(viewer: nil, now: request.now), kind: kind, fields: fields,
      errors: FormErrors(answer.body, field: AccountFormView.field))
    var page = SiteAnswer(status: answer.status, body: view.bytes())
    page.headers += answer.headers.filter { $0.0 == "retry-after" }
    page.tellsSecret = true
    return page
  }
}
