import HTTPTypes
import Store

/// One operation of the API: how it is reached, who may, what it takes and answers, and what does it.
///
/// The list of routes is the API's one source of truth: the responder, the tests that walk every
/// route and the API's document (`OpenAPIDocument`) are made from it.
struct Route: Sendable {
  typealias Handler = @Sendable (APIRequest, APIContext) async throws -> APIAnswer

  var method: HTTPRequest.Method
  var path: PathPattern
  /// What the caller's credential must allow; `.anyone` needs none.
  var access: Access
  var operation: Operation
  var handler: Handler

  enum Access: Sendable, Hashable {
    case anyone
    /// Any valid credential, in an organization.
    case anyCredential
    /// A person who signed in; no organization is needed.
    case person
    case scope(Scope)
  }

  /// Whether a JSON body is expected; other routes refuse one.
  var takesBody: Bool { operation.body != nil }

  init(
    _ method: HTTPRequest.Method, _ path: PathPattern, _ access: Access, _ operation: Operation,
    handler: @escaping Handler
  ) {
    self.method = method
    self.path = path
    self.access = access
    self.operation = operation
    self.handler = handler
  }

  static func get(
    _ path: PathPattern, _ access: Access, _ operation: Operation, handler: @escaping Handler
  ) -> Route {
    Route(.get, path, access, operation, handler: handler)
  }

  static func post(
    _ path: PathPattern, _ access: Access, _ operation: Operation, handler: @escaping Handler
  ) -> Route {
    Route(.post, path, access, operation, handler: handler)
  }

  static func patch(
    _ path: PathPattern, _ access: Access, _ operation: Operation, handler: @escaping Handler
  ) -> Route {
    Route(.patch, path, access, operation, handler: handler)
  }

  static func delete(
    _ path: PathPattern, _ access: Access, _ operation: Operation, handler: @escaping Handler
  ) -> Route {
    Route(.delete, path, access, operation, handler: handler)
  }
}
