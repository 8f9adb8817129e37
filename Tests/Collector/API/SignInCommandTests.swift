import Glibc
import JSON
import TestSupport
import Testing

/// People who sign in from the command line, against answers as the contract has them.
struct SignInCommandTests {
  private static let config = ".config/upblit/config.yaml"
  private static let credentials = ".local/state/upblit/credentials"

  private static func login(_ number: Int, organizations: String = "[]") -> ScriptedServer.Answer {
    .init(
      status: 201,
      body: """
        {"access_token":"access\(number)","token_type":"Bearer","expires_in":600,
         "refresh_token":"refresh\(number)","session":{"id":"s1"},
         "person":{"id":"p1","email":"ann@example.org","name":"Ann","organizations":\(organizations)}}
        """)
  }

  private static let two =
    #"[{"id":"id-a","name":"acme","role":"owner"},{"id":"id-b","name":"beta","role":"viewer"}]"#

  private static func refusal(
    _ kind: String, _ title: String, _ status: Int = 401
  )
    -> ScriptedServer.Answer
  {
    .init(
      status: status, headers: ["Content-Type: application/problem+json"],
      body: #"{"type":"urn:upblit:problem:\#(kind)","title":"\#(title)"}"#)
  }

  /// A home that is signed in.
  private func signedIn(
    _ server: ScriptedServer, accessEndsMs: Int64 = .max
  ) throws
    -> TemporaryHome
  {
    let home = try TemporaryHome()
    try home.write(
      "current: a\ncontexts:\n  a: {server: \"\(server.address)\", organization_id: id-a}\n",
      to: Self.config)
    let login: JSONValue = [
      "context": "a", "server": .string(server.address), "person": "ann@example.org",
      "access_token": "access1", "access_ends_ms": .integer(accessEndsMs),
      "refresh_token": "refresh1",
    ]
    try home.write((["logins": [login]] as JSONValue).text, to: Self.credentials)
    chmod("\(home.path)/\(Self.credentials)", 0o600)
    return home
  }

  @Test
  func `on a terminal e-mail, password, code and organization are asked for, each where needed`()
    async throws
  {
    let server = try ScriptedServer { request in
      let body = try? JSONValue(parsing: request.body)
      switch body?["code"]?.stringValue {
      case nil: return Self.refusal("second-factor-required", "A code is needed")
      case "123456": return Self.login(1, organizations: Self.two)
      default: return Self.refusal("wrong-credentials", "That does not fit")
      }
    }
    defer { server.stop() }
    let home = try TemporaryHome()
    defer { home.remove() }
    let login = try RunningProgram(
      ["login", server.address], environment: ["HOME": home.path, "TERM": "dumb"], on: .terminal)
    try await login.until { $0.contains("E-mail address of your account at ") }
    login.send("ann@example.org\n")
    try await login.until { $0.contains("Password of ann@example.org: ") }
    #expect(!login.isEchoing)
    login.send(" pass word \n")
    try await login.until { $0.contains("or a recovery code: ") }
    login.send("000000\n")
    try await login.until { $0.contains("That does not fit") && $0.hasSuffix("recovery code: ") }
    login.send("123456\n")
    try await login.until { $0.contains("In which will you act? ") }
    login.send("beta\n")
    let outcome = await login.outcome()
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(
      outcome.output.contains(
        "Signed in to \(server.address) as ann@example.org, in organization beta as viewer."))
    #expect(!outcome.output.contains("pass word") && !outcome.output.contains("access1"))
    let bodies = try server.requests.map { try JSONValue(parsing: $0.body) }
    #expect(bodies.map { $0["code"]?.stringValue } == [nil, "000000", "123456"])
    #expect(bodies.allSatisfy { $0["password"] == " pass word " && $0["kind"] == "command" })
    #expect(home.mode(Self.credentials) == 0o600)
    let stored = try JSONValue(parsing: try #require(home.text(Self.credentials)))
    #expect(stored["logins"]?.elements.first?["refresh_token"] == "refresh1")
    #expect(home.text(Self.config)?.contains("organization_id: id-b\n") == true)
    #expect(home.text(Self.config)?.contains("refresh") == false)
  }

  @Test func `elsewhere the password comes from a file, and a wrong one says so once`() async throws
  {
    let server = try ScriptedServer(
      Self.refusal("wrong-credentials", "That does not fit"), Self.login(1))
    defer { server.stop() }
    let home = try TemporaryHome()
    defer { home.remove() }
    let login = [
      "login", server.address, "--email", "ann@example.org", "--password-file", "-",
    ]
    let wrong = try await home.run(login, input: "wrong\n")
    #expect(wrong.status == 4)
    #expect(wrong.errors == "upblit: That does not fit\n")
    #expect(home.mode(Self.credentials) == nil)
    let right = try await home.run(login, input: "right one\r\nmore")
    #expect(right.status == 0, "\(right.errors)")
    #expect(right.output.contains("You belong to no organization yet"))
    #expect(try JSONValue(parsing: server.requests[1].body)["password"] == "right one")
    let nobody = try await home.run(["login", server.address])
    #expect(nobody.status == 64 && nobody.errors.contains("--with-token"))
    #expect(server.requests.count == 2)
  }

  @Test func `many programs renew a session once, and store it before they use it`() async throws {
    let server = try ScriptedServer { request in
      if request.line == "POST /api/v1/login/refresh" { return Self.login(2) }
      guard request.header("authorization") == "Bearer access2" else {
        return Self.refusal("unauthenticated", "Unknown")
      }
      return .init(body: #"{"organization":{"name":"acme"},"scopes":[]}"#)
    }
    defer { server.stop() }
    let home = try signedIn(server, accessEndsMs: 0)
    defer { home.remove() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask {
          let outcome = try await home.run(["whoami"])
          #expect(outcome.status == 0, "\(outcome.errors)")
        }
      }
      try await group.waitForAll()
    }
    let refreshes = server.requests.filter { $0.line == "POST /api/v1/login/refresh" }
    #expect(refreshes.map(\.body) == [#"{"refresh_token":"refresh1"}"#])
    #expect(home.text(Self.credentials)?.contains("refresh2") == true)
    #expect(home.mode(Self.credentials) == 0o600)
    #expect(
      server.requests.filter { $0.line == "GET /api/v1/me" }
        .allSatisfy { $0.header("upblit-organization") == "id-a" })
  }

  @Test func `a session that has ended asks for a login`() async throws {
    let server = try ScriptedServer(Self.refusal("wrong-credentials", "Gone"))
    defer { server.stop() }
    let home = try signedIn(server, accessEndsMs: 0)
    defer { home.remove() }
    let outcome = try await home.run(["whoami"])
    #expect(outcome.status == 4)
    #expect(
      outcome.errors
        == "upblit: the session with \(server.address) can't go on: it has ended, or was ended "
        + "elsewhere; run `upblit login`\n")
  }

