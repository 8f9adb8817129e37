import JSON
import Linux
import Synchronization
import TestSupport
import Testing

@testable import UpblitClient

/// Sessions as credentials.
struct SessionTests {
  /// Where a session is kept that another process may renew.
  private final class SharedStore: SessionStore {
    let tokens: Mutex<SessionTokens>
    /// What was stored, in order.
    let stored = Mutex<[String]>([])

    init(_ tokens: SessionTokens) { self.tokens = Mutex(tokens) }

    func exchange(
      _ renew: @Sendable (SessionTokens) async throws(APIError) -> SessionTokens
    ) async throws(APIError) -> SessionTokens {
      let next = try await renew(tokens.withLock { $0 })
      tokens.withLock { $0 = next }
      stored.withLock { $0.append(next.refresh) }
      return next
    }
  }

  private static func tokens(_ number: Int, secondsLeft: Int64) -> SessionTokens {
    SessionTokens(
      access: "access\(number)", refresh: "refresh\(number)",
      accessEndsMs: AgentClock.wallMs() + secondsLeft * 1000)
  }

  private static func answer(_ number: Int, status: Int = 201) -> ScriptedServer.Answer {
    .init(
      status: status,
      body: """
        {"access_token":"access\(number)","token_type":"Bearer","expires_in":600,
         "refresh_token":"refresh\(number)","session":{"id":"s"},"person":{"email":"a@b.c"}}
        """)
  }

  private func client(
    _ server: ScriptedServer, _ tokens: SessionTokens, store: (any SessionStore)? = nil
  ) throws(APIError) -> APIClient {
    try APIClient(
      ClientConfiguration(
        server: try ServerAddress(server.address),
        credential: .session(SessionCredential(tokens, store: store)), organization: "org-1",
        proxy: "", retries: .none))
  }

  @Test func `a fresh access token goes with every request, and the organization with it`()
    async throws
  {
    let server = try ScriptedServer(.init(body: "{}"))
    defer { server.stop() }
    _ = try await client(server, Self.tokens(1, secondsLeft: 100)).get("/api/v1/me")
    let request = try #require(server.requests.first)
    #expect(request.header("authorization") == "Bearer access1")
    #expect(request.header("upblit-organization") == "org-1")
    #expect(server.requests.count == 1)
  }

