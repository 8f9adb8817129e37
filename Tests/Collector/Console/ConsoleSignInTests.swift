import API
import ConsoleServer
import Store
import TestSupport
import Testing

/// Signing in and out in a browser, and what every page has.
struct ConsoleSignInTests {
  @Test func `whoever signs in sees the overview, and out is out`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("in@example.org", in: [("console-in", .owner)])
      var browser = Browser(api)
      let first = try await browser.get("/")
      #expect(first.status == 303 && first.headers["location"] == "/sign-in")
      let form = try await browser.get("/sign-in?next=/monitors")
      #expect(form.status == 200 && form.text.contains(#"name="next" value="/monitors""#))
      let signedIn = try await browser.post(
        "/sign-in",
        ["email": "in@example.org", "password": TestAPI.password, "next": "/monitors"])
      #expect(signedIn.status == 303 && signedIn.headers["location"] == "/monitors")
      let cookie = try #require(signedIn.cookies.first)
      for part in ["__Host-upblit=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        #expect(cookie.contains(part), "\(cookie)")
      }
      let overview = try await browser.get("/")
      #expect(overview.status == 200 && overview.text.contains("Nothing is watched yet"))
      #expect(overview.text.contains("console-in"))
      let out = try await browser.post("/sign-out", [:])
      #expect(out.status == 303 && browser.cookies.isEmpty)
      #expect(try await browser.get("/").status == 303)
    }
  }

  @Test func `a wrong password is one sentence, and what was typed stays`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("wrong-form@example.org")
      var browser = Browser(api)
      for password in ["not that one", ""] {
        let answer = try await browser.post(
          "/sign-in", ["email": "wrong-form@example.org", "password": password])
        #expect(answer.status >= 400 && browser.cookies.isEmpty)
        #expect(answer.text.contains("The e-mail address or the password is wrong."))
        #expect(answer.text.contains(#"value="wrong-form@example.org""#))
        #expect(password.isEmpty || !answer.text.contains(password))
      }
    }
  }

  @Test(arguments: [
    ("//evil.example/", "/"), ("https://evil.example/", "/"), ("/\\evil.example", "/"),
    ("/monitors/../..//evil.example", "/"), ("/api/v1/logout", "/"), ("/monitors\r\nx: y", "/"),
    ("/monitors/new", "/monitors/new"),
  ])
  func `nobody is sent elsewhere after signing in`(next: String, place: String) async throws {
    try await TestAPI.withConsole { api in
      let email = "next-\(UInt32.random(in: 0 ... .max))@example.org"
      try api.person(email)
      var browser = Browser(api)
      let answer = try await browser.post(
        "/sign-in", ["email": email, "password": TestAPI.password, "next": next])
      #expect(answer.status == 303 && answer.headers["location"] == place)
    }
  }

  @Test func `a form of another site changes nothing`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("forged@example.org")
      var browser = try await Browser(api, as: "forged@example.org")
      for path in ["/sign-in", "/sign-out", "/setup", "/organization", "/monitors/new"] {
        for (site, origin) in [
          ("cross-site", nil), ("same-site", nil), (nil, "https://evil.example"), (nil, "null"),
          (nil, nil),
        ] as [(String?, String?)] {
          let answer = try await browser.post(path, ["name": "x"], site: site, origin: origin)
          #expect(answer.status == 403 && answer.cookies.isEmpty, "\(path) \(answer.text)")
        }
      }
      #expect(try await browser.get("/").status == 200)
      #expect(
        try await browser.post("/organization", [:], site: nil, origin: "http://test").status == 303
      )
    }
  }

  @Test func `every page forbids frames, scripts of others and being stored`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("heads@example.org")
      var browser = try await Browser(api, as: "heads@example.org")
      for path in ["/", "/sign-in", "/setup", "/join", "/monitors", "/monitors/nothing"] {
        let answer = try await browser.get(path)
        let policy = answer.headers["content-security-policy"] ?? ""
        #expect(policy.hasPrefix("default-src 'none'"), "\(path)")
        #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"))
        #expect(answer.headers["cache-control"] == "no-store")
        #expect(answer.headers["referrer-policy"] == "same-origin")
        #expect(answer.headers["x-content-type-options"] == "nosniff")
        #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
        for inline in ["<style", " style=", "javascript:", " onclick="] {
          #expect(!answer.text.contains(inline))
        }
        for file in answer.text.matches(of: /(?:src|href)="(\/console-assets\/[^"]+)"/) {
          let asset = try await browser.get(String(file.output.1))
          #expect(
            asset.status == 200 && asset.headers["cache-control"]?.hasPrefix("public") == true)
        }
      }
      #expect(try await browser.get("/monitors/nothing").status == 404)
      #expect(try await browser.get("/console-assets/nothing").status == 404)
    }
  }

  @Test func `the setup secret makes the first account in a browser`() async throws {
    try await TestAPI.with(configure: { $0.site = ConsoleServer.ConsoleSite() }) { api in
      let secret = try #require(try SetupLinks.make(on: try api.database.connect()))
      var browser = Browser(api)
      #expect(try await browser.get("/setup").text.contains("data-fragment"))
      let short = try await browser.post(
        "/setup",
        [
          "secret": secret.text, "email": "first@example.org", "name": "First <b>", "password": "x",
          "organization": "main",
        ])
      #expect(short.status == 422 && short.text.contains("Password must have at least 12"))
      #expect(short.text.contains(#"value="First &lt;b&gt;""#) && !short.text.contains("<b>\""))
      let made = try await browser.post(
        "/setup",
        [
          "secret": secret.text, "email": "first@example.org", "name": "First",
          "password": TestAPI.password, "organization": "main",
        ])
      #expect(made.status == 303 && made.headers["location"] == "/", "\(made.text)")
      #expect(try await browser.get("/").status == 200)
    }
  }

  @Test func `who comes back from a provider in vain reads why, and a program is told`()
    async throws
  {
    try await TestAPI.withConsole { api in
      func go(_ accept: String) async throws -> RawHTTP.Answer {
        try await RawHTTP.send(
          Array(
            "GET /login/oidc/callback?state=x&code=%3Cb%3E HTTP/1.1\r\nHost: a\r\nAccept: \(accept)\r\n\r\n"
              .utf8), port: api.port)
      }
      let page = try await go("text/html,application/xhtml+xml,*/*;q=0.8")
      #expect(page.status == 404 && page.headers["content-type"]?.hasPrefix("text/html") == true)
      #expect(page.headers["content-security-policy"] != nil && page.text.contains("<h1>"))
      let told = try await go("*/*")
      #expect(told.status == 404 && told.headers["content-type"] == "application/problem+json")
    }
  }
}
