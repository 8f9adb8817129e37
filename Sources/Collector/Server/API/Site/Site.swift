public import JSON

/// Pages for people on the API's listener: it answers the paths that are its own, and whatever it does,
/// it does by calling the API (`SiteRequest.api`).
public protocol Site: Sendable {
  /// Whether a path, as it was sent and without its query, is the site's.
  func owns(_ path: String) -> Bool

  /// Answers a request. One that changes something comes from a page of this site (`SameOrigin`).
  func answer(_ request: SiteRequest) async -> SiteAnswer

  /// The page for a request that never got that far.
  func answer(refusing problem: SiteProblem) -> SiteAnswer
}

/// A request to a site.
public struct SiteRequest: Sendable {
  public enum Method: Sendable {
    /// `HEAD` too, whose answer is cut by the server.
    case get
    case post
  }

  public var method: Method
  /// As it was sent, without the query.
  public var path: String
  public var query: [String: String]
  /// The bytes of a form (`application/x-www-form-urlencoded`); empty where none was sent.
  public var form: [UInt8]
  /// When it came, milliseconds since 1970.
  public var now: Int64
  /// The API, called as whoever sent the request.
  public var api: SiteCalls
  let cookies: @Sendable (String) -> String?

  /// The value of a cookie; `nil` where it is not there, or twice.
  public func cookie(_ name: String) -> String? { cookies(name) }
}

/// Why a request is refused: for people.
public struct SiteProblem: Error, Hashable, Sendable {
  public var status: Int
  public var title: String
  public var detail: String

  public init(status: Int, title: String, detail: String) {
    self.status = status
    self.title = title
    self.detail = detail
  }

  init(_ problem: Problem) {
    self.init(
      status: problem.kind.status, title: problem.kind.title, detail: problem.detail)
  }
}

/// What a site answers.
public struct SiteAnswer: Sendable {
  public var status: Int
  public var type: String
  public var body: [UInt8]
  /// Lower-case names. Without a `cache-control` nothing is stored.
  public var headers: [(String, String)]
  /// Whether it holds a secret: such answers are not compressed, since a length tells about it.
  public var tellsSecret = false

  public init(
    status: Int = 200, type: String = "text/html; charset=utf-8", body: [UInt8],
    headers: [(String, String)] = []
  ) {
    self.status = status
    self.type = type
    self.body = body
    self.headers = headers
  }

  /// 303: the browser goes on to there with `GET`.
  public static func redirect(to path: String) -> SiteAnswer {
    SiteAnswer(status: 303, body: [], headers: [("location", path)])
  }
}

/// A call of the API that a site makes.
public struct SiteCall: Sendable {
  public var method: String
  /// With identifiers that hold letters, digits and hyphens alone.
  public var path: String
  public var query: [String: String] = [:]
  public var body: JSONValue?
  /// The organization that it is for; the person's only one where absent.
  public var organization: String?
  /// The version that the caller has seen (`SiteCallAnswer.version`).
  public var version: String?
  /// The `Idempotency-Key`.
  public var once: String?

  public init(_ method: String, _ path: String) {
    self.method = method
    self.path = path
  }
}

/// What the API answered.
public struct SiteCallAnswer: Sendable {
  public var status: Int
  /// Lower-case names.
  public var headers: [(String, String)]
  public var body: JSONValue
  /// For `SiteCall.version`.
  public var version: String?

  public init(
    status: Int, headers: [(String, String)] = [], body: JSONValue = .null, version: String? = nil
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.version = version
  }

  /// The headers that set cookies.
  public var cookies: [(String, String)] { headers.filter { $0.0 == "set-cookie" } }
}