  @Test func `a logout ends the session at the collector, and here in any case`() async throws {
    let server = try ScriptedServer(.init(status: 204, body: ""))
    let home = try signedIn(server)
    defer { home.remove() }
    // A context that leads elsewhere by now does not keep it from ending where it was begun.
    try home.write(
      "current: a\ncontexts:\n  a: {server: \"http://127.0.0.1:1\"}\n", to: Self.config)
    let done = try await home.run(["logout"])
    #expect(done.status == 0, "\(done.errors)")
    #expect(server.requests.map(\.line) == ["POST /api/v1/logout"])
    #expect(server.requests.first?.header("authorization") == "Bearer access1")
    #expect(home.text(Self.credentials)?.contains("refresh1") == false)
    server.stop()
    let away = try signedIn(server)
    defer { away.remove() }
    let late = try await away.run(["logout"])
    #expect(late.status == 0)
    #expect(late.errors.contains("the session may go on at \(server.address)"), "\(late.errors)")
    #expect(away.text(Self.credentials)?.contains("refresh1") == false)
  }

  @Test func `another organization is chosen by its name, and acted in`() async throws {
    let server = try ScriptedServer { request in
      request.line == "GET /api/v1/account"
        ? .init(body: #"{"email":"ann@example.org","organizations":\#(Self.two)}"#)
        : .init(body: #"{"organization":{"name":"beta"},"role":"viewer","scopes":[]}"#)
    }
    defer { server.stop() }
    let home = try signedIn(server)
    defer { home.remove() }
    let wrong = try await home.run(["organization", "use", "bta"])
    #expect(wrong.status == 5 && wrong.errors.contains("did you mean \"beta\"?"))
    let chosen = try await home.run(["organization", "use", "beta"])
    #expect(chosen.errors == "Acting in beta as viewer.\n")
    let who = try await home.run(["whoami"])
    #expect(who.output.contains("role          viewer\n"), "\(who.output)")
    #expect(server.requests.last?.header("upblit-organization") == "id-b")
  }

  @Test func `a new password replaces the session that is stored`() async throws {
    let server = try ScriptedServer(Self.login(2))
    defer { server.stop() }
    let home = try signedIn(server)
    defer { home.remove() }
    try home.write("new one\n", to: "new")
    let outcome = try await home.run(
      ["account", "password", "--password-file", "-", "--new-password-file", home.path + "/new"],
      input: "old one\n")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      try JSONValue(parsing: server.requests[0].body)
        == ["password": "old one", "new_password": "new one"])
    #expect(home.text(Self.credentials)?.contains("refresh2") == true)
  }

  @Test func `a secret that is shown once stands alone on standard output`() async throws {
    let server = try ScriptedServer { request in
      request.line == "POST /api/v1/api-keys"
        ? .init(
          status: 201,
          body: #"{"id":"1b4e28ba-x","name":"ci","scopes":["monitors:read"],"secret":"upb_key_s"}"#)
        : .init(
          status: 201,
          body: #"{"id":"2","email":"bob@example.org","role":"editor","link":"https://u/i#s"}"#)
    }
    defer { server.stop() }
    let home = try signedIn(server)
    defer { home.remove() }
    let key = try await home.run([
      "key", "create", "ci", "--scope", "monitors:read", "--network", "192.0.2.0/24", "--expires",
      "2027-01-01T00:00:00Z",
    ])
    #expect(key.output == "upb_key_s\n")
    #expect(key.errors.contains("Made the key ci") && !key.errors.contains("upb_key_s"))
    #expect(
      try JSONValue(parsing: server.requests[0].body) == [
        "name": "ci", "scopes": ["monitors:read"], "expires_at": "2027-01-01T00:00:00Z",
        "networks": ["192.0.2.0/24"],
      ])
    let invitation = try await home.run([
      "user", "invite", "bob@example.org", "--role", "editor", "--lifetime", "2d",
    ])
    #expect(invitation.output == "https://u/i#s\n")
    #expect(
      try JSONValue(parsing: server.requests[1].body)
        == ["role": "editor", "email": "bob@example.org", "lifetime_s": 172_800])
  }

  @Test func `a second factor is added on a terminal, with recovery codes`() async throws {
    let server = try ScriptedServer { request in
      switch request.line {
      case "POST /api/v1/account/second-factor":
        .init(status: 201, body: #"{"secret":"JBSW","uri":"otpauth://totp/x"}"#)
      case "POST /api/v1/account/second-factor/confirm":
        request.body.contains("222222")
          ? .init(body: #"{"recovery_codes":["aa-bb","cc-dd"]}"#)
          : Self.refusal("invalid-fields", "The code does not fit", 422)
      default: .init(status: 500)
      }
    }
    defer { server.stop() }
    let home = try signedIn(server)
    defer { home.remove() }
    let enabling = try RunningProgram(
      ["account", "second-factor", "enable"], environment: ["HOME": home.path, "TERM": "dumb"],
      on: .terminal)
    try await enabling.until { $0.contains("Password: ") }
    enabling.send("secret\n")
    try await enabling.until { $0.contains("otpauth://totp/x") && $0.hasSuffix("it shows: ") }
    enabling.send("111111\n")
    try await enabling.until { $0.contains("does not fit") && $0.hasSuffix("it shows: ") }
    enabling.send("222222\n")
    let outcome = await enabling.outcome()
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.output.contains("aa-bb\r\ncc-dd\r\n"), "\(outcome.output)")
    #expect(!outcome.output.contains("secret\r\n"))
  }
}
