import HTTPTypes
import Store

/// One operation of the API: how it is reached, who may, and what answers.
///
/// The list of routes is the API's one source of truth: the responder, the tests that walk every
/// route and any description of the API are made from it.
struct Route: Sendable {
  typealias Handler = @Sendable (APIRequest, APIContext) async throws -> APIAnswer

  var method: HTTPRequest.Method
  var path: PathPattern
  /// What the caller's key must allow; `.anyone` needs no key.
  var access: Access
  /// Whether a JSON body is expected; other routes refuse one.
  var takesBody: Bool
  /// The query parameters that are understood; all others are refused.
  var query: [String]
  var handler: Handler

  enum Access: Sendable, Hashable {
    case anyone
    /// Any valid key.
    case anyKey
    case scope(Scope)
  }

  init(
    _ method: HTTPRequest.Method, _ path: PathPattern, _ access: Access, takesBody: Bool = false,
    query: [String] = [], handler: @escaping Handler
  ) {
    self.method = method
    self.path = path
    self.access = access
    self.takesBody = takesBody
    self.query = query
    self.handler = handler
  }

  static func get(
    _ path: PathPattern, _ access: Access, query: [String] = [], handler: @escaping Handler
  ) -> Route {
    Route(.get, path, access, query: query, handler: handler)
  }

  static func post(_ path: PathPattern, _ access: Access, handler: @escaping Handler) -> Route {
    Route(.post, path, access, takesBody: true, handler: handler)
  }

  static func patch(_ path: PathPattern, _ access: Access, handler: @escaping Handler) -> Route {
    Route(.patch, path, access, takesBody: true, handler: handler)
  }

  static func delete(_ path: PathPattern, _ access: Access, handler: @escaping Handler) -> Route {
    Route(.delete, path, access, handler: handler)
  }
}

/// A path whose parts in braces stand for anything: `/api/v1/monitors/{id}`.
struct PathPattern: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  let description: String
  private let parts: [Part]

  private enum Part: Sendable, Hashable {
    case word(Substring)
    case parameter(String)
  }

  init(stringLiteral value: String) {
    description = value
    parts = value.split(separator: "/", omittingEmptySubsequences: false).map { part in
      part.hasPrefix("{") ? .parameter(String(part.dropFirst().dropLast())) : .word(part)
    }
  }

  /// The parameters where `path` fits, byte by byte; nothing is decoded or normalised.
  func match(_ path: [Substring]) -> [String: String]? {
    guard path.count == parts.count else { return nil }
    var parameters: [String: String] = [:]
    for (part, text) in zip(parts, path) {
      switch part {
      case .word(let word): guard word.utf8.elementsEqual(text.utf8) else { return nil }
      case .parameter(let name): parameters[name] = String(text)
      }
    }
    return parameters
  }
}
