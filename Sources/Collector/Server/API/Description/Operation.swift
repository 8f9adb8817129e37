import JSON

/// What the document tells of a route: everything that a caller must know and the path does not say.
///
/// Its query parameters and whether it takes a body decide what the responder accepts.
struct Operation: Sendable {
  /// Names the operation in generated clients: a verb and a noun, in camel case.
  var id: String
  /// The group under which it is shown.
  var tag: Tag
  /// What it does, in a few words.
  var summary: String
  /// What else there is to know: Markdown.
  var description: String
  var query: [Parameter]
  /// Headers that it reads beside those that follow from its form.
  var headers: [Parameter]
  /// The form of the body; `nil` where none is taken.
  var body: Schema?
  /// Bodies that it takes, by name.
  var examples: [(name: String, body: JSONValue)]
  var answer: Answer
  /// The refusals that are its own, beside those that follow from its form.
  var refusals: [Problem.Kind]
  /// The form of the identifier in its path.
  var pathID: Schema
  /// Whether the answer holds a secret.
  var tellsSecret: Bool
  /// Whether `If-Match` makes the change depend on the version that the caller knows.
  var isConditional: Bool
  /// Whether parameters that are not named here are let pass: others write the address.
  var takesOtherQuery: Bool

  /// How the document is parted.
  enum Tag: String, Sendable, CaseIterable {
    case monitors, results, incidents, maintenance, alerting
    case statusPage = "status page"
    case agents, organization, account, service
  }

  /// What it answers when nothing went wrong.
  struct Answer: Sendable {
    var status: Int
    var description: String
    /// `nil` where there is no body.
    var body: Schema?
    var type = "application/json"
    var headers: [Header] = []

    /// One thing.
    static func ok(_ body: Schema, _ description: String) -> Answer {
      Answer(status: 200, description: description, body: body)
    }

    /// One thing with an `ETag`.
    static func tagged(_ body: Schema, _ description: String) -> Answer {
      Answer(status: 200, description: description, body: body, headers: [.etag])
    }

    static func page(of item: Schema, _ description: String) -> Answer {
      Answer(status: 200, description: description, body: .page(of: item), headers: [.link])
    }

    static func created(
      _ body: Schema, _ description: String, isTagged: Bool = false
    ) -> Answer {
      Answer(
        status: 201, description: description, body: body,
        headers: [.location] + (isTagged ? [.etag] : []))
    }

    /// Begun, not done.
    static func accepted(_ body: Schema, _ description: String) -> Answer {
      Answer(status: 202, description: description, body: body)
    }

    /// Of any length.
    static func stream(_ type: String, _ description: String) -> Answer {
      Answer(status: 200, description: description, body: .text, type: type)
    }

    static func done(_ description: String) -> Answer {
      Answer(status: 204, description: description, body: nil)
    }
  }

  init(
    _ id: String, _ tag: Tag, _ summary: String, _ description: String = "",
    query: [Parameter] = [], headers: [Parameter] = [], body: Schema? = nil,
    examples: [(name: String, body: JSONValue)] = [],
    answer: Answer, refusals: [Problem.Kind] = [], pathID: Schema = .id,
    isConditional: Bool = false, tellsSecret: Bool = false,
    takesOtherQuery: Bool = false
  ) {
    self.id = id
    self.tag = tag
    self.summary = summary
    self.description = description
    self.query = query
    self.headers = headers
    self.body = body
    self.examples = examples
    self.answer = answer
    self.refusals = refusals
    self.pathID = pathID
    self.isConditional = isConditional
    self.takesOtherQuery = takesOtherQuery
    self.tellsSecret = tellsSecret
  }
}

/// A header of answers, told once and referred to.
enum Header: String, Sendable, CaseIterable {
  case etag = "ETag"
  case link = "Link"
  case location = "Location"
  case requestID = "X-Request-Id"
  case retryAfter = "Retry-After"
  case allow = "Allow"
  case challenge = "WWW-Authenticate"
  case rateLimit = "RateLimit"
  case rateLimitPolicy = "RateLimit-Policy"

  var description: String {
    switch self {
    case .etag:
      "The version of what is told (RFC 9110 section 8.8.3). Send it back in `If-Match` or "
        + "`If-None-Match`."
    case .link: "The next page, with `rel=\"next\"` (RFC 8288); absent on the last."
    case .location: "Where the new thing is."
    case .requestID: "Names the request in the collector's log."
    case .retryAfter: "Seconds to wait before asking again."
    case .allow: "The methods that the path knows."
    case .challenge: "How to authenticate (RFC 6750)."
    case .rateLimit: "What is left of the key's allowance (draft-ietf-httpapi-ratelimit-headers)."
    case .rateLimitPolicy: "The key's allowance, `q` requests in `w` seconds."
    }
  }

  var schema: Schema {
    switch self {
    case .retryAfter: .integer(1...86_400)
    default: .text
    }
  }
}
