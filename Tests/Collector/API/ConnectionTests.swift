import Linux
import Store
import Testing

@testable import API

/// What a connection may do with its place.
struct ConnectionTests {
  @Test func `a connection that says nothing gives its place to another`() async throws {
    try await TestAPI.with(configure: {
      $0.maxConnections = 1
      $0.patience.greeting = .milliseconds(200)
    }) { api in
      let silent = try RawConnection(port: api.port)
      #expect(try await api.send("GET", "/healthz").status == 200)
      withExtendedLifetime(silent) {}
      // Half of a head is as little.
      let slow = try RawConnection(port: api.port)
      slow.send(Array("GET /healthz HTTP/1.1\r\nHost: a\r\nX: ".utf8))
      #expect(try await api.send("GET", "/healthz").status == 200)
      withExtendedLifetime(slow) {}
    }
  }

  @Test func `a reader that takes nothing gives its place to another`() async throws {
    try await TestAPI.with(configure: {
      $0.maxConnections = 1
      $0.patience.reading = .milliseconds(300)
    }) { api in
      let reader = try RawConnection(port: api.port, receiveBuffer: 4096)
      let request = "GET /docs HTTP/1.1\r\nHost: a\r\n\r\n"
      reader.send(Array(String(repeating: request, count: 200).utf8))
      #expect(try await api.send("GET", "/healthz").status == 200)
      withExtendedLifetime(reader) {}
    }
  }

  @Test func `a body that nobody reads is not drained for ever`() async throws {
    try await TestAPI.with(configure: {
      $0.patience.rest = .milliseconds(50)
      $0.rate = RatePolicy(requests: 2, seconds: 600)
    }) { api in
      let spent = try api.key()
      for _ in 0..<2 { _ = try await api.send("GET", "/api/v1/me", key: spent) }
      let weak = try api.key(scopes: [.monitorsRead])
      let cases: [(String, String, String, Int)] = [
        ("POST", "/api/v1/monitors", "", 401), ("POST", "/api/v1/monitors", weak, 403),
        ("POST", "/nothing", "", 404), ("PUT", "/api/v1/monitors", "", 405),
        ("POST", "/api/v1/monitors", try api.key() + "\r\nAccept: text/html", 406),
        ("POST", "/api/v1/monitors", spent, 429), ("OPTIONS", "/api/v1/monitors", "", 204),
        ("GET", "/healthz", "", 400),
      ]
      for (method, path, key, status) in cases {
        for length in ["Transfer-Encoding: chunked", "Content-Length: 9000000000000000000"] {
          let head = """
            \(method) \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(key)\r\n\(length)\r\n\r\n
            """
          let isEnded = try await Self.onThread {
            let connection = try RawConnection(port: api.port)
            connection.send(Array(head.utf8))
            let answer = try connection.readAnswer()
            #expect(answer.status == status, "\(head)")
            #expect(answer.headers["connection"] == "close", "\(head)")
            let chunk = "1000\r\n" + String(repeating: " ", count: 0x1000) + "\r\n"
            return connection.isEnded(sending: Array(chunk.utf8))
          }
          #expect(isEnded, "\(head)")
        }
      }
    }
  }

  @Test func `a request that was refused without a body leaves the connection open`() async throws {
    let api = try await SharedAPI.shared()
    let connection = try RawConnection(port: api.port)
    for path in ["/nothing", "/api/v1/me", "/nothing"] {
      connection.send(Array("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
      let answer = try connection.readAnswer()
      #expect(answer.status == (path == "/nothing" ? 404 : 401))
      #expect(answer.headers["connection"] == nil)
    }
  }

  private static func onThread(
    _ body: @escaping @Sendable () throws -> Bool
  ) async throws -> Bool {
    try await withCheckedThrowingContinuation { continuation in
      do {
        _ = try DedicatedThread(name: "connection") {
          continuation.resume(with: Result { try body() })
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  @Test func `one host takes a share of the connections, and no more`() async throws {
    try await TestAPI.with(configure: {
      $0.connectionsOfOne = 3
      $0.countsLoopback = true
    }) { api in
      var held = try (0..<3).map { _ in try RawConnection(port: api.port) }
      let request = Array("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
      for connection in held {
        connection.send(request)
        #expect(try connection.readAnswer().status == 200)
      }
      let another = try RawConnection(port: api.port)
      another.send(request)
      #expect(throws: RawHTTP.Failure.self) { try another.readAnswer() }
      // The place of one that ends is free again.
      held.removeLast()
      var status = 0
      for _ in 0..<200 where status == 0 {
        status = (try? await RawHTTP.send(request, port: api.port).status) ?? 0
      }
      #expect(status == 200)
    }
  }
}
