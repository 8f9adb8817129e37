import JSON
import TestSupport
import Testing
import UpblitClient

struct ClientTests {
  private static let secret = "upb_key_abcdefghijklmnopqrstuvwxyz0123456789"

  private func client(
    _ server: ScriptedServer, _ change: (inout ClientConfiguration) -> Void = { _ in }
  ) throws(APIError) -> APIClient {
    var configuration = ClientConfiguration(
      server: try ServerAddress(server.address), credential: Credential(Self.secret), proxy: "",
      retries: RetryPolicy(attempts: 3, firstPauseMs: 1))
    change(&configuration)
    return try APIClient(configuration)
  }

  @Test func `a request carries the key, its parameters and its body`() async throws {
    let server = try ScriptedServer(
      .init(status: 201, headers: ["ETag: \"7\""], body: #"{"id":"x"}"#))
    defer { server.stop() }
    let answer = try await client(server).send(
      APIRequest(
        "POST", "/api/v1/monitors", query: [("q", "a b&c=ü"), ("none", nil)],
        body: ["name": "shop"], ifMatch: "\"6\""))
    #expect(answer.status == 201)
    #expect(answer.etag == "\"7\"")
    #expect(answer.json["id"] == "x")
    let request = try #require(server.requests.first)
    #expect(request.line == "POST /api/v1/monitors?q=a%20b%26c%3D%C3%BC")
    #expect(request.header("authorization") == "Bearer \(Self.secret)")
    #expect(request.header("content-type") == "application/json")
    #expect(request.header("if-match") == "\"6\"")
    #expect(request.header("expect") == nil)
    #expect(request.header("idempotency-key")?.utf8.count == 32)
    #expect(request.body == #"{"name":"shop"}"#)
  }

  @Test func `no proxy is shown the key of a collector on this machine`() async throws {
    let server = try ScriptedServer(.init(body: "{}"))
    defer { server.stop() }
    let proxy = try ScriptedServer(.init(body: "{}"))
    defer { proxy.stop() }
    _ = try await client(server) { $0.proxy = proxy.address }.get("/api/v1/me")
    #expect(server.requests.count == 1)
    #expect(proxy.requests.isEmpty)
  }

  @Test func `what is put off is asked again, with the same key`() async throws {
    let server = try ScriptedServer(
      .init(status: 503, headers: ["Retry-After: 0"], body: #"{"title":"busy"}"#),
      .init(status: 429, headers: ["Retry-After: 0"], body: #"{"title":"slow"}"#),
      .init(body: #"{"id":"x"}"#))
    defer { server.stop() }
    let made = try await client(server).monitors.create(["name": "shop"])
    #expect(made.id == "x")
    #expect(server.requests.count == 3)
    #expect(Set(server.requests.map { $0.header("idempotency-key") }).count == 1)
    #expect(server.connections == 1)
  }

  @Test func `a write of unknown outcome is not repeated`() async throws {
    let server = try ScriptedServer(.init(status: 503, body: #"{"title":"unknown"}"#))
    defer { server.stop() }
    await #expect(throws: APIError.self) {
      try await client(server).monitors.create(["name": "shop"])
    }
    #expect(server.requests.count == 1)
  }

  @Test func `a problem is told whole`() async throws {
    let server = try ScriptedServer(
      .init(
        status: 422, headers: ["Content-Type: application/problem+json", "Retry-After: 7"],
        body: """
          {"type":"urn:upblit:problem:invalid-fields","title":"Wrong","status":422,
           "detail":"d","errors":[{"pointer":"/check/url","detail":"is no URL"}],"request_id":"r1"}
          """))
    defer { server.stop() }
    do throws(APIError) {
      _ = try await client(server).get("/api/v1/monitors")
      Issue.record("nothing was thrown")
    } catch {
      guard case .problem(let problem) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(problem.status == 422)
      #expect(problem.kind == "invalid-fields")
      #expect(problem.errors == [.init(pointer: "/check/url", detail: "is no URL")])
      #expect(problem.requestID == "r1")
      #expect(problem.retryAfterSeconds == 7)
      #expect("\(problem)" == "check/url: is no URL")
    }
  }

  @Test func `pages follow one another up to the limit`() async throws {
    let server = try ScriptedServer(
      .init(body: #"{"items":[{"id":"1"},{"id":"2"}],"next_cursor":"c1"}"#),
      .init(body: #"{"items":[],"next_cursor":"c2"}"#),
      .init(body: #"{"items":[{"id":"3"},{"id":"4"}],"next_cursor":null}"#))
    defer { server.stop() }
    var found: [String] = []
    for try await monitor in try client(server).monitors.list([("state", "up")], limit: 3) {
      found.append(monitor.id)
    }
    #expect(found == ["1", "2", "3"])
    #expect(
      server.requests.map(\.line) == [
        "GET /api/v1/monitors?state=up&limit=3",
        "GET /api/v1/monitors?state=up&limit=1&cursor=c1",
        "GET /api/v1/monitors?state=up&limit=1&cursor=c2",
      ])
  }

  @Test(
    arguments: [
      // the pages' cursors, and how many of them are read
      (["a", "a"], 2), (["a", "b", "a"], 3), (["a", "b", "c", "b"], 4),
    ])
  func `a list that leads back to a page is not taken for the whole`(
    cursors: [String], pages: Int
  ) async throws {
    let server = try ScriptedServer(
      answers: cursors.map { .init(body: #"{"items":[{"id":"1"}],"next_cursor":"\#($0)"}"#) })
    defer { server.stop() }
    let client = try client(server)
    await #expect(throws: APIError.endlessList(client.server, path: Monitor.path)) {
      try await client.monitors.list().all()
    }
    #expect(server.requests.count == pages)
  }

  @Test(
    arguments: [
      ScriptedServer.Answer(status: 200, body: "<html>"),
      ScriptedServer.Answer(status: 502, body: "bad gateway"),
      ScriptedServer.Answer(status: 302, headers: ["Location: http://127.0.0.1:1/"], body: ""),
    ])
  func `what answers and is no collector is told apart`(
    answer: ScriptedServer.Answer
  ) async throws {
    let server = try ScriptedServer(answer)
    defer { server.stop() }
    let client = try client(server)
    await #expect(throws: APIError.notACollector(client.server, status: answer.status)) {
      try await client.get("/api/v1/me")
    }
    #expect(server.requests.count == 1)
  }

  @Test func `a long answer, a slow one and a torn one are errors of their own`() async throws {
    let long = try ScriptedServer(.init(body: "\"" + String(repeating: "x", count: 5000) + "\""))
    defer { long.stop() }
    let reader = try client(long) { $0.answerLimit = 4096 }
    await #expect(throws: APIError.tooLong(reader.server, limit: 4096)) {
      try await reader.get("/x")
    }
    let stuck = try ScriptedServer(.init(isStuck: true))
    defer { stuck.stop() }
    let waiter = try client(stuck) { $0.timeoutMs = 200 }
    await #expect(throws: APIError.timedOut(waiter.server, milliseconds: 200)) {
      try await waiter.get("/x")
    }
    let torn = try ScriptedServer(.init(isSilent: true))
    defer { torn.stop() }
    do throws(APIError) {
      _ = try await client(torn).get("/x")
      Issue.record("nothing was thrown")
    } catch {
      guard case .unreachable = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `a cancelled request ends at once`() async throws {
    let server = try ScriptedServer(.init(isStuck: true))
    defer { server.stop() }
    let client = try client(server) { $0.timeoutMs = 600_000 }
    let task = Task { try await client.get("/x") }
    while server.requests.isEmpty { await Task.yield() }
    task.cancel()
    await #expect(throws: APIError.cancelled) { try await task.value }
    // One that is cancelled before it began is not sent.
    let early = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await client.get("/y")
    }
    await #expect(throws: APIError.cancelled) { try await early.value }
    #expect(server.requests.count == 1)
  }

  @Test(
    arguments: [
      APIRequest("GET", "api/v1/me"), APIRequest("GET", "/a b"), APIRequest("GET", "/a\r\nX: y"),
      APIRequest("get", "/a"), APIRequest("", "/a"), APIRequest("GET", "/a", ifMatch: "a\r\nb"),
      APIRequest("GET", "/a", ifMatch: ""),
      APIRequest("POST", "/a", idempotencyKey: "ü"),
    ])
  func `what HTTP can't carry is not sent`(request: APIRequest) async throws {
    let server = try ScriptedServer(.init())
    defer { server.stop() }
    do throws(APIError) {
      _ = try await client(server).send(request)
      Issue.record("nothing was thrown")
    } catch {
      guard case .unsendable = error else {
        Issue.record("\(error)")
        return
      }
    }
    #expect(server.requests.isEmpty)
  }

  @Test func `a key is neither sent in the clear nor shown`() throws {
    let credential = try #require(Credential(Self.secret))
    let far = try ServerAddress("http://upblit.example.org")
    #expect(throws: APIError.insecure(far)) {
      try APIClient(ClientConfiguration(server: far, credential: credential))
    }
    _ = try APIClient(ClientConfiguration(server: far))
    let near = ClientConfiguration(
      server: try ServerAddress("http://[::1]:8080"), credential: credential)
    var dumped = ""
    dump(near, to: &dumped)
    for text in [dumped, "\(near)", "\(credential)", String(reflecting: credential)] {
      #expect(!text.contains("abcdefgh"), "\(text)")
    }
  }

  @Test func `an observer is told of every attempt but of no secret`() async throws {
    let server = try ScriptedServer(
      .init(status: 503, body: #"{"title":"busy"}"#), .init(headers: ["X-Request-Id: r"]))
    defer { server.stop() }
    let told = Told()
    _ = try await client(server) { $0.observer = { told.add($0) } }.get("/x")
    let exchanges = told.all
    #expect(exchanges.map(\.attempt) == [1, 2])
    #expect(exchanges.map(\.status) == [503, 200])
    #expect(exchanges[1].answerHeaders.contains { $0.name == "x-request-id" && $0.value == "r" })
    #expect(exchanges[0].requestHeaders.first == "Authorization: Bearer ...")
    #expect(!"\(exchanges)".contains("abcdefgh"))
  }

  @Test(
    arguments: [
      ("https://a.example", "https://a.example"), ("https://a.example:443/", "https://a.example"),
      ("HTTPS://A.example:8443", "https://a.example:8443"), ("http://[::1]:80", "http://[::1]"),
      ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("ftp://a.example", nil),
      ("a.example", nil),
      ("https://a.example/path", nil), ("https://u@a.example", nil), ("https://a.example?q", nil),
      ("", nil), ("https://", nil),
    ] as [(String, String?)])
  func `an address is scheme, host and port`(text: String, origin: String?) {
    #expect((try? ServerAddress(text))?.origin == origin)
  }
}
