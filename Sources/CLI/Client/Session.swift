import JSON
import UpblitClient

/// The client as commands use it: what goes wrong is said in one sentence, with what to do next.
struct Session: Sendable {
  let client: APIClient
  /// The context that had a say in which collector is asked.
  let context: String?

  init(_ configuration: ClientConfiguration, context: String? = nil) throws(CLIError) {
    self.context = context
    client = try Self.told { () throws(APIError) in try APIClient(configuration) }
  }

  var url: String { client.server.origin }

  func send(_ request: APIRequest) async throws(CLIError) -> APIAnswer {
    do throws(APIError) { return try await client.send(request) } catch { throw CLIError(error) }
  }

  func get(
    _ path: String, _ query: [(name: String, value: String?)] = []
  ) async throws(CLIError) -> JSONValue {
    try await send(APIRequest("GET", path, query: query)).json
  }

  func post(_ path: String, _ body: JSONValue) async throws(CLIError) -> JSONValue {
    try await send(APIRequest("POST", path, body: body)).json
  }

  /// - Parameter ifMatch: refused where someone changed it since it had this ETag.
  func patch(
    _ path: String, _ body: JSONValue, ifMatch: String? = nil
  ) async throws(CLIError) -> JSONValue {
    try await send(APIRequest("PATCH", path, body: body, ifMatch: ifMatch)).json
  }

  func delete(_ path: String) async throws(CLIError) {
    _ = try await send(APIRequest("DELETE", path))
  }

  /// The items of a list, up to `limit`.
  func list<Item: APIResource>(
    _ path: String, _ query: [(name: String, value: String?)] = [], limit: Int = .max
  ) async throws(CLIError) -> [Item] {
    do throws(APIError) {
      return try await client.items(path, query, limit: limit).all()
    } catch {
      throw CLIError(error)
    }
  }

  /// Looks at the items of a list, page by page, until `look` has seen enough.
  ///
  /// - Returns: whether all were looked at.
  func look<Item: APIResource>(
    through path: String, _ query: [(name: String, value: String?)] = [],
    _ look: (Item) -> Bool
  ) async throws(CLIError) -> Bool {
    do throws(APIError) {
      let items: Items<Item> = client.items(path, query)
      var iterator = items.makeAsyncIterator()
      while let item = try await iterator.next() {
        guard look(item) else { return false }
      }
      return true
    } catch {
      throw CLIError(error)
    }
  }

  /// Has the client do something.
  func ask<Value: Sendable>(
    _ work: (APIClient) async throws(APIError) -> Value
  ) async throws(CLIError) -> Value {
    do throws(APIError) { return try await work(client) } catch { throw CLIError(error) }
  }

  private static func told<Value>(
    _ work: () throws(APIError) -> Value
  ) throws(CLIError) -> Value {
    do throws(APIError) { return try work() } catch { throw CLIError(error) }
  }
}

extension CLIError {
  /// What a collector, or its absence, means for a command.
  init(_ error: APIError) {
    let text = DisplayText.escaped("\(error)")
    switch error {
    case .badAddress, .insecure, .unsendable: self.init(.usage, text)
    case .unreachable:
      self.init(
        .failure,
        "\(text); is the collector running, and is the address right? `upblit doctor` "
          + "looks closer")
    case .timedOut: self.init(.failure, "\(text): try --timeout with more seconds")
    case .tooLong, .notACollector, .endlessList: self.init(.failure, text)
    case .session: self.init(.notAllowed, "\(text); run `upblit login`")
    case .cancelled: self.init(.interrupted, "")
    case .problem(let problem):
      switch problem.status {
      case 401 where problem.kind == "unauthenticated":
        self.init(.notAllowed, "\(text) Run `upblit login`.")
      case 401: self.init(.notAllowed, text)
      case 403: self.init(.notAllowed, text)
      case 404: self.init(.notFound, text)
      case 409: self.init(.conflict, text)
      case 412, 428: self.init(.conflict, text)
      default: self.init(.failure, text)
      }
    }
  }
}
