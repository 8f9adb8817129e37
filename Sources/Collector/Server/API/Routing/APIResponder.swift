import HTTPTypes
import Hummingbird
import JSON
import Logging
import Model
import Postgres
import Store

/// Takes a request from the server to its route and every outcome to an answer.
struct APIResponder: HTTPResponder {
  typealias Context = ConnectionContext

  let table: RouteTable
  let context: APIContext
  let logger: Logger
  private let meter: AllowanceMeter<PostgresUUID>
  private let authenticator: Authenticator
  private let addresses: AddressMeter
  private let crossOrigin: CrossOrigin
  let writer: ResponseWriter

  init(table: RouteTable, context: APIContext, logger: Logger) {
    self.table = table
    self.context = context
    self.logger = logger
    meter = AllowanceMeter(policy: context.configuration.rate)
    authenticator = Authenticator(
      store: context.store, tokens: context.signIn.tokens,
      publicOrigin: context.configuration.publicOrigin)
    addresses = AddressMeter(context.configuration)
    crossOrigin = CrossOrigin(origins: context.configuration.origins)
    writer = ResponseWriter(crossOrigin: crossOrigin, logger: logger)
  }

  func respond(to request: Request, context connection: ConnectionContext) async -> Response {
    if let response = await publicResponse(to: request, over: connection) { return response }
    var exchange = begin(request, over: connection)
    if let site = context.configuration.site, site.owns(String(exchange.target.path)) {
      return await respond(&exchange, from: site, over: connection)
    }
    do {
      let answer = try await answer(&exchange)
      return writer.response(answer, to: exchange, over: connection)
    } catch {
      let problem = problem(for: error, exchange)
      if problem.closesConnection { exchange.isWhole = false }
      if let site = context.configuration.site, exchange.isForPeople {
        return writer.response(site.answer(refusing: SiteProblem(problem)), to: exchange)
      }
      return writer.response(problem, to: exchange)
    }
  }

  /// What the public site answers to a request that is its own. One with a body is nobody's there.
  private func publicResponse(
    to request: Request, over connection: ConnectionContext
  ) async -> Response? {
    guard let site = context.configuration.publicSite, let target = request.head.path else {
      return nil
    }
    let path = target.prefix { $0 != "?" }
    guard site.owns(path), request.headers[.transferEncoding] == nil,
      (request.headers[.contentLength] ?? "0") == "0"
    else { return nil }
    let answer = await site.answer(to: request.head, at: path) {
      addresses.secondsToWait(visiting: clientAddress(of: request, over: connection))
    }
    return Response(
      status: answer.status, headers: answer.fields,
      body: answer.body.map { .init(byteBuffer: $0) } ?? .init())
  }

  func begin(_ request: Request, over connection: ConnectionContext) -> Exchange {
    Exchange(
      id: Exchange.newID(), request: request,
      clientAddress: clientAddress(of: request, over: connection),
      isMultiplexed: connection.isMultiplexed)
  }

  private func clientAddress(of request: Request, over connection: ConnectionContext) -> IPAddress?
  {
    ClientAddress.find(
      peer: connection.peer, forwarded: request.headers.values(of: "x-forwarded-for"),
      proxies: context.configuration.proxies)
  }

  func answer(_ exchange: inout Exchange) async throws -> APIAnswer {
    let request = exchange.request
    let (path, queryText) = exchange.target
    let route: Route
    let parameters: [String: String]
    switch table.match(request.method, path) {
    case .found(let found, let matched): (route, parameters) = (found, matched)
    case .otherMethods(let methods):
      try addresses.visit(exchange.clientAddress)
      return try options(methods, exchange)
    case .none:
      try addresses.visit(exchange.clientAddress)
      throw Problem(.notFound, "Nothing is at this path.")
    }
    exchange.route = route
    let (identity, person) = try await authorise(&exchange, route.access)
    let query = try Self.query(queryText, of: route)
    try Self.judgeHeaders(request.headers, of: route)
    let reader = BodyReader(
      limit: context.configuration.bodyLimit, seconds: context.configuration.bodySeconds)
    var body = JSONValue.null
    if route.takesBody {
      body = try await reader.readJSON(request)
    } else {
      try await reader.refuse(request, isMultiplexed: exchange.isMultiplexed)
    }
    exchange.isWhole = true
    let idempotency = try Idempotency(
      request.headers.values(of: "idempotency-key"), route: route, target: (path, queryText),
      body: body, caller: identity, context: context)
    let asked = APIRequest(
      id: exchange.id, path: String(path), parameters: parameters, query: query, body: body,
      ifMatch: request.headers[.ifMatch], identity: identity, person: person,
      client: exchange.client,
      isForeign: request.headers.values(of: "sec-fetch-site").first.map {
        $0 != "same-origin" && $0 != "none"
      }
        ?? false, headers: request.headers,
      lastEventID: request.headers.values(of: "last-event-id").first,
      identifyAgain: identifying(request.head, exchange.client), idempotency: idempotency)
    let context = context
    guard let idempotency else { return try await route.handler(asked, context) }
    return try await idempotency.answer { try await route.handler(asked, context) }
  }

