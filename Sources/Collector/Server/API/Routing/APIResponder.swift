import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import Postgres
import Store

/// Takes a request from the server to its route and every outcome to an answer.
struct APIResponder: HTTPResponder {
  typealias Context = ConnectionContext

  let table: RouteTable
  let context: APIContext
  let logger: Logger

  func respond(to request: Request, context connection: ConnectionContext) async -> Response {
    let id = Self.newRequestID()
    do {
      let answer = try await answer(request, id: id)
      return response(answer, to: request, id: id)
    } catch {
      let problem = problem(for: error, request: request, id: id)
      if problem.closesConnection { connection.closeSoon() }
      return response(problem, to: request, id: id)
    }
  }

  private func answer(_ request: Request, id: String) async throws -> APIAnswer {
    let target = (request.head.path ?? "/").split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = target.first ?? "/"
    let route: Route
    let parameters: [String: String]
    switch table.match(request.method, path) {
    case .found(let found, let matched): (route, parameters) = (found, matched)
    case .otherMethods(let methods):
      var problem = Problem(
        .methodNotAllowed, "Use one of \(methods.map(\.rawValue).joined(separator: ", ")).")
      problem.headers = [("allow", methods.map(\.rawValue).joined(separator: ", "))]
      problem.closesConnection = request.method != .head && request.method != .get
      throw problem
    case .none:
      throw Problem(.notFound, "Nothing is at this path.")
    }
    let identity = try await authorise(request, route.access)
    let query = try Self.query(target.count == 2 ? target[1] : "", allowed: route.query)
    let reader = BodyReader(
      limit: context.configuration.bodyLimit, seconds: context.configuration.bodySeconds)
    var body = JSONValue.null
    if route.takesBody {
      body = try await reader.readJSON(request)
    } else {
      try reader.refuse(request)
    }
    return try await route.handler(
      APIRequest(
        id: id, path: String(path), parameters: parameters, query: query, body: body,
        ifMatch: request.headers[.ifMatch], identity: identity), context)
  }

  private func authorise(_ request: Request, _ access: Route.Access) async throws -> Identity? {
    switch access {
    case .anyone: return nil
    case .anyKey: return try await Authenticator(store: context.store).identify(request.headers)
    case .scope(let scope):
      let identity = try await Authenticator(store: context.store).identify(request.headers)
      try Authenticator.require(scope, of: identity)
      return identity
    }
  }

  private static func query(
    _ text: Substring, allowed: [String]
  ) throws(Problem) -> [String: String] {
    guard let query = PercentCoding.parameters(text) else {
      throw Problem(
        .invalidQuery, "The query is malformed, or names a parameter twice.")
    }
    if let unknown = query.keys.sorted().first(where: { !allowed.contains($0) }) {
      let known = allowed.isEmpty ? "none" : allowed.joined(separator: ", ")
      throw Problem(
        .invalidQuery, "There is no parameter \"\(unknown)\" here; known are: \(known).")
    }
    return query
  }

  /// Turns whatever a handler threw into a problem; what only the operator may know is logged.
  private func problem(for error: any Error, request: Request, id: String) -> Problem {
    if let problem = error as? Problem { return problem }
    // What only the store could tell of a body's fields.
    if let fields = error as? FieldErrors { return Problem(fields) }
    let metadata: Logger.Metadata = [
      "request_id": "\(id)", "method": "\(request.method)", "error": "\(error)",
    ]
    if let error = error as? PostgresError {
      switch error.kind {
      case .retry, .reconnect, .unavailable, .giveUp:
        logger.warning("the store did not answer a request", metadata: metadata)
        var problem = Problem(.unavailable, "Nothing was changed; ask again in a few seconds.")
        problem.headers = [("retry-after", "5")]
        return problem
      case .outcomeUnknown:
        logger.warning("a commit's outcome is unknown", metadata: metadata)
        return Problem(
          .unavailable, "Whether the change was stored is not known; look before asking again.")
      case .rejectedData, .bug: break
      }
    }
    logger.error("a request failed", metadata: metadata)
    return Problem(
      .internalError, "The mistake has been logged under this request's id; tell the operator.")
  }

  private func response(_ answer: APIAnswer, to request: Request, id: String) -> Response {
    response(
      status: answer.status, headers: answer.headers, body: answer.body, type: "application/json",
      to: request, id: id)
  }

  private func response(_ problem: Problem, to request: Request, id: String) -> Response {
    var headers = problem.headers
    if problem.closesConnection { headers.append(("connection", "close")) }
    return response(
      status: problem.kind.status, headers: headers, body: problem.json(requestID: id),
      type: "application/problem+json", to: request, id: id)
  }

  private func response(
    status: Int, headers: [(String, String)], body: JSONValue?, type: String, to request: Request,
    id: String
  ) -> Response {
    var fields = HTTPFields()
    for (name, value) in headers {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    if let name = HTTPField.Name("x-request-id") { fields[name] = id }
    fields[.cacheControl] = "no-store"
    fields[.xContentTypeOptions] = "nosniff"
    guard let body else { return Response(status: .init(code: status), headers: fields) }
    fields[.contentType] = type
    let bytes = body.bytes
    fields[.contentLength] = String(bytes.count)
    return Response(
      status: .init(code: status), headers: fields,
      body: request.method == .head ? .init() : .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  private static func newRequestID() -> String {
    let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    return String(
      decoding: (0..<16).map { _ in digits[Int.random(in: 0..<32)] }, as: UTF8.self)
  }
}

/// What is known of the connection on which a request came.
struct ConnectionContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  private let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// Ends the connection once the answer has had time to leave, however much the other side still
  /// wants to send.
  func closeSoon() {
    let channel = channel
    channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
  }
}
