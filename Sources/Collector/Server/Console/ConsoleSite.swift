public import API
import Console
import JSON

/// The console: pages for people, which do all that they do by calling the API.
public struct ConsoleSite: Site {
  public init() {}

  /// The first parts of its paths.
  private static let parts: Set<String> = [
    "", "sign-in", "sign-out", "setup", "join", "organization", "monitors", "incidents", "channels",
    "agents", "console-assets",
  ]

  public func owns(_ path: String) -> Bool {
    Self.segments(path).first.map { Self.parts.contains($0) && (!$0.isEmpty || path == "/") }
      ?? false
  }

  public func answer(_ request: SiteRequest) async -> SiteAnswer {
    let segments = Self.segments(request.path)
    if segments.first == "console-assets" {
      return Asset.answer(segments.count == 2 ? segments[1] : "")
    }
    do {
      return Self.page(try await route(request, segments))
    } catch let refusal as Refusal {
      return answer(refusal, request)
    } catch {
      return answer(
        refusing: .init(status: 500, title: "Something went wrong", detail: "Try again."))
    }
  }

  private func route(_ request: SiteRequest, _ segments: [String]) async throws -> SiteAnswer {
    switch (request.method, segments[0], segments.count) {
    case (.get, "sign-in", 1): return try await SignInPage.show(request)
    case (.post, "sign-in", 1): return try await SignInPage.signIn(request)
    case (.post, "sign-out", 1): return await SignInPage.signOut(request)
    case (.get, "setup", 1): return AccountFormPage.show(.setup, request)
    case (.post, "setup", 1): return try await AccountFormPage.make(.setup, request)
    case (.get, "join", 1): return AccountFormPage.show(.invitation, request)
    case (.post, "join", 1): return try await AccountFormPage.make(.invitation, request)
    default: break
    }
    let visit = try await Visit.begin(request)
    switch (segments[0], segments.count) {
    case ("", 1): return try await OverviewPage.show(visit)
    case ("organization", 1): return try OrganizationPage.choose(visit)
    case ("monitors", _): return try await MonitorPages.answer(visit, Array(segments.dropFirst()))
    case ("incidents", _):
      return try await IncidentPages.answer(visit, Array(segments.dropFirst()))
    case ("channels", _): return try await ChannelPages.answer(visit, Array(segments.dropFirst()))
    case ("agents", _): return try await AgentPages.answer(visit, Array(segments.dropFirst()))
    default: throw Refusal.nothing
    }
  }

  public func answer(refusing problem: SiteProblem) -> SiteAnswer {
    // It tells no age of anything.
    let frame = ConsoleFrame(viewer: nil, now: 0)
    let view = MessageView(frame: frame, title: problem.title, text: problem.detail)
    return Self.page(SiteAnswer(status: problem.status, body: view.bytes()))
  }

  private func answer(_ refusal: Refusal, _ request: SiteRequest) -> SiteAnswer {
    guard refusal.status != 401 else {
      // What was posted is lost: it goes on with the page where the form was.
      let next = request.method == .get && request.path != "/" ? request.path : ""
      return .redirect(to: next.isEmpty ? "/sign-in" : "/sign-in?next=\(next)")
    }
    var answer = answer(
      refusing: .init(status: refusal.status, title: refusal.title, detail: refusal.detail))
    answer.headers += refusal.headers
    return answer
  }

  /// With the headers that every page has.
  private static func page(_ answer: SiteAnswer) -> SiteAnswer {
    var answer = answer
    answer.headers += [
      ("content-security-policy", ConsoleStylesheet.contentSecurityPolicy),
      // Not "no-referrer", with which browsers send no origin along with forms.
      ("referrer-policy", "same-origin"), ("cross-origin-opener-policy", "same-origin"),
    ]
    return answer
  }

  static func segments(_ path: String) -> [String] {
    path.dropFirst(path.hasPrefix("/") ? 1 : 0)
      .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
  }
}

/// Why a page can't be shown.
struct Refusal: Error {
  var status: Int
  var title: String
  var detail: String
  /// What the API said, where it did.
  var problem = JSONValue.null
  var headers: [(String, String)] = []

  static let nothing = Refusal(
    status: 404, title: "There is no such page", detail: "It may have been deleted, or never was.")

  init(status: Int, title: String, detail: String) {
    self.status = status
    self.title = title
    self.detail = detail
  }

  init(_ answer: SiteCallAnswer) {
    status = answer.status
    title = answer.body["title"]?.stringValue ?? "It can't be done"
    detail = answer.body["detail"]?.stringValue ?? "Try again."
    problem = answer.body
    headers = answer.headers.filter { $0.0 == "retry-after" }
  }
}
