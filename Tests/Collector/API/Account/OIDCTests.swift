import JSON
import Postgres
import SignIn
import Store
import TestSupport
import Testing

@testable import API

/// A hostile provider and a collector that trusts it; they end with the process.
private enum HostileProvider {
  private static let task = Task<(TestAPI, IdentityProvider), any Error> {
    let provider = try await IdentityProvider.hostile()
    let (servers, continuation) = AsyncThrowingStream.makeStream(of: TestAPI.self)
    Task {
      do {
        try await TestAPI.with(configure: {
          $0.publicOrigin = "https://upblit.test"
          $0.oidc = OIDCSettings(
            name: "hostile", issuer: provider.issuer, clientID: "upblit", clientSecret: "sesame",
            trustsEmail: true)
        }) { api in
          try api.person("alice@example.org")
          continuation.yield(api)
          try await Task.sleep(for: .seconds(86_400))
        }
      } catch {
        continuation.finish(throwing: error)
      }
    }
    for try await api in servers { return (api, provider) }
    throw RawHTTP.Failure(reason: "the server did not start")
  }

  static func shared() async throws -> (TestAPI, IdentityProvider) { try await task.value }
}

/// Signing in at a real provider of identities, as a browser would.
@Suite(.serialized, .enabled(if: PythonTools.isThere, "deploy/test makes .build/python"))
struct OIDCTests {
  /// A browser on its way: the cookies of ours that it holds.
  private struct Browser {
    let api: TestAPI
    var cookies: [String: String] = [:]

