import HTTPTypes
import JSON

/// Where to go on from an answer: what was made, or the first of a list, can be read, changed and
/// deleted under its id (OpenAPI's links).
struct OperationLinks {
  let json: JSONObject

  init(from route: Route, among routes: [Route]) {
    var links = JSONObject()
    let place: String
    switch route.operation.answer.status {
    case 201: place = "$response.body#/id"
    case 200 where route.operation.answer.headers.contains(.link):
      place = "$response.body#/items/0/id"
    default:
      json = links
      return
    }
    let children = route.path.description + "/{id}"
    for other in routes
    where other.path.description == children || other.path.description.hasPrefix(children + "/") {
      // What a list shows is read from there; it is not deleted for having been listed.
      if route.method == .get, other.method != .get { continue }
      links[other.operation.id] = [
        "operationId": .string(other.operation.id), "parameters": ["id": .string(place)],
      ]
    }
    json = links
  }
}
