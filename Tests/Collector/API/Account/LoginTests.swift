import HTTPTypes
import JSON
import Model
import OpenSSL
import Postgres
import Signing
import Store
import TestSupport
import Testing

@testable import API

/// Signing in, going on, and ending, over HTTP.
struct LoginTests {
  @Test func `who signs in acts in their organization, as their role says`() async throws {
    let api = try await SharedAPI.shared()
    let email = "login-\(UInt32.random(in: 0 ... .max))@example.org"
    try api.person(email, in: [("login", .viewer)])
    let login = try await api.logIn(email)
    #expect(login.headers["cache-control"] == "no-store")
    #expect(login.headers["set-cookie"] == nil)
    let token = try #require(login.json["access_token"]?.stringValue)
    let me = try await api.send("GET", "/api/v1/me", key: token)
    #expect(me.status == 200, "\(me.text)")
    #expect(me.json["person"]?["email"] == .string(email))
    #expect(me.json["role"] == "viewer" && me.json["key"] == .null)
    #expect(me.json["organization"]?["name"] == "login")
    #expect(try await api.send("GET", "/api/v1/monitors", key: token).status == 200)
    let refused = try await api.send(
      "POST", "/api/v1/monitors", key: token,
      body: #"{"name":"x","check":{"kind":"http","url":"https://example.org/"}}"#)
    expectProblem(refused, 403, "insufficient-scope")
    let account = try await api.send("GET", "/api/v1/account", key: token)
    #expect(account.json["organizations"]?.elements.count == 1)
  }

  @Test func `a wrong password and an unknown person get the same answer`() async throws {
    let api = try await SharedAPI.shared()
    let email = "wrong-\(UInt32.random(in: 0 ... .max))@example.org"
    try api.person(email)
    for (email, password) in [(email, "not that one at all"), ("nobody@example.org", "x")] {
      let answer = try await api.send(
        "POST", "/api/v1/login",
        body: #"{"email":"\#(email)","password":"\#(password)"}"#)
      expectProblem(answer, 401, "wrong-credentials")
      #expect(answer.json["detail"] == "The e-mail address or the password is wrong.")
    }
  }

  @Test func `tries are counted, and refused before they cost anything`() async throws {
    try await TestAPI.with { api in
      try api.person("busy@example.org")
      var statuses: [Int] = []
      for _ in 0..<12 {
        let answer = try await api.send(
          "POST", "/api/v1/login", body: #"{"email":"busy@example.org","password":"wrong wrong"}"#)
        statuses.append(answer.status)
        if answer.status == 429 { #expect(answer.headers["retry-after"] != nil) }
      }
      #expect(statuses.prefix(10).allSatisfy { $0 == 401 } && statuses.last == 429)
    }
  }

  @Test func `a refresh token works once, and its reuse ends the session`() async throws {
    try await TestAPI.with { api in
      try api.person("refresh@example.org")
      let login = try await api.logIn("refresh@example.org")
      let first = try #require(login.json["refresh_token"]?.stringValue)
      func refresh(_ token: String) async throws -> RawHTTP.Answer {
        try await api.send(
          "POST", "/api/v1/login/refresh", body: #"{"refresh_token":"\#(token)"}"#)
      }
      let second = try #require(try await refresh(first).json["refresh_token"]?.stringValue)
      #expect(second != first)
      let answer = try await refresh(second)
      let third = try #require(answer.json["refresh_token"]?.stringValue)
      let access = try #require(answer.json["access_token"]?.stringValue)
      #expect(try await api.send("GET", "/api/v1/account", key: access).status == 200)
      expectProblem(try await refresh(first), 401, "wrong-credentials")
      expectProblem(try await refresh(third), 401, "wrong-credentials")
      // Its access token does not outlive it.
      expectProblem(
        try await api.send("GET", "/api/v1/account", key: access), 401, "unauthenticated")
    }
  }

  @Test func `an access token is of one form, of one key, and of this installation`() async throws {
    let api = try await SharedAPI.shared()
    let email = "token-\(UInt32.random(in: 0 ... .max))@example.org"
    try api.person(email)
    let token = try await api.token(email)
    let parts = token.split(separator: ".").map(String.init)
    #expect(parts.count == 3)
    let header = try JSONValue(parsing: #require(Base64.decode(parts[0], .urlWithoutPadding)))
    #expect(header["alg"] == "ES256" && header["typ"] == "at+jwt")
    let keys = try await api.send("GET", "/.well-known/jwks.json")
    #expect(keys.json["keys"]?.elements.first?["kid"] == header["kid"])
    let claims = try #require(Base64.decode(parts[1], .urlWithoutPadding))
    func encoded(_ text: String) -> String {
      Base64.encode(Array(text.utf8), .urlWithoutPadding)
    }
    let none = encoded(#"{"alg":"none","typ":"at+jwt","kid":\#(header["kid"]?.text ?? "")}"#)
    let shared = encoded(#"{"alg":"HS256","typ":"at+jwt","kid":\#(header["kid"]?.text ?? "")}"#)
    let otherKind = encoded(#"{"alg":"ES256","typ":"JWT","kid":\#(header["kid"]?.text ?? "")}"#)
    let stranger = encoded(#"{"alg":"ES256","typ":"at+jwt","kid":"0000000000000000"}"#)
    var changed = claims
    changed[changed.count / 2] ^= 1
    for forged in [
      "\(none).\(parts[1]).", "\(none).\(parts[1]).\(parts[2])",
      "\(shared).\(parts[1]).\(parts[2])", "\(otherKind).\(parts[1]).\(parts[2])",
      "\(stranger).\(parts[1]).\(parts[2])",
      "\(parts[0]).\(Base64.encode(changed, .urlWithoutPadding)).\(parts[2])",
      "\(parts[0]).\(parts[1])", "\(token).x", "a.b.c", String(repeating: "a", count: 5000),
    ] {
      expectProblem(
        try await api.send("GET", "/api/v1/me", key: forged), 401, "unauthenticated")
    }
  }

  @Test func `a browser gets a cookie, and changes nothing from elsewhere`() async throws {
    let api = try await SharedAPI.shared()
    let email = "browser-\(UInt32.random(in: 0 ... .max))@example.org"
    try api.person(email)
    let login = try await api.logIn(email, kind: "browser")
    #expect(login.json["access_token"] == .null && login.json["refresh_token"] == .null)
    let header = try #require(login.headers["set-cookie"])
    for part in ["__Host-upblit=upb_rt_", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
      #expect(header.contains(part), "\(header)")
    }
    let cookie = ("Cookie", String(header.prefix { $0 != ";" }))
    #expect(try await api.send("GET", "/api/v1/me", headers: [cookie]).status == 200)
    let body = #"{"name":"x","check":{"kind":"http","url":"https://example.org/"}}"#
    for (headers, status) in [
      ([], 403), ([("Sec-Fetch-Site", "cross-site")], 403),
      ([("Sec-Fetch-Site", "same-site")], 403),
      ([("Origin", "https://evil.example")], 403), ([("Sec-Fetch-Site", "same-origin")], 201),
      ([("Origin", "http://test")], 201),
    ] as [([(String, String)], Int)] {
      let answer = try await api.send(
        "POST", "/api/v1/monitors", body: body, headers: [cookie] + headers)
      #expect(answer.status == status, "\(headers): \(answer.text)")
    }
    // Its token is no program's, and stays what it is.
    let token = cookie.1.dropFirst("__Host-upblit=".utf8.count)
    expectProblem(
      try await api.send(
        "POST", "/api/v1/login/refresh", body: #"{"refresh_token":"\#(token)"}"#), 401,
      "wrong-credentials")
    #expect(try await api.send("GET", "/api/v1/me", headers: [cookie]).status == 200)
    let out = try await api.send(
      "POST", "/api/v1/logout", headers: [cookie, ("Sec-Fetch-Site", "same-origin")])
    #expect(out.status == 204)
    #expect(out.headers["set-cookie"]?.contains("Max-Age=0") == true)
    #expect(try await api.send("GET", "/api/v1/me", headers: [cookie]).status == 401)
  }

  @Test func `a page of another site can't sign anybody in`() async throws {
    let api = try await SharedAPI.shared()
    let answer = try await api.send(
      "POST", "/api/v1/login", body: #"{"email":"a@example.org","password":"x"}"#,
      headers: [("Sec-Fetch-Site", "cross-site")])
    expectProblem(answer, 403, "cross-site")
  }

  @Test func `with a second factor a password alone lets nobody in`() async throws {
    try await TestAPI.with { api in
      try api.person("totp@example.org")
      let token = try await api.token("totp@example.org")
      let proof = #"{"password":"\#(TestAPI.password)"}"#
      let other = try await api.token("totp@example.org")
      let drawn = try await api.send(
        "POST", "/api/v1/account/second-factor", key: token, body: proof)
      #expect(drawn.status == 200, "\(drawn.text)")
      let uri = try #require(drawn.json["uri"]?.stringValue)
      #expect(uri.hasPrefix("otpauth://totp/Upblit:totp%40example.org?secret="))
      let typed = try #require(drawn.json["secret"]?.stringValue)
      let totp = try #require(TOTP(text: typed))
      let now = TOTP.step(atSeconds: Timestamp.now().microseconds / 1_000_000)
      expectProblem(
        try await api.send(
          "POST", "/api/v1/account/second-factor/confirm", key: token, body: #"{"code":"000000"}"#),
        401, "wrong-credentials")
      let confirmed = try await api.send(
        "POST", "/api/v1/account/second-factor/confirm", key: token,
        body: #"{"code":"\#(totp.code(atStep: now))"}"#)
      #expect(confirmed.status == 200, "\(confirmed.text)")
      let codes = confirmed.json["recovery_codes"]?.elements.compactMap(\.stringValue) ?? []
      #expect(codes.count == 10)
      #expect(try await api.send("GET", "/api/v1/account", key: other).status == 401)

      // Whoever has the password alone does not replace it.
      expectProblem(
        try await api.send("POST", "/api/v1/account/second-factor", key: token, body: proof), 401,
        "second-factor-required")
      let credentials = #"{"email":"totp@example.org","password":"\#(TestAPI.password)"}"#
      expectProblem(
        try await api.send("POST", "/api/v1/login", body: credentials), 401,
        "second-factor-required")
      // The code that confirmed it was used.
      let used = try await api.send(
        "POST", "/api/v1/login",
        body: String(credentials.dropLast()) + #","code":"\#(try totp.code(atStep: now))"}"#)
      expectProblem(used, 401, "wrong-credentials")
      _ = try await api.logIn("totp@example.org", code: totp.code(atStep: now + 1))
      _ = try await api.logIn("totp@example.org", code: codes[3])
      let again = try await api.send(
        "POST", "/api/v1/login",
        body: String(credentials.dropLast()) + #","code":"\#(codes[3])"}"#)
      expectProblem(again, 401, "wrong-credentials")
    }
  }

  @Test func `a new password ends every session and begins one`() async throws {
    let api = try await SharedAPI.shared()
    let email = "change-\(UInt32.random(in: 0 ... .max))@example.org"
    try api.person(email)
    let (token, other) = (try await api.token(email), try await api.token(email))
    for (password, wished, status) in [
      ("wrong wrong wrong", "another horse battery", 401), (TestAPI.password, "short", 422),
      (TestAPI.password, "another horse battery", 201),
    ] {
      let answer = try await api.send(
        "POST", "/api/v1/account/password", key: token,
        body: #"{"password":"\#(password)","new_password":"\#(wished)"}"#)
      #expect(answer.status == status, "\(answer.text)")
      if status == 201 {
        let new = try #require(answer.json["access_token"]?.stringValue)
        #expect(try await api.send("GET", "/api/v1/account", key: new).status == 200)
      }
    }
    for old in [token, other] {
      #expect(try await api.send("GET", "/api/v1/account", key: old).status == 401)
    }
  }

  @Test func `sessions are listed and ended one by one`() async throws {
    let api = try await SharedAPI.shared()
    let email = "sessions-\(UInt32.random(in: 0 ... .max))@example.org"
    try api.person(email)
    let (token, other) = (try await api.token(email), try await api.token(email))
    let list = try await api.send("GET", "/api/v1/sessions", key: token)
    let sessions = list.json["items"]?.elements ?? []
    #expect(sessions.count == 2 && sessions.count { $0["current"] == true } == 1)
    let first = try await api.send("GET", "/api/v1/sessions?limit=1", key: token)
    let cursor = try #require(first.json["next_cursor"]?.stringValue)
    let rest = try await api.send("GET", "/api/v1/sessions?limit=1&cursor=\(cursor)", key: token)
    #expect(
      (first.json["items"]?.elements ?? []) + (rest.json["items"]?.elements ?? []) == sessions)
    #expect(rest.json["next_cursor"] == .null)
    let id = try #require(sessions.first { $0["current"] == false }?["id"]?.stringValue)
    for _ in 0..<2 {
      #expect(try await api.send("DELETE", "/api/v1/sessions/\(id)", key: token).status == 204)
    }
    #expect(try await api.send("GET", "/api/v1/account", key: other).status == 401)
    // Another's are not there.
    let stranger = "stranger-\(UInt32.random(in: 0 ... .max))@example.org"
    try api.person(stranger)
    let answer = try await api.send(
      "DELETE", "/api/v1/sessions/\(id)", key: try await api.token(stranger))
    expectProblem(answer, 404, "not-found")
  }

  @Test func `who belongs to several organizations says in which one they act`() async throws {
    let api = try await SharedAPI.shared()
    let email = "several-\(UInt32.random(in: 0 ... .max))@example.org"
    try api.person(email, in: [("first", .owner), ("second", .viewer)])
    let token = try await api.token(email)
    expectProblem(try await api.send("GET", "/api/v1/me", key: token), 400, "bad-request")
    let account = try await api.send("GET", "/api/v1/account", key: token)
    for organization in account.json["organizations"]?.elements ?? [] {
      let me = try await api.send(
        "GET", "/api/v1/me", key: token,
        headers: [("Upblit-Organization", organization["id"]?.stringValue ?? "")])
      #expect(me.json["organization"]?["name"] == organization["name"])
      #expect(me.json["role"] == organization["role"])
    }
    let key = try api.key(organization: "third")
    let third = try await api.send("GET", "/api/v1/me", key: key)
    let id = try #require(third.json["organization"]?["id"]?.stringValue)
    for name in [id, "00000000-0000-0000-0000-000000000000", "first", ""] {
      let answer = try await api.send(
        "GET", "/api/v1/me", key: token, headers: [("Upblit-Organization", name)])
      expectProblem(answer, 404, "not-found")
    }
    // A key acts in its own alone.
    let first = account.json["organizations"]?.elements.first?["id"]?.stringValue ?? ""
    expectProblem(
      try await api.send(
        "GET", "/api/v1/me", key: key, headers: [("Upblit-Organization", first)]), 404,
      "not-found")
  }

  @Test func `the first person is made once, with the secret of the log`() async throws {
    try await TestAPI.with { api in
      let link = try SetupLinks.make(on: api.database.connect())
      let secret = try #require(link).text
      func body(_ secret: String, password: String = TestAPI.password) -> String {
        #"{"secret":"\#(secret)","email":"first@example.org","name":"First","#
          + #""password":"\#(password)","organization":"main"}"#
      }
      expectProblem(
        try await api.send("POST", "/api/v1/setup", body: body(SetupSecret.random().text)), 409,
        "conflict")
      expectProblem(
        try await api.send("POST", "/api/v1/setup", body: body(secret, password: "short")), 422,
        "invalid-fields")
      let made = try await api.send("POST", "/api/v1/setup", body: body(secret))
      #expect(made.status == 201, "\(made.text)")
      #expect(made.json["person"]?["is_operator"] == true)
      let token = try #require(made.json["access_token"]?.stringValue)
      let me = try await api.send("GET", "/api/v1/me", key: token)
      #expect(me.json["role"] == "owner" && me.json["organization"]?["name"] == "main")
      expectProblem(
        try await api.send("POST", "/api/v1/setup", body: body(secret)), 409, "conflict")
    }
  }

  @Test func `a key can't do what only a person may`() async throws {
    let api = try await SharedAPI.shared()
    let key = try api.key()
    for route in APIServer.routes where route.access == .person && !route.takesBody {
      let path =
        route.path.description.split(separator: "{").count > 1
        ? "/api/v1/sessions/\(LoginSessionID.random())" : route.path.description
      let answer = try await api.send(route.method.rawValue, path, key: key)
      expectProblem(answer, 403, "not-allowed")
    }
  }
}
