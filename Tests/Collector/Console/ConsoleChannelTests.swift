import ConsoleServer
import JSON
import Model
import Postgres
import Sending
import Store
import TestSupport
import Testing

@testable import API

/// Channels, tests and deliveries in the console.
struct ConsoleChannelTests {
  private static let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY="

  private static func field(_ name: String, of page: String) throws -> String {
    let pattern = try Regex("name=\"\(name)\" value=\"([^\"]*)\"")
    return String(try #require(page.firstMatch(of: pattern)?.output[1].substring))
  }

  @Test func `one is made once, tried, changed, switched off and deleted by forms`() async throws {
    let receiver = try ScriptedServer(answering: { request in
      request.line == "POST /good-hush"
        ? .init(body: "ok") : .init(status: 403, body: "no <b>such</b> hook")
    })
    defer { receiver.stop() }
    try await TestAPI.with(configure: {
      $0.site = ConsoleSite()
      $0.sender.receivers = ReceiverGuard(allowsPrivate: true)
    }) { api in
      try api.person("makes@example.org")
      let key = try api.key()
      var browser = try await Browser(api, as: "makes@example.org")
      #expect(try await browser.get("/channels").text.contains("Make the first channel"))
      let once = try Self.field(
        "once", of: try await browser.get("/channels/new?kind=webhook").text)
      var places: [String] = []
      for _ in 0..<2 {
        let made = try await browser.post(
          "/channels/new",
          [
            "kind": "webhook", "name": "Our <b>hook</b>",
            "set-url": " \(receiver.address)/good-hush\r\n", "set-secret": Self.secret,
            "once": once,
          ])
        #expect(made.status == 303, "\(made.text)")
        places.append(made.headers["location"] ?? "")
      }
      // Two clicks are one channel.
      #expect(places[0] == places[1] && places[0].hasPrefix("/channels/"))
      let path = places[0]
      let page = try await browser.get(path).text
      #expect(page.contains("Our &lt;b&gt;hook&lt;/b&gt;") && page.contains("kept secret"))
      #expect(!page.contains("hush") && !page.contains("whsec_"))
      let tried = try await browser.post(path + "/test", [:])
      #expect(tried.status == 200 && tried.text.contains("The test was taken"), "\(tried.text)")
      #expect(receiver.requests.count == 2)

      let form = try await browser.get(path + "/edit").text
      #expect(form.contains("It is set, and stays so") && !form.contains("hush"))
      let version = try Self.field("version", of: form)
      let change: KeyValuePairs<String, String> = [
        "name": "Other", "set-url": "\(receiver.address)/bad-hush", "set-secret": Self.secret,
        "version": version,
      ]
      #expect(try await browser.post(path + "/edit", change).status == 303)
      // Somebody changed it since the form was made; what was typed stands there still.
      let stale = try await browser.post(path + "/edit", change)
      #expect(stale.status == 412 && stale.text.contains("/bad-hush"), "\(stale.text)")
      // What holds a secret is not compressed, and other pages are.
      let secret = try await browser.post(path + "/edit", change, encodings: "gzip")
      #expect(secret.status == 412 && secret.headers["content-encoding"] == nil)
      let other = try await browser.get("/channels", encodings: "gzip")
      #expect(other.headers["content-encoding"] == "gzip")
      let refused = try await browser.post(path + "/test", [:])
      #expect(refused.status == 200 && refused.text.contains("The test was not taken"))
      #expect(refused.text.contains("no &lt;b&gt;such&lt;/b&gt; hook"), "\(refused.text)")

      // A name alone leaves what is secret as it was.
      let rename: KeyValuePairs<String, String> = ["name": "Renamed"]
      #expect(try await browser.post(path + "/edit", rename).status == 303)
      let told = try await api.send("GET", "/api/v1" + path, key: key).json
      #expect(told["name"] == "Renamed" && told["secrets"] == ["url", "secret"])

      #expect(try await browser.post(path + "/off", [:]).status == 303)
      #expect(try await browser.get(path).text.contains("Switch on"))
      #expect(try await browser.post(path + "/on", [:]).status == 303)
      #expect(try await browser.get(path).text.contains("Switch off"))
      #expect(try await browser.get(path + "/delete").text.contains("Delete this channel?"))
      #expect(try await browser.post(path + "/delete", [:]).status == 303)
      #expect(try await browser.get(path).status == 404)
    }
  }

  @Test func `what can't be taken is said beside its field, and nothing typed is lost`()
    async throws
  {
    try await TestAPI.withConsole { api in
      try api.person("wrong@example.org", in: [("console-wrong", .owner)])
      var browser = try await Browser(api, as: "wrong@example.org")
      let answer = try await browser.post(
        "/channels/new",
        [
          "kind": "email", "name": "Ops \"1\"", "set-to": "a@example.org\r\nnobody",
          "set-from": "upblit@example.org", "set-host": "smtp.example.org", "set-port": "soon",
          "set-security": "starttls", "set-username": "u", "set-password": "p<w",
        ])
      #expect(answer.status == 422, "\(answer.text)")
      for field in ["set-to", "set-port"] {
        #expect(answer.text.contains("id=\"e-\(field)\""), "\(field)")
        #expect(answer.text.contains("href=\"#f-\(field)\""), "\(field)")
      }
      for typed in [
        "Ops &quot;1&quot;", "a@example.org\nnobody</textarea>", "value=\"soon\"",
        "value=\"starttls\" selected", "value=\"p&lt;w\"",
      ] { #expect(answer.text.contains(typed), "\(typed)") }
      let kinds = try await browser.get("/channels/new").text
      for title in ["E-mail", "Slack", "Microsoft Teams", "PagerDuty", "Alertmanager"] {
        #expect(kinds.contains(">\(title)</a>"), "\(title)")
      }
      #expect(try await browser.get("/channels").text.contains("Nobody is told of anything yet"))
    }
  }

  @Test func `a secret that may be missing is taken away by its box`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("box@example.org", in: [("console-box", .owner)])
      let key = try api.key(organization: "console-box")
      var browser = try await Browser(api, as: "box@example.org")
      let made = try await browser.post(
        "/channels/new",
        [
          "kind": "ntfy", "name": "phones", "set-topic": "upblit-1", "set-token": "tk_1",
          "set-url": "https://ntfy.sh",
        ])
      let path = try #require(made.headers["location"])
      let same: KeyValuePairs<String, String> = ["name": "phones", "set-url": "https://ntfy.sh"]
      #expect(try await browser.post(path + "/edit", same).status == 303)
      let kept = try await api.send("GET", "/api/v1" + path, key: key).json
      #expect(kept["secrets"] == ["topic", "token"])
      let form = try await browser.get(path + "/edit").text
      #expect(form.contains("name=\"remove-token\"") && !form.contains("name=\"remove-topic\""))
      let without: KeyValuePairs<String, String> = [
        "name": "phones", "set-url": "https://ntfy.sh", "remove-token": "true",
      ]
      #expect(try await browser.post(path + "/edit", without).status == 303)
      let told = try await api.send("GET", "/api/v1" + path, key: key).json
      #expect(told["secrets"] == ["topic"])
    }
  }