    /// Goes to one of our addresses; gives the answer.
    mutating func go(
      _ path: String, from site: String = "cross-site", sending body: String? = nil
    ) async throws -> RawHTTP.Answer {
      let jar = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
      let answer = try await api.send(
        body == nil ? "GET" : "POST", path, body: body,
        headers: (jar.isEmpty ? [] : [("Cookie", jar)])
          + [("Sec-Fetch-Site", body == nil ? site : "same-origin")])
      for set in answer.cookies {
        let pair = set.prefix { $0 != ";" }.split(
          separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        cookies[String(pair[0])] = set.contains("Max-Age=0") ? nil : String(pair[1])
      }
      return answer
    }

    /// Signs in at the provider as `subject`; gives our answer to what comes back.
    mutating func signIn(
      _ subject: String, at provider: IdentityProvider
    ) async throws -> RawHTTP.Answer {
      let sent = try await go("/login/oidc", from: "same-origin")
      #expect(sent.status == 303, "\(sent.text)")
      return try await comeBack(
        from: provider, as: subject, #require(sent.headers["location"]))
    }

    /// Signs in at the provider, to which an address leads; gives our answer to what comes back.
    mutating func comeBack(
      from provider: IdentityProvider, as subject: String, _ address: String
    ) async throws -> RawHTTP.Answer {
      let back = try await provider.signIn(subject, at: address)
      #expect(back.hasPrefix("https://upblit.test/login/oidc/callback?"))
      return try await go(String(back.dropFirst("https://upblit.test".utf8.count)))
    }
  }

  private static let users: [JSONValue] = [
    ["sub": "alice", "email": "Alice@example.org", "email_verified": true, "name": "Alice"],
    ["sub": "unverified", "email": "alice@example.org", "email_verified": false],
    ["sub": "bob", "email": "bob@example.org", "email_verified": true],
    ["sub": "linked", "email": "elsewhere@example.net", "email_verified": true],
  ]

  private func with(
    trustsEmail: Bool, _ body: (TestAPI, IdentityProvider) async throws -> Void
  ) async throws {
    let provider = try await IdentityProvider(users: Self.users)
    try await TestAPI.with(configure: {
      $0.publicOrigin = "https://upblit.test"
      $0.oidc = OIDCSettings(
        name: "test", issuer: provider.issuer, clientID: "upblit", clientSecret: "sesame &+%",
        trustsEmail: trustsEmail)
    }) { try await body($0, provider) }
  }

  @Test func `a verified address lets its owner in, where the provider is trusted`() async throws {
    try await with(trustsEmail: true) { api, provider in
      try api.person("alice@example.org")
      let list = try await api.send("GET", "/api/v1/login/oidc")
      #expect(list.json["items"]?.elements.first?["name"] == "test")
      var browser = Browser(api: api)
      let answer = try await browser.signIn("alice", at: provider)
      #expect(answer.status == 303 && answer.headers["location"] == "/", "\(answer.text)")
      let me = try await browser.go("/api/v1/me")
      #expect(me.json["person"]?["email"] == "alice@example.org", "\(me.text)")
      // Whoever says that they are she, and whom nobody has verified; and who is nobody here.
      for subject in ["unverified", "bob"] {
        var other = Browser(api: api)
        expectProblem(
          try await other.signIn(subject, at: provider), 401, "wrong-credentials")
        #expect(other.cookies["__Host-upblit"] == nil)
      }
      // Then the identity counts, and the address no more.
      try api.database.connect().execute("UPDATE person SET email = 'x@y', email_key = 'x@y'")
      var again = Browser(api: api)
      #expect(try await again.signIn("alice", at: provider).status == 303)
    }
  }

  @Test func `an address lets nobody in where the provider is not trusted with it`() async throws {
    try await with(trustsEmail: false) { api, provider in
      try api.person("alice@example.org")
      var browser = Browser(api: api)
      expectProblem(
        try await browser.signIn("alice", at: provider), 401, "wrong-credentials")
      // Who signs in otherwise links the identity.
      let login = try await api.logIn("alice@example.org", kind: "browser")
      let cookie = try #require(login.cookies.first?.prefix { $0 != ";" })
      var owner = Browser(
        api: api, cookies: ["__Host-upblit": String(cookie.dropFirst("__Host-upblit=".count))])
      // Who shows no password adds no way in of their own.
      let path = "/api/v1/account/identities"
      for wrong in [#"{"password":"not it"}"#, "{}"] {
        #expect(try await [401, 422].contains(owner.go(path, sending: wrong).status))
      }
      let begun = try await owner.go(path, sending: #"{"password":"\#(TestAPI.password)"}"#)
      #expect(begun.status == 200, "\(begun.text)")
      let linked = try await owner.comeBack(
        from: provider, as: "linked", #require(begun.json["url"]?.stringValue))
      #expect(linked.status == 303, "\(linked.text)")
      var later = Browser(api: api)
      #expect(try await later.signIn("linked", at: provider).status == 303)
      let me = try await later.go("/api/v1/me")
      #expect(me.json["person"]?["email"] == "alice@example.org")
      // It is listed, and can be taken away.
      let identity = try #require(try await owner.go(path).json["items"]?.elements.first)
      #expect(identity["subject"] == "linked" && identity["issuer"] == .string(provider.issuer))
      let id = try #require(identity["id"]?.stringValue)
      let proof = #"{"password":"\#(TestAPI.password)"}"#
      #expect(try await owner.go("\(path)/\(id)/remove", sending: proof).status == 204)
      #expect(try await owner.go("\(path)/\(id)/remove", sending: proof).status == 404)
      var gone = Browser(api: api)
      expectProblem(try await gone.signIn("linked", at: provider), 401, "wrong-credentials")
    }
  }

  @Test func `an answer that does not belong to this browser's question is refused`() async throws {
    try await with(trustsEmail: true) { api, provider in
      try api.person("alice@example.org")
      var browser = Browser(api: api)
      let sent = try await browser.go("/login/oidc")
      let address = try #require(sent.headers["location"])
      for part in [
        "response_type=code", "code_challenge_method=S256", "code_challenge=", "nonce=", "state=",
        "scope=openid%20email%20profile",
        "redirect_uri=https%3A%2F%2Fupblit.test%2Flogin%2Foidc%2Fcallback",
      ] { #expect(address.contains(part), "\(address)") }
      let back = try await provider.signIn("alice", at: address)
      let path = String(back.dropFirst("https://upblit.test".utf8.count))
      // The victim of a link that carries the attacker's code has no trip, or another one.
      var stranger = Browser(api: api)
      expectProblem(try await stranger.go(path), 401, "wrong-credentials")
      _ = try await stranger.go("/login/oidc")
      expectProblem(try await stranger.go(path), 401, "wrong-credentials")
      for broken in [
        "/login/oidc/callback", "/login/oidc/callback?error=access_denied&state=x",
        path.replacing("code=", with: "code=x"),
      ] {
        var copy = browser
        expectProblem(try await copy.go(broken), 401, "wrong-credentials")
      }
      // Codes work once.
      #expect(try await browser.go(path).status == 303)
    }
  }

  @Test(arguments: [
    ("right", 303), ("curve", 303), ("audience-list", 303), ("issuer", 503), ("audience", 503),
    ("audience-party", 503), ("audience-nobody", 503), ("expired", 401), ("nonce", 401),
    ("no-nonce", 401), ("nobody", 503), ("key", 503), ("kid", 503), ("none", 503), ("shared", 503),
    ("confused", 503), ("garbage", 503), ("long", 503), ("no-token", 503),
  ])
  func `an identity token is believed only where it is whole`(
    flaw: String, status: Int
  )
    async throws
  {
    let (api, provider) = try await HostileProvider.shared()
    var browser = Browser(api: api)
    let sent = try await browser.go("/login/oidc")
    let address = try #require(sent.headers["location"])
    func parameter(_ name: String) throws -> String {
      let pair = try #require(
        address.split { $0 == "?" || $0 == "&" }.first { $0.hasPrefix("\(name)=") })
      return String(pair.dropFirst(name.utf8.count + 1))
    }
    // One at a time: the provider knows one nonce.
    _ = try await provider.get("/begin?nonce=\(parameter("nonce"))")
    let answer = try await browser.go(
      "/login/oidc/callback?code=\(flaw)&state=\(parameter("state"))&iss=x&session_state=y")
    #expect(answer.status == status, "\(flaw): \(answer.text)")
    #expect((browser.cookies["__Host-upblit"] != nil) == (status == 303))
  }

  @Test func `a provider that is away is told so`() async throws {
    try await TestAPI.with(configure: {
      $0.publicOrigin = "https://upblit.test"
      $0.oidc = OIDCSettings(
        name: "gone", issuer: "http://127.0.0.1:9", clientID: "a", clientSecret: "b",
        trustsEmail: false)
    }) { api in
      expectProblem(try await api.send("GET", "/login/oidc"), 503, "unavailable")
    }
  }
}
