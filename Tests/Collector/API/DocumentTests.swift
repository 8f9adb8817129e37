import HTTPTypes
import JSON
import Store
import Testing

@testable import API

/// The API's document tells of every route, and of nothing else; what it tells is so.
///
/// Besides, `TestAPI.send` holds every answer that any test gets against it.
struct DocumentTests {
  private let document = OpenAPIDocument.whole.json

  @Test func `every route is told, and nothing else`() throws {
    let routes = Set(APIServer.routes.map { "\($0.method.rawValue) \($0.path)" })
    #expect(routes.count == APIServer.routes.count)
    guard case .object(let paths)? = document["paths"] else { return #expect(Bool(false)) }
    var told: Set<String> = []
    for path in paths.members {
      guard case .object(let methods) = path.value else { continue }
      for method in methods.members { told.insert("\(method.name.uppercased()) \(path.name)") }
    }
    #expect(told == routes)
    let ids = APIServer.routes.map(\.operation.id)
    #expect(Set(ids).count == ids.count)
  }

  @Test func `a route that needs a key says so, with its scope`() throws {
    for route in APIServer.routes {
      let operation = document["paths"]?[route.path.description]?[
        route.method.rawValue.lowercased()]
      let told = operation?["security"]?.elements ?? []
      let credentials = told.compactMap { element -> String? in
        guard case .object(let members) = element else { return nil }
        return members.members.first?.name
      }
      switch route.access {
      case .anyone: #expect(credentials == [])
      case .person: #expect(credentials == ["session", "cookie"])
      case .anyCredential, .scope: #expect(credentials == ["key", "session", "cookie"])
      }
      guard case .scope(let scope) = route.access else { continue }
      for element in told {
        guard case .object(let members) = element else { continue }
        #expect(members.members.first?.value == [.string(scope.rawValue)])
      }
    }
  }

  @Test func `every reference leads somewhere`() {
    let judge = JSONSchemaJudge(document: document)
    func walk(_ value: JSONValue) {
      switch value {
      case .object(let object):
        for member in object.members {
          if member.name == "$ref" {
            #expect(judge.resolve(member.value) != .null, "\(member.value.text)")
          } else {
            walk(member.value)
          }
        }
      case .array(let elements): elements.forEach(walk)
      default: break
      }
    }
    walk(document)
  }

  @Test func `every example fits its schema`() {
    let judge = JSONSchemaJudge(document: document)
    func walk(_ value: JSONValue, _ place: String) {
      switch value {
      case .object(let object):
        for example in object["examples"]?.elements ?? [] {
          #expect(judge.problems(example, value) == [], "\(place)")
        }
        if let fallback = object["default"] {
          #expect(judge.problems(fallback, value) == [], "\(place)")
        }
        for member in object.members where member.name != "examples" {
          walk(member.value, place + "/" + member.name)
        }
      case .array(let elements):
        for (index, element) in elements.enumerated() { walk(element, "\(place)/\(index)") }
      default: break
      }
    }
    walk(document, "")
    for route in APIServer.routes {
      guard let body = route.operation.body else { continue }
      for example in route.operation.examples {
        #expect(
          judge.problems(example.body, .object(body.json)) == [],
          "\(route.operation.id): \(example.name)")
      }
    }
  }

  @Test func `every example of a check is taken, and told as the schema has it`() async throws {
    let api = try await SharedAPI.shared()
    let key = try api.key()
    guard case .object(let schemas)? = document["components"]?["schemas"] else { return }
    let kinds = schemas.members.filter { $0.name.hasPrefix("Check_") }
    #expect(kinds.count == 8)
    for kind in kinds {
      for example in kind.value["examples"]?.elements ?? [] {
        let body: JSONValue = ["name": .string(kind.name), "check": example]
        let answer = try await api.send(
          "POST", "/api/v1/monitors", key: key, body: body.text)
        #expect(answer.status == 201, "\(kind.name): \(answer.text)")
      }
    }
  }

  @Test func `the document and its page are served without a key`() async throws {
    let api = try await SharedAPI.shared()
    for path in ["/openapi.json", "/api/v1/openapi.json"] {
      let answer = try await api.send("GET", path)
      #expect(answer.status == 200)
      #expect(answer.json == document)
    }
    let page = try await api.send("GET", "/docs")
    #expect(page.status == 200)
    #expect(page.headers["content-type"] == "text/html; charset=utf-8")
    #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
    for route in APIServer.routes {
      #expect(page.text.contains("id=\"\(route.operation.id)\""))
    }
    for forbidden in ["<script", " onclick", " style=", "src=", "@import", "url("] {
      #expect(!page.text.contains(forbidden), "\(forbidden)")
    }
  }

  @Test(
    .enabled(if: PythonTools.isThere, "deploy/test makes .build/python"), .timeLimit(.minutes(5)))
  func `a validator of OpenAPI finds it valid`() async throws {
    let file = try TemporaryFile(OpenAPIDocument.whole.json.bytes)
    let run = try await PythonTools.run("openapi-spec-validator", [file.path])
    #expect(run.status == 0, "\(run.output)")
  }
}
