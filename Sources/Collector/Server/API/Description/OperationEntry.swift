import JSON
import Store

/// A route as the document tells it.
struct OperationEntry {
  let json: JSONValue
  /// The named schemas that it refers to.
  let components: [String: JSONValue]

  init(route: Route, among routes: [Route]) {
    let operation = route.operation
    var entry = JSONObject()
    entry["operationId"] = .string(operation.id)
    entry["tags"] = [.string(operation.tag.rawValue)]
    entry["summary"] = .string(operation.summary)
    if !operation.description.isEmpty { entry["description"] = .string(operation.description) }
    let parameters = Self.parameters(of: route)
    if !parameters.isEmpty { entry["parameters"] = .array(parameters.map(\.json)) }
    if let body = operation.body {
      var content = JSONObject()
      content["schema"] = .object(body.json)
      if !operation.examples.isEmpty {
        var examples = JSONObject()
        for example in operation.examples { examples[example.name] = ["value": example.body] }
        content["examples"] = .object(examples)
      }
      entry["requestBody"] = [
        "required": true, "content": ["application/json": .object(content)],
      ]
    }
    entry["responses"] = .object(Self.responses(of: route, among: routes))
    entry["security"] = Self.security(of: route.access)
    json = .object(entry)
    let schemas = [operation.body, operation.answer.body].compactMap { $0 }
    components = schemas.reduce(into: [:]) { $0.merge($1.components) { first, _ in first } }
  }

  /// All that a request may carry beside its body.
  static func parameters(of route: Route) -> [Parameter] {
    var parameters = route.path.names.map {
      Parameter(
        name: $0, place: .path, schema: route.operation.pathID, description: "Which one.")
    }
    parameters += route.operation.query + route.operation.headers
    if route.takesIfMatch { parameters.append(.ifMatch) }
    if route.takesIfNoneMatch { parameters.append(.ifNoneMatch) }
    if route.takesIdempotencyKey { parameters.append(.idempotencyKey) }
    if route.isInOrganization { parameters.append(.organization) }
    return parameters
  }

  private static func security(of access: Route.Access) -> JSONValue {
    switch access {
    case .anyone: []
    case .person: [["session": []], ["cookie": []]]
    case .anyCredential: [["key": []], ["session": []], ["cookie": []]]
    case .scope(let scope):
      [
        ["key": [.string(scope.rawValue)]], ["session": [.string(scope.rawValue)]],
        ["cookie": [.string(scope.rawValue)]],
      ]
    }
  }

  private static func responses(of route: Route, among routes: [Route]) -> JSONObject {
    let answer = route.operation.answer
    var success = JSONObject()
    success["description"] = .string(answer.description)
    var headers = answer.headers + [.requestID]
    if route.access != .anyone { headers += [.rateLimit, .rateLimitPolicy] }
    success["headers"] = .object(OpenAPIDocument.references(headers))
    if let body = answer.body {
      success["content"] = [answer.type: ["schema": .object(body.json)]]
    }
    let links = OperationLinks(from: route, among: routes).json
    if !links.members.isEmpty { success["links"] = .object(links) }
    var responses = JSONObject()
    responses[String(answer.status)] = .object(success)
    if route.takesIfNoneMatch {
      responses["304"] = [
        "description": "Nothing has changed since.",
        "headers": .object(OpenAPIDocument.references([.etag, .requestID])),
      ]
    }
    for status in Set(route.refusals.map(\.status)).sorted() {
      responses[String(status)] = [
        "$ref": .string("#/components/responses/Problem\(status)")
      ]
    }
    return responses
  }
}
