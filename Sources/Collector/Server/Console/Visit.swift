import API
import Console
import JSON

/// A request of somebody who is signed in: who they are, and the API as they may use it.
struct Visit: Sendable {
  let request: SiteRequest
  let viewer: Viewer
  let fields: FormFields
  let now: Int64

  /// Throws 401 where nobody is signed in.
  static func begin(_ request: SiteRequest) async throws(Refusal) -> Visit {
    guard let fields = FormFields(request.form) else { throw .badForm }
    let account = try await Self.sent(SiteCall("GET", "/api/v1/account"), request)
    // A form is for the organization that its page showed, whatever was chosen since.
    let chosen =
      fields["organization"].isEmpty ? OrganizationPage.chosen(request) : fields["organization"]
    var viewer = Viewer(account: account.body, chosen: chosen)
    guard let organization = viewer.organization else {
      throw Refusal(
        status: 403, title: "You belong to no organization",
        detail: "Ask for an invitation, or take one up.")
    }
    if request.method == .post, !fields["organization"].isEmpty,
      organization.id != fields["organization"]
    {
      throw .nothing
    }
    var call = SiteCall("GET", "/api/v1/me")
    call.organization = organization.id
    let identity = try await Self.sent(call, request)
    viewer.scopes = Set((identity.body["scopes"]?.elements ?? []).compactMap(\.stringValue))
    return Visit(
      request: request, viewer: viewer, fields: fields, now: request.now)
  }

  /// Calls the API; throws what it refuses.
  func send(
    _ method: String, _ path: String, query: [String: String] = [:], body: JSONValue? = nil,
    version: String? = nil, once: String? = nil
  ) async throws(Refusal) -> SiteCallAnswer {
    var call = SiteCall(method, path)
    call.query = query
    call.body = body
    call.organization = viewer.organization?.id
    call.version = version.flatMap { $0.isEmpty ? nil : $0 }
    call.once = once.flatMap { $0.isEmpty ? nil : $0 }
    return try await Self.sent(call, request)
  }

  private static func sent(
    _ call: SiteCall, _ request: SiteRequest
  ) async throws(Refusal) -> SiteCallAnswer {
    let answer = await request.api.send(call)
    guard answer.status < 400 else { throw Refusal(answer) }
    return answer
  }

  func frame(_ section: ConsoleFrame.Section) -> ConsoleFrame {
    ConsoleFrame(
      viewer: viewer, section: section, now: now, once: Self.newOnce())
  }

  /// Throws unless the request is a form.
  func requirePost() throws(Refusal) {
    guard request.method == .post else { throw .nothing }
  }

  /// A fresh `Idempotency-Key`.
  private static func newOnce() -> String {
    let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    return String(decoding: (0..<24).map { _ in digits[Int.random(in: 0..<32)] }, as: UTF8.self)
  }

  /// A path's part that may be an identifier: it is put into the API's path.
  static func identifier(_ text: String) throws(Refusal) -> String {
    let isPlain = text.utf8.allSatisfy {
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
        || $0 == UInt8(ascii: "-")
    }
    guard isPlain, text.utf8.count == 36 else { throw .nothing }
    return text
  }
}

extension Refusal {
  static let badForm = Refusal(
    status: 400, title: "The form can't be read", detail: "Go back and send it again.")
}

/// Where to go on after signing in: paths of the console alone, so that no link leads elsewhere.
enum ReturnPath {
  static func of(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0
        || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/")
    }
    let first = ConsoleSite.segments(text).first ?? ""
    guard isPlain, text.hasPrefix("/"),
      ["monitors", "incidents", "channels", "agents"].contains(first)
    else {
      return "/"
    }
    return text
  }
}

/// Which organization is shown, of somebody who belongs to several.
enum OrganizationPage {
  private static let cookie = "__Host-upblit-organization"

  static func chosen(_ request: SiteRequest) -> String? { request.cookie(cookie) }

  static func choose(_ visit: Visit) throws(Refusal) -> SiteAnswer {
    try visit.requirePost()
    guard let organization = visit.viewer.organization else { throw .nothing }
    var answer = SiteAnswer.redirect(to: "/")
    answer.headers.append(
      (
        "set-cookie",
        "\(cookie)=\(organization.id); Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax"
      ))
    return answer
  }
}
