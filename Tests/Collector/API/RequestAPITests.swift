import HTTPTypes
import JSON
import Postgres
import Store
import TestSupport
import Testing

@testable import API

struct RequestAPITests {
  @Test func `every route but the health checks wants a key`() async throws {
    let api = try await SharedAPI.shared()
    for route in APIServer.routes where route.access != .anyone {
      let path = Self.path(route)
      for key in [
        nil, "", "upb_key_wrong", "Bearer", APIKeySecret.random().text,
        String(try api.key().dropLast()) + "!",
      ] as [String?] {
        let answer = try await api.send(
          route.method.rawValue, path, key: key, body: route.takesBody ? "{}" : nil)
        expectProblem(answer, 401, "unauthenticated")
        #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
      }
    }
  }

  @Test func `every route refuses a key without its scope`() async throws {
    let api = try await SharedAPI.shared()
    for route in APIServer.routes {
      guard case .scope(let scope) = route.access else { continue }
      let key = try api.key(scopes: Set(Scope.allCases).subtracting([scope]))
      let answer = try await api.send(
        route.method.rawValue, Self.path(route), key: key, body: route.takesBody ? "{}" : nil)
      expectProblem(answer, 403, "insufficient-scope")
      #expect(answer.json["detail"]?.stringValue?.contains(scope.rawValue) == true)
    }
  }

  @Test func `a revoked key is refused from then on`() async throws {
    try await TestAPI.with { api in
      let connection = try api.database.connect()
      let id = try OrganizationQueries.findOrCreate(name: "acme", on: connection)
      let (keyID, secret) = try APIKeyQueries.create(
        name: "a", scopes: [.monitorsRead], organization: id, on: connection)
      #expect(try await api.send("GET", "/api/v1/me", key: secret.text).status == 200)
      let other = try OrganizationQueries.findOrCreate(name: "other", on: connection)
      #expect(try APIKeyQueries.revoke(keyID, organization: other, on: connection) == false)
      #expect(try APIKeyQueries.revoke(keyID, organization: id, on: connection))
      expectProblem(
        try await api.send("GET", "/api/v1/me", key: secret.text), 401, "unauthenticated")
      #expect(try APIKeyQueries.list(organization: id, on: connection).count == 1)
    }
  }

  @Test func `two credentials at once are refused`() async throws {
    let api = try await SharedAPI.shared()
    let key = try api.key()
    let answer = try await api.send(
      "GET", "/api/v1/me", key: key, headers: [("Authorization", "Bearer \(key)")])
    expectProblem(answer, 401, "unauthenticated")
  }

  @Test(
    arguments: [
      "/", "/api", "/api/v1", "/api/v2/monitors", "/api/v1/monitors/", "//api/v1/monitors",
      "/api/v1/./monitors", "/api/v1/../v1/monitors", "/api/v1/%6Donitors", "/API/v1/monitors",
      "/api/v1/monitors/a/b", "/healthz/",
    ])
  func `a path that is not written exactly leads nowhere`(path: String) async throws {
    let api = try await SharedAPI.shared()
    expectProblem(try await api.send("GET", path, key: api.key()), 404, "not-found")
  }

  @Test(arguments: ["x", "1", "00000000-0000-0000-0000-000000000000", "%00", "..", "'"])
  func `an id that names nothing is not found`(id: String) async throws {
    let api = try await SharedAPI.shared()
    for path in ["monitors", "agents", "incidents", "verdicts", "enrolment-tokens", "maintenance"] {
      expectProblem(
        try await api.send("GET", "/api/v1/\(path)/\(id)", key: api.key()), 404, "not-found")
    }
  }

  @Test func `another method names those that exist`() async throws {
    let api = try await SharedAPI.shared()
    let answer = try await api.send("PUT", "/api/v1/monitors", key: api.key(), body: "{}")
    expectProblem(answer, 405, "method-not-allowed")
    #expect(answer.headers["allow"] == "GET, HEAD, POST")
  }

  @Test func `HEAD answers as GET without the body, everywhere`() async throws {
    let api = try await SharedAPI.shared()
    let key = try api.key(organization: "heads")
    for route in APIServer.routes
    where route.method == .get && route.operation.answer.type != "text/event-stream" {
      let read = try await api.send("GET", Self.path(route), key: key)
      let head = try await api.send("HEAD", Self.path(route), key: key)
      #expect(head.status == read.status, "\(route.path)")
      for name in ["content-type", "etag", "vary"] {
        #expect(head.headers[name] == read.headers[name], "\(route.path)")
      }
    }
  }

  @Test(arguments: ["PUT", "TRACE", "PROPFIND", "QUERY", "BREW"])
  func `a method that nobody knows is refused, whatever it is`(method: String) async throws {
    let api = try await SharedAPI.shared()
    let head = "\(method) /api/v1/monitors HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    let answer = try await RawHTTP.send(Array(head.utf8), port: api.port)
    // What is no method of HTTP at all is no request.
    #expect(answer.status == 405 || answer.status == 400 && answer.headers["connection"] == "close")
  }