  @Test func `deliveries tell what became of them, and a failed one is sent again`() async throws {
    try await TestAPI.with(configure: { $0.site = ConsoleSite() }) { api in
      try api.person("sends@example.org")
      try api.person("looks@example.org", in: [("acme", .viewer)])
      try api.person("stranger@example.org", in: [("strangers", .owner)])
      let key = try api.key()
      let made = try await api.send(
        "POST", "/api/v1/channels", key: key,
        body: """
          {"name":"hook","kind":"webhook","settings":{"url":"https://h.example.org/",
          "secret":"\(Self.secret)"}}
          """)
      let path = try #require(made.headers["location"]).replacing("/api/v1", with: "")
      let outage = try await LivedOutage.store(in: api)
      try api.database.connect().query(
        """
        UPDATE delivery SET state = 'failed', reason = 'given up: status 500 <b>', attempts = 10
        WHERE event = 'notice' AND NOT is_end
        """)
      var browser = try await Browser(api, as: "sends@example.org")
      for list in ["/channels", path, "/channels/deliveries", "/channels/deliveries?state=failed"] {
        let page = try await browser.get(list).text
        #expect(page.contains("shop is down: 3 of 3 regions fail"), "\(list)")
        #expect(page.contains("given up: status 500 &lt;b&gt;") && page.contains("10 attempts"))
        #expect(page.contains("/incidents/\(outage.incident)"))
        #expect(page.contains("/replay\""))
      }
      #expect(
        try await browser.get("/channels/deliveries?state=delivered").text
          .contains("No delivery is like that."))

      let incident = try await browser.get("/incidents/\(outage.incident)").text
      #expect(incident.contains("Who was told") && incident.contains("10 attempts"))

      var viewer = try await Browser(api, as: "looks@example.org")
      let seen = try await viewer.get(path).text
      #expect(
        seen.contains("shop is down") && !seen.contains("/replay") && !seen.contains("/test\""))
      let replay = try #require(
        try await browser.get(path).text.firstMatch(
          of: /\/channels\/deliveries\/[0-9a-f-]+\/replay/)
      ).output
      #expect(try await viewer.post(String(replay), [:]).status == 403)
      #expect(try await viewer.post(path + "/test", [:]).status == 403)
      var stranger = try await Browser(api, as: "stranger@example.org")
      for (foreign, isForm) in [
        (path, false), (path + "/edit", false), (path + "/edit", true), (path + "/test", true),
        (path + "/off", true), (path + "/delete", false), (path + "/delete", true),
        (String(replay), true), ("/channels/deliveries?channel=\(path.dropFirst(10))", false),
      ] {
        let answer =
          isForm
          ? try await stranger.post(foreign, ["name": "x"]) : try await stranger.get(foreign)
        #expect(answer.status == 404, "\(foreign): \(answer.status)")
        #expect(!answer.text.contains("hook"))
      }
      // What is posted by a page of another site does nothing.
      #expect(try await browser.post(path + "/off", [:], site: "cross-site").status == 403)

      let again = try await browser.post(String(replay), ["channel": String(path.dropFirst(10))])
      #expect(again.status == 303 && again.headers["location"] == path)
      let after = try await browser.get(path).text
      #expect(after.contains("Waiting") && !after.contains("/replay"))
      #expect(try await browser.post(String(replay), [:]).status == 409)
    }
  }

  @Test func `the overview leads to the public page, and an incident that nobody can judge ends`()
    async throws
  {
    try await TestAPI.with(configure: { $0.site = ConsoleSite() }) { api in
      try api.person("ends@example.org")
      let outage = try await LivedOutage.store(in: api)
      var browser = try await Browser(api, as: "ends@example.org")
      #expect(try await browser.get("/").text.contains("href=\"/status/"))
      let path = "/incidents/\(outage.incident)"
      #expect(!(try await browser.get(path).text.contains("\(path)/resolve")))
      try api.database.connect().query(
        """
        UPDATE incident SET ended_at = NULL, closing_verdict = NULL, recovered_at = NULL,
          severity = 'unknown'
        """)
      #expect(try await browser.get(path).text.contains("\(path)/resolve"))
      #expect(try await browser.post(path + "/resolve", [:]).status == 303)
      let after = try await browser.get(path).text
      #expect(after.contains("Said to be over") && !after.contains("\(path)/resolve"))
    }
  }
}