  @Test func `one that ends within a minute is renewed first, and stored before it is used`()
    async throws
  {
    let server = try ScriptedServer(Self.answer(2), .init(body: "{}"))
    defer { server.stop() }
    let store = SharedStore(Self.tokens(1, secondsLeft: 59))
    let client = try client(server, Self.tokens(1, secondsLeft: 59), store: store)
    _ = try await client.get("/api/v1/me")
    #expect(
      server.requests.map(\.line) == ["POST /api/v1/login/refresh", "GET /api/v1/me"])
    #expect(server.requests[0].body == #"{"refresh_token":"refresh1"}"#)
    #expect(server.requests[0].header("authorization") == nil)
    #expect(server.requests[1].header("authorization") == "Bearer access2")
    #expect(store.stored.withLock { $0 } == ["refresh2"])
  }

  @Test func `many requests at once renew it once`() async throws {
    let server = try ScriptedServer(Self.answer(2), .init(body: "{}"))
    defer { server.stop() }
    let client = try client(server, Self.tokens(1, secondsLeft: 0))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { _ = try await client.get("/api/v1/me") } }
      try await group.waitForAll()
    }
    let lines = server.requests.map(\.line)
    #expect(lines.filter { $0.hasPrefix("POST") }.count == 1)
    #expect(lines.count == 9)
  }

  @Test func `what another process renewed is taken over`() async throws {
    let server = try ScriptedServer(.init(body: "{}"))
    defer { server.stop() }
    let store = SharedStore(Self.tokens(7, secondsLeft: 600))
    _ = try await client(server, Self.tokens(1, secondsLeft: 0), store: store).get("/x")
    #expect(server.requests.map { $0.header("authorization") } == ["Bearer access7"])
  }

  @Test func `a token that the collector does not take is renewed once, then that is an error`()
    async throws
  {
    let refused = ScriptedServer.Answer(
      status: 401, body: #"{"type":"urn:upblit:problem:unauthenticated","title":"no"}"#)
    let server = try ScriptedServer(refused, Self.answer(2), .init(body: "{}"))
    defer { server.stop() }
    _ = try await client(server, Self.tokens(1, secondsLeft: 600)).get("/x")
    #expect(server.requests.map(\.line) == ["GET /x", "POST /api/v1/login/refresh", "GET /x"])
    let stubborn = try ScriptedServer(refused, Self.answer(2), refused)
    defer { stubborn.stop() }
    await #expect(throws: APIError.self) {
      try await client(stubborn, Self.tokens(1, secondsLeft: 600)).get("/x")
    }
    #expect(stubborn.requests.count == 3)
  }

  @Test func `a wrong password is no matter of the session`() async throws {
    let server = try ScriptedServer(
      .init(status: 401, body: #"{"type":"urn:upblit:problem:wrong-credentials","title":"no"}"#))
    defer { server.stop() }
    await #expect(throws: APIError.self) {
      try await client(server, Self.tokens(1, secondsLeft: 600)).changePassword(from: "a", to: "b")
    }
    #expect(server.requests.count == 1)
  }

  @Test func `a session that has ended says so, and what is stored stays`() async throws {
    let server = try ScriptedServer(
      .init(status: 401, body: #"{"type":"urn:upblit:problem:wrong-credentials","title":"no"}"#))
    defer { server.stop() }
    let store = SharedStore(Self.tokens(1, secondsLeft: 0))
    let client = try client(server, Self.tokens(1, secondsLeft: 0), store: store)
    await #expect(
      throws: APIError.session(client.server, reason: "it has ended, or was ended elsewhere")
    ) { try await client.get("/x") }
    #expect(store.stored.withLock { $0 }.isEmpty)
  }

  @Test func `a login has the tokens and who signed in, and shows no secret`() async throws {
    let server = try ScriptedServer(Self.answer(1))
    defer { server.stop() }
    let client = try APIClient(
      ClientConfiguration(server: try ServerAddress(server.address), proxy: ""))
    let signIn = try await client.signIn(email: "a@b.c", password: " p ", code: "123456")
    #expect(signIn.person.email == "a@b.c" && signIn.session.id == "s")
    #expect(signIn.tokens.refresh == "refresh1")
    #expect(
      try JSONValue(parsing: try #require(server.requests.first).body) == [
        "email": "a@b.c", "password": " p ", "code": "123456", "kind": "command",
      ])
    let credential = Credential.session(SessionCredential(signIn.tokens))
    var dumped = ""
    dump(credential, to: &dumped)
    dump(signIn, to: &dumped)
    for text in [dumped, "\(credential)", "\(signIn)", "\(signIn.tokens)"] {
      #expect(!text.contains("access1") && !text.contains("refresh1"), "\(text)")
    }
  }

  @Test(
    arguments: [
      #"{"access_token":null,"refresh_token":null,"expires_in":600}"#,
      #"{"access_token":"a\nX: y","refresh_token":"r","expires_in":600}"#,
      #"{"access_token":"a","refresh_token":"","expires_in":600}"#,
      #"{"access_token":"a","refresh_token":"r"}"#,
    ])
  func `an answer without tokens that can be sent is no login`(body: String) throws {
    #expect(SessionTokens(try JSONValue(parsing: body), nowMs: 0) == nil)
  }

  @Test func `a span that makes no sense is bounded`() throws {
    let json = try JSONValue(
      parsing: #"{"access_token":"a","refresh_token":"r","expires_in":9223372036854775807}"#)
    let tokens = try #require(SessionTokens(json, nowMs: 0))
    #expect(tokens.accessEndsMs == 86_400_000)
    #expect(tokens.isFresh(at: 86_339_999) && !tokens.isFresh(at: 86_340_000))
  }
}
