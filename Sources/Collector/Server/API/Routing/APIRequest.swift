import HTTPTypes
import JSON
import Model
import Postgres
import Store

/// A request as handlers see it: authenticated, its query and body parsed.
struct APIRequest: Sendable {
  /// Names the request in answers and logs.
  var id: String
  var path: String
  var parameters: [String: String]
  var query: [String: String]
  /// The body, where the route takes one.
  var body: JSONValue
  /// The `If-Match` header.
  var ifMatch: String?
  /// Who asks in an organization; `nil` on routes that need none.
  var identity: Identity?
  /// The person who asks; `nil` for a key, and on routes that need no credential.
  var person: SignedInPerson?
  /// Where it came from, as far as proxies that the configuration names can be believed, and with
  /// what program.
  var client: ClientMark
  /// Whether a browser says that a page of another site sends it.
  var isForeign: Bool
  /// For the few handlers that read cookies.
  var headers: HTTPFields
  /// The `Last-Event-ID` header.
  var lastEventID: String?
  /// Finds out anew whose credential it is: for answers that last longer than it may.
  var identifyAgain: (@Sendable () async throws -> Identity)?
  /// Where it must happen once (`write`).
  var idempotency: Idempotency?

  /// Throws 412 where the caller wants to change `thing` only as it was at another version.
  func requireVersion(_ version: String, of thing: String) throws(Problem) {
    guard let ifMatch, !EntityTag.allows(ifMatch, version: version) else { return }
    throw Problem(
      .changed, "Someone changed the \(thing) since; read it again and repeat the change.")
  }

  /// The path's identifier `name`; what is no UUID names nothing.
  func identifier<Kind>(
    _ name: String, of thing: String
  ) throws(Problem) -> Identifier<Kind> {
    guard let text = parameters[name], let id = Identifier<Kind>(text) else {
      throw Problem.noSuch(thing)
    }
    return id
  }

  /// The query parameter `name` as an identifier.
  func queryIdentifier<Kind>(_ name: String) throws(Problem) -> Identifier<Kind>? {
    guard let text = query[name] else { return nil }
    guard let id = Identifier<Kind>(text) else {
      throw Problem(.invalidQuery, "The parameter \(name) must be a UUID.")
    }
    return id
  }

  /// The query parameter `name` as a moment (RFC 3339).
  func queryTime(_ name: String) throws(Problem) -> Timestamp? {
    guard let text = query[name] else { return nil }
    guard let time = Timestamp(rfc3339: text) else {
      throw Problem(
        .invalidQuery,
        "The parameter \(name) must be a time such as 2026-01-31T12:00:00Z (RFC 3339).")
    }
    return time
  }

  /// The query parameter `name` as `true` or `false`.
  func queryBool(_ name: String) throws(Problem) -> Bool? {
    switch query[name] {
    case nil: return nil
    case "true": return true
    case "false": return false
    default: throw Problem(.invalidQuery, "The parameter \(name) must be true or false.")
    }
  }

  /// The parameters `since` and `until`, by default the last `defaultMs` milliseconds before `end`, and
  /// no more than `mostMs`.
  func span(
    defaultMs: Int64, mostMs: Int64, end: Timestamp = Timestamp.now()
  ) throws(Problem) -> (since: Timestamp, until: Timestamp) {
    let until = try queryTime("until") ?? end
    let since = try queryTime("since") ?? until.adding(milliseconds: -defaultMs)
    guard since < until else {
      throw Problem(.invalidQuery, "The parameter since must be before until.")
    }
    guard since.adding(milliseconds: mostMs) >= until else {
      throw Problem(
        .invalidQuery, "The span from since to until must not exceed \(mostMs / 86_400_000) days.")
    }
    return (since, until)
  }

  /// Reads the body, an object, with `read`; throws every mistake.
  func readBody<Result>(_ read: (inout ObjectReader) -> Result?) throws(Problem) -> Result {
    var reader = ObjectReader(body)
    let result = read(&reader)
    do {
      try reader.finish()
    } catch {
      throw Problem(error)
    }
    guard let result else { throw Problem(.invalidFields, "The body lacks what is required.") }
    return result
  }
}

/// What handlers may use beside the request.
struct APIContext: Sendable {
  var store: PostgresPool
  var configuration: APIConfiguration
  var signIn: SignInParts
  var streams: Streams
  let channelTurns = ChannelTurns()

  init(store: PostgresPool, configuration: APIConfiguration, signIn: SignInParts) {
    self.store = store
    self.configuration = configuration
    self.signIn = signIn
    streams = Streams(store: store, connections: configuration.maxConnections)
  }
}
