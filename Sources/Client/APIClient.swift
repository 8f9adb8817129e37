import JSON
import Linux

/// Asks one collector. A value: copies share the connections that are kept.
public struct APIClient: Sendable {
  /// This library's release.
  public static let version = "0.1.0"

  public let configuration: ClientConfiguration
  let handles = HandlePool()

  /// Throws where the credential would go over the network in the clear.
  public init(_ configuration: ClientConfiguration) throws(APIError) {
    guard configuration.credential == nil || configuration.server.keepsSecrets else {
      throw .insecure(configuration.server)
    }
    self.configuration = configuration
  }

  public var server: ServerAddress { configuration.server }

  /// Sends a request, again where the collector puts it off, and returns what it answered.
  public func send(_ request: APIRequest) async throws(APIError) -> APIAnswer {
    try await send(request, configuration)
  }

  func send(
    _ request: APIRequest, _ configuration: ClientConfiguration
  ) async throws(APIError) -> APIAnswer {
    var request = request
    if request.method == "POST", request.idempotencyKey == nil {
      request.idempotencyKey = APIRequest.newIdempotencyKey()
    }
    let order = try TransferOrder(request, configuration)
    return try await repeating(order) { (order, attempt) async throws(APIError) in
      try await answer(to: order, attempt)
    }
  }

  /// Carries an order out, again where the collector puts it off, and once more with a new access
  /// token where it does not take the session's.
  func repeating<Answer: Sendable>(
    _ order: TransferOrder, _ work: (TransferOrder, Int) async throws(APIError) -> Answer
  ) async throws(APIError) -> Answer {
    var order = order
    var attempt = 1
    var refused: String?
    while true {
      let token = try await token(order.configuration.credential, refused: refused)
      order.token = token
      do {
        return try await work(order, attempt)
      } catch {
        guard case .problem(let problem) = error else { throw error }
        if problem.kind == "unauthenticated", refused == nil, let token,
          case .session? = order.configuration.credential
        {
          refused = token
          continue
        }
        guard
          let pause = order.configuration.retries.pauseMs(
            after: attempt, method: order.method, problem: problem, chance: .random(in: 0..<1))
        else { throw error }
        do { try await Task.sleep(for: .milliseconds(pause)) } catch { throw .cancelled }
        attempt += 1
      }
    }
  }

  /// What goes behind `Bearer` (RFC 6750).
  private func token(
    _ credential: Credential?, refused: String?
  ) async throws(APIError) -> String? {
    switch credential {
    case nil: nil
    case .apiKey(let key)?: key.secret
    case .session(let session)?:
      try await session.accessToken(at: AgentClock.wallMs(), refused: refused) {
        (tokens) async throws(APIError) in try await refresh(tokens)
      }
    }
  }

  private func answer(
    to order: TransferOrder, _ attempt: Int
  ) async throws(APIError) -> APIAnswer {
    let outcome = await handles.perform(order)
    if let observer = configuration.observer { observer(order.exchange(attempt, outcome)) }
    let answer = try outcome.answer.get()
    if (200..<300).contains(answer.status) || answer.status == 304 {
      guard !answer.body.isEmpty else {
        return APIAnswer(status: answer.status, headers: answer.headers, json: .null)
      }
      guard let json = try? JSONValue(parsing: answer.body, depth: 64) else {
        throw .notACollector(server, status: answer.status)
      }
      return APIAnswer(status: answer.status, headers: answer.headers, json: json)
    }
    throw refusal(answer)
  }

  /// What an answer says that is no success.
  func refusal(_ answer: TransferOutcome.Answer) -> APIError {
    let retryAfter = answer.headers.last { $0.name == "retry-after" }.flatMap { Int($0.value) }
    guard
      let problem = Problem(
        try? JSONValue(parsing: answer.body), status: answer.status, retryAfterSeconds: retryAfter)
    else { return .notACollector(server, status: answer.status) }
    return .problem(problem)
  }

  // MARK: In short

  public func get(
    _ path: String, _ query: [(name: String, value: String?)] = []
  ) async throws(APIError) -> JSONValue {
    try await send(APIRequest("GET", path, query: query)).json
  }

  public func post(_ path: String, _ body: JSONValue) async throws(APIError) -> JSONValue {
    try await send(APIRequest("POST", path, body: body)).json
  }

  public func patch(
    _ path: String, _ body: JSONValue, ifMatch: String? = nil
  ) async throws(APIError) -> JSONValue {
    try await send(APIRequest("PATCH", path, body: body, ifMatch: ifMatch)).json
  }

  public func delete(_ path: String, ifMatch: String? = nil) async throws(APIError) {
    _ = try await send(APIRequest("DELETE", path, ifMatch: ifMatch))
  }
}
