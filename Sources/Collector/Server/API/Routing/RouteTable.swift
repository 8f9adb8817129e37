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
    let fitting = routes.compactMap { route in
      route.path.match(parts).map { (route: route, parameters: $0) }
    }
    // A path that is written out comes before one with parameters, whatever the method.
    let fewest = fitting.map(\.parameters.count).min()
    for (route, parameters) in fitting where parameters.count == fewest {
      if route.method == wanted { return .found(route, parameters: parameters) }
      methods.append(route.method)
      if route.method == .get { methods.append(.head) }
    }
    return methods.isEmpty ? .none : .otherMethods(methods)
  }
}