  @Test(
    arguments: [
      "", "{", "[1", "nul", #"{"a":}"#, "{\"a\":\"\u{1}\"}", #"{"a":"\ud800"}"#, "1e999",
      String(repeating: "[", count: 10_000),
      String(repeating: #"{"a":"#, count: 1000) + "1" + String(repeating: "}", count: 1000),
    ])
  func `a body that is not JSON is refused`(body: String) async throws {
    let api = try await SharedAPI.shared()
    expectProblem(
      try await api.send("POST", "/api/v1/monitors", key: api.key(), body: body), 400,
      "malformed-json")
  }

  @Test(arguments: ["[]", "1", "null", "\"a\""])
  func `a body that is not an object is refused`(body: String) async throws {
    let api = try await SharedAPI.shared()
    expectProblem(
      try await api.send("POST", "/api/v1/monitors", key: api.key(), body: body), 422,
      "invalid-fields")
  }

  @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
  func `a body of another type is refused`(type: String) async throws {
    let api = try await SharedAPI.shared()
    expectProblem(
      try await api.send(
        "POST", "/api/v1/monitors", key: api.key(), body: "{}", headers: [("Content-Type", type)]),
      415, "unsupported-media-type")
  }

  @Test(
    arguments: [
      "limit=0", "limit=201", "limit=x", "limit=-1", "limit=1&limit=2", "cursor=zz", "cursor=",
      "cursor=6d", "page=2", "limit=%zz", "%00=1",
    ])
  func `a query that can't be understood is refused`(query: String) async throws {
    let api = try await SharedAPI.shared()
    expectProblem(
      try await api.send("GET", "/api/v1/monitors?\(query)", key: api.key()), 400,
      "invalid-query")
  }

  @Test func `a cursor of another list is refused`() async throws {
    let api = try await SharedAPI.shared()
    let cursor = Cursor(list: "agents", values: ["1"]).text
    expectProblem(
      try await api.send("GET", "/api/v1/monitors?cursor=\(cursor)", key: api.key()), 400,
      "invalid-query")
  }

  @Test func `an announced body above the limit is refused before it is sent`() async throws {
    let api = try await SharedAPI.shared()
    let head = """
      POST /api/v1/monitors HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(try api.key())\r
      Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n
      """
    let answer = try await RawHTTP.send(Array((head + "{").utf8), port: api.port)
    expectProblem(answer, 413, "too-large")
  }

  @Test func `an unannounced body is read up to the limit`() async throws {
    let api = try await SharedAPI.shared()
    let head = """
      POST /api/v1/monitors HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(try api.key())\r
      Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n
      """
    let chunk = "10000\r\n" + String(repeating: " ", count: 0x10000) + "\r\n"
    let answer = try await RawHTTP.send(
      Array((head + String(repeating: chunk, count: 5)).utf8), port: api.port)
    expectProblem(answer, 413, "too-large")
  }

  @Test func `a body that does not come is not awaited for ever`() async throws {
    try await TestAPI.with(configure: { $0.bodySeconds = 1 }) { api in
      let head = """
        POST /api/v1/monitors HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(try api.key())\r
        Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{
        """
      let answer = try await RawHTTP.send(Array(head.utf8), port: api.port)
      expectProblem(answer, 408, "timeout")
    }
  }

  @Test func `a body where none belongs is refused`() async throws {
    let api = try await SharedAPI.shared()
    expectProblem(
      try await api.send("GET", "/api/v1/monitors", key: api.key(), body: "{}"), 400,
      "bad-request")
  }

  @Test func `health and readiness are told without a key`() async throws {
    let api = try await SharedAPI.shared()
    #expect(try await api.send("GET", "/healthz").status == 200)
    #expect(try await api.send("GET", "/readyz").status == 200)
  }

  @Test func `what keeps another part from serving is told`() async throws {
    try await TestAPI.with(configure: { $0.trouble = { "The port takes no more." } }) { api in
      #expect(try await api.send("GET", "/healthz").status == 200)
      let answer = try await api.send("GET", "/readyz")
      expectProblem(answer, 503, "overloaded")
    }
  }

  @Test func `an older schema is not ready, a newer one is`() async throws {
    try await TestAPI.with { api in
      let connection = try api.database.connect()
      try connection.execute(
        "INSERT INTO schema_migration (number, name) VALUES (9999, 'future')")
      #expect(try await api.send("GET", "/readyz").status == 200)
      try connection.execute("DELETE FROM schema_migration")
      expectProblem(try await api.send("GET", "/readyz"), 503, "unavailable")
    }
  }

  /// The route's path with an id that names nothing.
  static func path(_ route: Route) -> String {
    route.path.description.split(separator: "{id}", omittingEmptySubsequences: false)
      .joined(separator: "00000000-0000-0000-0000-000000000001")
  }
}
