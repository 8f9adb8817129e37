import Alerts
import JSON
import Postgres
import Sending
import TestSupport
import Testing

@testable import API

/// Channels, from outside.
struct ChannelAPITests {
  private static let path = "/api/v1/channels"
  private static let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY="

  private static func webhook(_ url: String, name: String = "hook") -> String {
    """
    {"name":"\(name)","kind":"webhook","settings":{"url":"\(url)","secret":"\(secret)",
    "authorization":"Bearer hush-token"}}
    """
  }

  /// What may stand in no answer and in no entry.
  private static func expectNoSecret(_ text: String) {
    for secret in ["hush", "whsec_"] { #expect(!text.contains(secret), "\(text)") }
  }

  @Test func `one is made, read, changed and deleted, and its secrets are never told`()
    async throws
  {
    try await TestAPI.with { api in
      let key = try api.key()
      let made = try await api.send(
        "POST", Self.path, key: key, body: Self.webhook("https://h.example.org/hush-path"))
      #expect(made.status == 201, "\(made.text)")
      let one = try #require(made.headers["location"])
      let tag = try #require(made.headers["etag"])
      #expect(made.json["settings"] == [:])
      #expect(made.json["secrets"] == ["url", "secret", "authorization"])
      #expect(made.json["enabled"] == true)
      expectProblem(
        try await api.send(
          "POST", Self.path, key: key, body: Self.webhook("https://h.example.org/hush-path")), 409,
        "conflict")

      let changed = try await api.send(
        "PATCH", one, key: key,
        body: #"{"name":"new","enabled":false,"settings":{"authorization":null}}"#,
        headers: [("If-Match", tag)])
      #expect(changed.status == 200, "\(changed.text)")
      #expect(changed.json["secrets"] == ["url", "secret"])
      #expect(changed.json["enabled"] == false && changed.json["name"] == "new")
      expectProblem(
        try await api.send("PATCH", one, key: key, body: "{}", headers: [("If-Match", tag)]), 412,
        "changed")
      let list = try await api.send("GET", Self.path, key: key)
      #expect(list.json["items"]?.elements.count == 1)
      let audit = try api.database.value(
        "SELECT string_agg(a::text, ' ') FROM audit a", as: String.self)
      #expect(audit.contains("channel.create") && audit.contains("secrets_changed"))
      for text in [made.text, changed.text, list.text, audit] { Self.expectNoSecret(text) }

      expectProblem(
        try await api.send("DELETE", one, key: key, headers: [("If-Match", tag)]), 412, "changed")
      #expect(try await api.send("DELETE", one, key: key).status == 204)
      expectProblem(try await api.send("GET", one, key: key), 404, "not-found")
      expectProblem(try await api.send("PATCH", one, key: key, body: "{}"), 404, "not-found")
      expectProblem(try await api.send("POST", "\(one)/test", key: key), 404, "not-found")
    }
  }

  @Test func `what another host is to hear must be sent again`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      func settings(_ host: String, _ more: String) -> String {
        """
        {"settings":{"to":["a@example.org"],"from":"b@example.org","host":"\(host)",
        "username":"u"\(more)}}
        """
      }
      let made = try await api.send(
        "POST", Self.path, key: key,
        body:
          #"{"name":"m","kind":"email",\#(settings("smtp.example.org", #","password":"hush""#).dropFirst())"#
      )
      #expect(made.status == 201, "\(made.text)")
      let one = try #require(made.headers["location"])
      let same = try await api.send(
        "PATCH", one, key: key, body: settings("smtp.example.org", #","port":466"#))
      #expect(same.json["secrets"] == ["password"], "\(same.text)")
      let moved = try await api.send("PATCH", one, key: key, body: settings("evil.example.net", ""))
      expectProblem(moved, 422, "invalid-fields")
      #expect(moved.json["errors"]?.elements.first?["pointer"] == "/settings/password")
      let again = try await api.send(
        "PATCH", one, key: key, body: settings("evil.example.net", #","password":"other""#))
      #expect(again.status == 200, "\(again.text)")

      // An address may itself be the secret, and others go to it.
      let hook = try await api.send(
        "POST", Self.path, key: key, body: Self.webhook("https://h.example.org/x"))
      let theirs = try await api.send(
        "PATCH", try #require(hook.headers["location"]), key: key,
        body: #"{"settings":{"url":"https://evil.example.net/"}}"#)
      expectProblem(theirs, 422, "invalid-fields")
      Self.expectNoSecret(theirs.text)
    }
  }

  @Test func `every kind is described, and taken as its example says`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let kinds = try await api.send("GET", "/api/v1/channel-kinds", key: key)
      let items = try #require(kinds.json["items"]?.elements)
      #expect(items.compactMap { $0["name"]?.stringValue } == ChannelKinds.all.map(\.name))
      for example in ChannelSchema.examples {
        let made = try await api.send("POST", Self.path, key: key, body: example.body.text)
        #expect(made.status == 201, "\(example.name): \(made.text)")
        // What is told can be sent back.
        let back = try await api.send(
          "PATCH", try #require(made.headers["location"]), key: key,
          body: (["settings": made.json["settings"] ?? .null] as JSONValue).text)
        #expect(back.status == 200, "\(example.name): \(back.text)")
        #expect(back.json == made.json)
      }
      let list = try await api.send("GET", "\(Self.path)?limit=4", key: key)
      let cursor = try #require(list.json["next_cursor"]?.stringValue)
      let rest = try await api.send("GET", "\(Self.path)?cursor=\(cursor)", key: key)
      let names = ((list.json["items"]?.elements ?? []) + (rest.json["items"]?.elements ?? []))
        .compactMap { $0["name"]?.stringValue }
      #expect(names == ChannelKinds.all.map { "our \($0.name)" }.sorted())
    }
  }

  @Test(
    arguments: [
      (#"{"kind":"ntfy","settings":{"topic":"t"}}"#, "/name"),
      (#"{"name":"a","kind":"ntfy","settings":{}}"#, "/settings/topic"),
      (#"{"name":"a\r\nb","kind":"ntfy","settings":{"topic":"t"}}"#, "/name"),
      (#"{"name":"a","kind":"pigeon","settings":{}}"#, "/kind"),
      (#"{"name":"a","kind":"webhook"}"#, "/settings"),
      (#"{"name":"a","kind":"webhook","settings":[]}"#, "/settings"),
      (
        #"{"name":"a","kind":"webhook","settings":{"url":"https://a/\r\nX: y","secret":"\#(secret)"}}"#,
        "/settings/url"
      ),
      (
        #"{"name":"a","kind":"webhook","settings":{"url":"file:///etc/passwd","secret":"\#(secret)"}}"#,
        "/settings/url"
      ),
      (
        #"{"name":"a","kind":"webhook","settings":{"url":"https://a/","secret":"\#(secret)","authorization":"a\r\nHost: b"}}"#,
        "/settings/authorization"
      ),
      (
        #"{"name":"a","kind":"email","settings":{"to":["a@b.c\r\nBcc: d@e.f"],"from":"b@example.org","host":"h"}}"#,
        "/settings/to/0"
      ),
      (
        #"{"name":"a","kind":"email","settings":{"to":["a@b.c"],"from":"b@example.org","host":"h/../x"}}"#,
        "/settings/host"
      ),
      (
        #"{"name":"a","kind":"webhook","settings":{"url":"https://a/","secret":"\#(secret)","more":1}}"#,
        "/settings/more"
      ),
      (
        #"{"name":"a","kind":"webhook","settings":{"url":"https://a/","secret":"\#(secret)"},"organization_id":1}"#,
        "/organization_id"
      ),
    ])
  func `one that can't be is refused with its field`(body: String, pointer: String) async throws {
    let api = try await SharedAPI.shared()
    let answer = try await api.send("POST", Self.path, key: api.key(), body: body)
    expectProblem(answer, 422, "invalid-fields")
    let pointers = (answer.json["errors"]?.elements ?? []).compactMap { $0["pointer"]?.stringValue }
    #expect(pointers == [pointer], "\(answer.text)")
    Self.expectNoSecret(answer.text)
  }

  @Test func `a test sends a fake outage and its end, and tells what the receiver said`()
    async throws
  {
    let receiver = try ScriptedServer(answering: { request in
      switch request.line {
      case "POST /good": .init(body: "ok")
      case "POST /moved": .init(status: 302, headers: ["Location: http://127.0.0.1:1/"], body: "")
      default: .init(status: 500, body: "no: Bearer hush-token")
      }
    })
    defer { receiver.stop() }
    try await TestAPI.with(configure: {
      $0.sender.receivers = ReceiverGuard(allowsPrivate: true)
      $0.publicOrigin = "https://upblit.test"
    }) { api in
      let key = try api.key()
      func test(_ path: String) async throws -> RawHTTP.Answer {
        let made = try await api.send(
          "POST", Self.path, key: key,
          body: Self.webhook(receiver.address + path, name: path))
        let one = try #require(made.headers["location"])
        let answer = try await api.send("POST", "\(one)/test", key: key)
        #expect(answer.status == 200, "\(answer.text)")
        Self.expectNoSecret(answer.text)
        return answer
      }
      let good = try await test("/good")
      #expect(good.json["delivered"] == true)
      #expect(good.json["down"]?["answer"]?.isNull == true)
      let bodies = try receiver.requests.map { try JSONValue(parsing: $0.body) }
      #expect(bodies.map { $0["type"] } == ["incident.opened", "incident.resolved"])
      #expect(bodies.allSatisfy { $0["data"]?["test"] == true })
      #expect(Set(bodies.map { $0["data"]?["incident"]?["key"] }).count == 1)
      // Where it was tried, which is a page of the console.
      let link = try #require(bodies[0]["data"]?["incident"]?["url"]?.stringValue)
      #expect(link.wholeMatch(of: /https:\/\/upblit\.test\/channels\/[0-9a-f-]{36}/) != nil)

      let bad = try await test("/bad")
      #expect(bad.json["delivered"] == false && bad.json["recovery"]?.isNull == true)
      #expect(bad.json["down"]?["outcome"] == "retry")
      #expect(bad.json["down"]?["answer"] == "status 500: no: ...")
      let moved = try await test("/moved")
      #expect(moved.json["down"]?["outcome"] == "refused")
      #expect(receiver.requests.count == 4)
      let tried = try api.database.value(
        "SELECT count(*) FROM audit WHERE action = 'channel.test'", as: Int64.self)
      #expect(tried == 3)
    }
  }

  @Test func `a test reaches nothing in the collector's own network, and not without end`()
    async throws
  {
    let receiver = try ScriptedServer(.init(body: "ok"))
    defer { receiver.stop() }
    try await TestAPI.with { api in
      let key = try api.key()
      let made = try await api.send(
        "POST", Self.path, key: key, body: Self.webhook(receiver.address + "/hush"))
      let one = try #require(made.headers["location"])
      var statuses: [Int] = []
      for _ in 0..<11 {
        let answer = try await api.send("POST", "\(one)/test", key: key)
        statuses.append(answer.status)
        guard answer.status == 200 else { continue }
        #expect(answer.json["delivered"] == false)
        #expect(
          answer.json["down"]?["answer"]?.stringValue?.contains("alerts_allow_private") == true)
      }
      #expect(statuses == Array(repeating: 200, count: 10) + [429])
      #expect(receiver.connections == 0)
    }
  }

  @Test func `the commands make, list, try, change and delete`() async throws {
    let receiver = try ScriptedServer(.init(body: "ok"))
    defer { receiver.stop() }
    try await TestAPI.with(configure: {
      $0.sender.receivers = ReceiverGuard(allowsPrivate: true)
    }) { api in
      let key = try api.key()
      func run(
        _ arguments: String..., input: String = ""
      ) async throws
        -> CommandLineProgram.Outcome
      {
        try await CommandLineProgram.run(
          arguments,
          environment: [
            "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": key,
            "HOME": "/nonexistent",
          ], input: input)
      }
      let kinds = try await run("channel", "kinds", "ntfy")
      #expect(kinds.output.contains("topic") && kinds.output.contains("--secret"))
      let open = try await run(
        "channel", "create", "chat", "slack", "--set", "url=https://hush.example.org/")
      #expect(open.status == 64)
      #expect(open.errors == "upblit: url is a secret: give it by --secret url=FILE, or =-\n")
      let file = try TemporaryFile(Array(Self.secret.utf8), name: "secret")
      let made = try await run(
        "channel", "create", "chat", "webhook", "--secret", "url=-", "--secret",
        "secret=\(file.path)", input: receiver.address + "/hush\n")
      #expect(made.status == 0, "\(made.errors)")
      #expect(made.output.contains("(set, not shown)\n"), "\(made.output)")
      let tried = try await run("channel", "test", "chat")
      #expect(tried.status == 0, "\(tried.errors)")
      #expect(tried.output.contains("outage   delivered in "), "\(tried.output)")
      #expect(receiver.requests.map(\.line) == ["POST /hush", "POST /hush"])
      receiver.stop()
      let off = try await run("channel", "edit", "chat", "--off", "--name", "talk")
      #expect(off.output.contains("state    off\n"), "\(off.output)\(off.errors)")

      let route = try await run(
        "route", "create", "night", "--to", "talk", "--urgency", "page", "--remind", "30m")
      #expect(route.output.contains("reminds   every 1800 s\n"), "\(route.output)\(route.errors)")
      let never = try await run("route", "edit", "night", "--remind", "never", "--last")
      #expect(never.output.contains("reminds   never\n"), "\(never.output)\(never.errors)")
      let routes = try await run("route", "list")
      #expect(routes.output.contains("night"))
      #expect(try await run("route", "delete", "night", "--yes").status == 0)
      #expect(
        try await run("delivery", "list").errors == "Nothing was, or is to be, sent.\n")
      #expect(try await run("channel", "delete", "talk", "--yes").status == 0)
      #expect(try await run("channel", "get", "talk").status == 5)
    }
  }
}