  /// What a path knows, for who asks for that; a problem for who uses another method.
  private func options(
    _ methods: [HTTPRequest.Method], _ exchange: Exchange
  ) throws(Problem) -> APIAnswer {
    let names = methods.map(\.rawValue).joined(separator: ", ")
    let method = exchange.request.method
    guard method == .options else {
      var problem = Problem(.methodNotAllowed, "Use one of \(names).")
      problem.headers = [("allow", names)]
      throw problem
    }
    return APIAnswer(
      status: 204,
      headers: [("allow", names + ", OPTIONS")]
        + crossOrigin.preflight(for: exchange.request.headers, methods: names))
  }

  /// Finds out anew who asks, and where.
  private func identifying(
    _ head: HTTPRequest, _ client: ClientMark
  ) -> @Sendable () async throws -> Identity {
    let authenticator = authenticator
    return {
      let caller = try await authenticator.identify(head, from: client)
      return try await authenticator.place(caller, head.headerFields)
    }
  }

  /// Who asks, if somebody must, whether they have an allowance left, and whether they may.
  private func authorise(
    _ exchange: inout Exchange, _ access: Route.Access
  ) async throws -> (Identity?, SignedInPerson?) {
    guard access != .anyone else {
      try addresses.visit(exchange.clientAddress)
      return (nil, nil)
    }
    // It costs no look, and is no try of a key: a page that was left open must lock nobody out.
    guard Authenticator.Caller.isNamed(exchange.request.headers) else {
      try addresses.visit(exchange.clientAddress)
      throw Authenticator.refusal(Authenticator.howTo)
    }
    let caller = try await addresses.counting(failuresOf: exchange.clientAddress) {
      try await authenticator.identify(exchange.request.head, from: exchange.client)
    }
    let allowance = meter.take(caller.id)
    exchange.allowance = allowance
    guard allowance.remaining != nil else {
      var problem = Problem(
        .rateLimited,
        "A credential may make \(allowance.policy.requests) requests in "
          + "\(allowance.policy.seconds) seconds; ask again in \(allowance.seconds).")
      problem.headers = [("retry-after", String(allowance.seconds))]
      throw problem
    }
    var person: SignedInPerson?
    if case .person(let found) = caller { person = found }
    if access == .person {
      guard let person else {
        throw Problem(.notAllowed, "Only a person who signed in may do this; keys can't.")
      }
      return (nil, person)
    }
    let identity = try await authenticator.place(caller, exchange.request.headers)
    if case .scope(let scope) = access { try Authenticator.require(scope, of: identity) }
    return (identity, person)
  }

  private static func query(
    _ text: Substring, of route: Route
  ) throws(Problem) -> [String: String] {
    guard let query = PercentCoding.parameters(text) else {
      throw Problem(
        .invalidQuery, "The query is malformed, or names a parameter twice.")
    }
    let parameters = route.operation.query
    for (name, value) in query.sorted(by: { $0.key < $1.key }) {
      guard let parameter = parameters.first(where: { $0.name == name }) else {
        if route.operation.takesOtherQuery { continue }
        let known =
          parameters.isEmpty ? "none" : parameters.map(\.name).joined(separator: ", ")
        throw Problem(
          .invalidQuery, "There is no parameter \"\(name)\" here; known are: \(known).")
      }
      if let problem = parameter.problem(of: value) { throw Problem(.invalidQuery, problem) }
    }
    return query
  }

  /// Refuses what the headers ask for and nobody could give, before anything is done.
  private static func judgeHeaders(_ headers: HTTPFields, of route: Route) throws(Problem) {
    let type = route.operation.answer.type
    guard !Negotiation.accepts(type, headers[.accept]) else { return }
    throw Problem(.notAcceptable, "This is told as \(type) alone.")
  }

  /// Turns whatever a handler threw into a problem; what only the operator may know is logged.
  func problem(for error: any Error, _ exchange: Exchange) -> Problem {
    if let problem = error as? Problem { return problem }
    // What only the store could tell of a body's fields.
    if let fields = error as? FieldErrors { return Problem(fields) }
    if let refusal = error as? AccountRefusal { return Problem(refusal) }
    let metadata: Logger.Metadata = [
      "request_id": "\(exchange.id)", "method": "\(exchange.request.method)", "error": "\(error)",
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
}

extension HTTPFields {
  /// The values under a name in lower case, in their order.
  func values(of name: String) -> [String] {
    filter { $0.name.canonicalName == name }.map(\.value)
  }
}
