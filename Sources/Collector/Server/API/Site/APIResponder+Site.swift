import HTTPTypes
import Hummingbird
import JSON
import Postgres

/// Answers what belongs to a site, and the calls that it makes.
extension APIResponder {
  func respond(
    _ exchange: inout Exchange, from site: any Site, over connection: ConnectionContext
  ) async -> Response {
    do {
      let request = try await request(&exchange, over: connection)
      return writer.response(await site.answer(request), to: exchange)
    } catch {
      let problem = problem(for: error, exchange)
      if problem.closesConnection { exchange.isWhole = false }
      var answer = site.answer(refusing: SiteProblem(problem))
      answer.headers += problem.headers.filter { $0.0 == "retry-after" || $0.0 == "allow" }
      return writer.response(answer, to: exchange)
    }
  }

  /// What came over the connection, judged as far as no page needs to be known for it.
  private func request(
    _ exchange: inout Exchange, over connection: ConnectionContext
  ) async throws -> SiteRequest {
    let request = exchange.request
    let (path, text) = exchange.target
    let reader = BodyReader(
      limit: context.configuration.bodyLimit, seconds: context.configuration.bodySeconds)
    let method: SiteRequest.Method
    var form: [UInt8] = []
    switch request.method {
    case .get, .head:
      method = .get
      try await reader.refuse(request, isMultiplexed: exchange.isMultiplexed)
    case .post:
      method = .post
      guard SameOrigin.allows(request.head, publicOrigin: context.configuration.publicOrigin) else {
        throw Problem(
          .crossSite, "The form comes from a page of another site; open the console and try again.")
      }
      form = try await reader.readForm(request)
    default:
      var problem = Problem(.methodNotAllowed, "Use one of GET, HEAD, POST.")
      problem.headers = [("allow", "GET, HEAD, POST")]
      throw problem
    }
    exchange.isWhole = true
    guard let query = PercentCoding.parameters(text) else {
      throw Problem(.invalidQuery, "The address is malformed, or names a parameter twice.")
    }
    let headers = request.headers
    return SiteRequest(
      method: method, path: String(path), query: query, form: form,
      now: Timestamp.now().milliseconds,
      api: SiteCalls(responder: self, request: request, connection: connection),
      cookies: { SessionCookie.value(of: $0, headers) })
  }

  /// What the API answers to a request that never was on the wire.
  func answer(to request: Request, over connection: ConnectionContext) async -> SiteCallAnswer {
    var exchange = begin(request, over: connection)
    do {
      let answer = try await answer(&exchange)
      var body = JSONValue.null
      if case .json(let value)? = answer.body { body = value }
      return SiteCallAnswer(
        status: answer.status, headers: answer.headers, body: body, version: answer.version)
    } catch {
      let problem = problem(for: error, exchange)
      return SiteCallAnswer(
        status: problem.kind.status, headers: problem.headers,
        body: problem.json(requestID: exchange.id))
    }
  }
}

extension ResponseWriter {
  func response(_ answer: SiteAnswer, to exchange: Exchange) -> Response {
    response(
      APIAnswer(
        status: answer.status, headers: answer.headers,
        body: answer.body.isEmpty ? nil : .bytes(answer.body, type: answer.type)),
      isSecret: answer.tellsSecret, to: exchange)
  }
}
