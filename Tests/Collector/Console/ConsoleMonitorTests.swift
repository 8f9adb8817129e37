import Checks
import JSON
import Model
import Postgres
import Store
import TestSupport
import Testing

@testable import API

/// Making, changing, pausing and deleting monitors by forms.
struct ConsoleMonitorTests {
  private static func once(_ page: String) throws -> String {
    String(try #require(page.firstMatch(of: /name="once" value="([^"]+)"/)).output.1)
  }

  @Test func `what can't be taken is said beside its field, and nothing typed is lost`()
    async throws
  {
    try await TestAPI.withConsole { api in
      try api.person("bad-form@example.org", in: [("console-form", .owner)])
      var browser = try await Browser(api, as: "bad-form@example.org")
      let answer = try await browser.post(
        "/monitors/new",
        [
          "kind": "http", "name": "Shop \"1\" <b>", "check-url": "ftp://example.org/",
          "check-method": "GET", "interval_s": "soon", "timeout_ms": "10000", "tags": "a b, c",
          "check-conditions": "[STATUS] == 200\r\n[NONSENSE", "more": "{\"max_redirects\": 99}",
          "regions": "eu-west", "do": "save",
        ])
      #expect(answer.status == 422)
      for (field, value) in [
        ("name", "Shop &quot;1&quot; &lt;b&gt;"), ("check-url", "ftp://example.org/"),
        ("interval_s", "soon"), ("tags", "a b, c"),
      ] {
        let pattern = try Regex("<input[^>]*id=\"f-\(field)\"[^>]*value=\"([^\"]*)\"")
        let found = try #require(answer.text.firstMatch(of: pattern))
        #expect(found.output[1].substring.map(String.init) == value)
      }
      #expect(answer.text.contains("[STATUS] == 200\n[NONSENSE</textarea>"))
      #expect(answer.text.contains(#"value="eu-west" checked"#))
      for field in ["check-url", "interval_s", "check-conditions", "more"] {
        #expect(answer.text.contains("id=\"e-\(field)\""), "\(field)")
        #expect(answer.text.contains("href=\"#f-\(field)\""), "\(field)")
      }
      let noJSON = try await browser.post(
        "/monitors/new",
        ["kind": "tcp", "name": "x", "check-host": "h", "check-port": "1", "more": "[1"])
      #expect(noJSON.status == 422 && noJSON.text.contains(">[1</textarea>") == false)
      #expect(noJSON.text.contains("\n[1</textarea>") && noJSON.text.contains("id=\"e-more\""))
      #expect(try await browser.get("/monitors").text.contains("There is no monitor yet."))
    }
  }

  @Test func `a monitor is made once, changed, paused and deleted by forms`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("makes@example.org", in: [("console-makes", .owner)])
      let key = try api.key(organization: "console-makes")
      var browser = try await Browser(api, as: "makes@example.org")
      let once = try Self.once(try await browser.get("/monitors/new?kind=tcp").text)
      var places: [String] = []
      for _ in 0..<2 {
        let made = try await browser.post(
          "/monitors/new",
          [
            "kind": "tcp", "name": "Mail", "check-host": "mail.example.org", "check-port": "25",
            "interval_s": "120", "timeout_ms": "5000", "tags": "mail, infra",
            "more": "{\"start_tls\": \"smtp\"}", "do": "save", "once": once,
          ])
        #expect(made.status == 303, "\(made.text)")
        places.append(made.headers["location"] ?? "")
      }
      // Two clicks are one monitor.
      #expect(places[0] == places[1] && places[0].hasPrefix("/monitors/"))
      let path = places[0]
      let page = try await browser.get(path)
      #expect(page.status == 200 && page.text.contains("mail.example.org:25"))
      let form = try await browser.get(path + "/edit").text
      #expect(form.contains(#"value="mail.example.org""#) && form.contains("start_tls"))
      let version = String(
        try #require(form.firstMatch(of: /name="version" value="([^"]+)"/)).output.1)
      let change: KeyValuePairs<String, String> = [
        "kind": "tcp", "name": "Mail 2", "check-host": "mail.example.org", "check-port": "25",
        "interval_s": "120", "timeout_ms": "5000", "tags": "", "more": "{\"start_tls\": \"smtp\"}",
        "do": "save", "version": version,
      ]
      #expect(try await browser.post(path + "/edit", change).status == 303)
      // Somebody changed it since the form was made.
      let stale = try await browser.post(path + "/edit", change)
      #expect(stale.status == 412 && stale.text.contains("Someone changed the monitor since"))
      #expect(try await browser.post(path + "/pause", [:]).status == 303)
      let told = try await api.send("GET", "/api/v1" + path, key: key).json
      #expect(told["name"] == "Mail 2" && told["paused"] == true && told["tags"] == [])
      #expect(told["check"]?["start_tls"] == "smtp")
      #expect(try await browser.post(path + "/resume", [:]).status == 303)
      #expect(try await browser.get(path + "/delete").text.contains("Delete this monitor?"))
      #expect(try await browser.post(path + "/delete", [:]).status == 303)
      #expect(try await browser.get(path).status == 404)
      let audit = try await api.send("GET", "/api/v1/audit?object_kind=monitor", key: key).json
      let actors = Set((audit["items"]?.elements ?? []).compactMap { $0["actor"]?["label"] })
      #expect(actors == ["makes@example.org"], "\(audit.text)")
    }
  }

