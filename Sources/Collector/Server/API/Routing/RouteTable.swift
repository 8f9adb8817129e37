import HTTPTypes

/// Finds the route of a request.
struct RouteTable: Sendable {
  let routes: [Route]

  enum Match {
    case found(Route, parameters: [String: String])
    /// The path exists, with these methods.
    case otherMethods([HTTPRequest.Method])
    case none
  }

  /// `HEAD` is answered by the route of `GET`.
  func match(_ method: HTTPRequest.Method, _ path: Substring) -> Match {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let wanted = method == .head ? .get : method
    var methods: [HTTPRequest.Method] = []
    for route in routes {
      guard let parameters = route.path.match(parts) else { continue }
      if route.method == wanted { return .found(route, parameters: parameters) }
      methods.append(route.method)
      if route.method == .get { methods.append(.head) }
    }
    return methods.isEmpty ? .none : .otherMethods(methods)
  }
}