  @Test func `a header's secret outlives a change of something else`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("secret@example.org", in: [("console-secret", .owner)])
      let key = try api.key(organization: "console-secret")
      let made = try await api.send(
        "POST", "/api/v1/monitors", key: key,
        body: """
          {"name":"s","check":{"kind":"http","url":"https://example.org/",
          "headers":[{"name":"x-key","value":"hush-hush","secret":true}]}}
          """)
      #expect(made.status == 201, "\(made.text)")
      let path = try #require(made.headers["location"]).replacing("/api/v1", with: "")
      var browser = try await Browser(api, as: "secret@example.org")
      let form = try await browser.get(path + "/edit").text
      #expect(!form.contains("hush"))
      let more = try #require(form.firstMatch(of: /<textarea[^>]*name="more"[^>]*>\n([^<]*)</))
        .output.1
      let plain = more.replacing("&quot;", with: "\"").replacing("&#39;", with: "'")
      let change = try await browser.post(
        path + "/edit",
        [
          "kind": "http", "name": "s2", "check-url": "https://example.org/", "interval_s": "60",
          "timeout_ms": "10000", "more": String(plain), "do": "save",
        ])
      #expect(change.status == 303, "\(change.text)")
      let told = try await api.send("GET", "/api/v1" + path, key: key).json
      #expect(told["name"] == "s2", "\(told.text)")
      let connection = try api.database.connect()
      let id = try #require(MonitorID(String(path.dropFirst("/monitors/".count))))
      let organization = try OrganizationQueries.findOrCreate(
        name: "console-secret", on: connection)
      let sealing = try TestAPI.configuration().sealingKey
      let found = try MonitorQueries.get(
        id, organization: organization, sealing: sealing, on: connection)
      let stored = try #require(found)
      #expect(CheckDocument.secrets(of: stored.draft.check) == ["hush-hush"])
    }
  }

  @Test func `who may only look finds no buttons, and is refused`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("looks@example.org", in: [("console-looks", .viewer)])
      let id = try await api.makeMonitor(key: try api.key(organization: "console-looks"))
      var browser = try await Browser(api, as: "looks@example.org")
      let page = try await browser.get("/monitors/\(id)")
      #expect(page.status == 200 && !page.text.contains("/pause"))
      #expect(try await browser.post("/monitors/\(id)/pause", [:]).status == 403)
      #expect(
        try await browser.post("/monitors/new", ["kind": "icmp", "name": "x", "check-host": "h"])
          .status == 403)
    }
  }

  @Test func `a check that nobody can try is said to have no regions`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("tries@example.org", in: [("console-tries", .owner)])
      var browser = try await Browser(api, as: "tries@example.org")
      let answer = try await browser.post(
        "/monitors/new",
        [
          "kind": "http", "name": "x", "check-url": "https://example.org/", "do": "try",
          "regions": "nowhere",
        ])
      #expect(answer.text.contains(#"value="https://example.org/""#))
      #expect(
        answer.status == 200 && answer.text.contains("What the regions see"), "\(answer.text)")
      #expect(try await browser.get("/monitors").text.contains("There is no monitor yet."))
    }
  }
}
