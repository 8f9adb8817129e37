import JSON
import Postgres
import Store
import Testing

/// Incidents and agents in the console.
struct ConsoleIncidentTests {
  @Test func `an incident shows its votes, and is acknowledged and told of by forms`() async throws
  {
    try await TestAPI.withConsole { api in
      let detail = "no <b>answer</b> \u{202e}x"
      let outage = try await Outage.store(
        in: api, organization: "console-outage", name: "shop <i>", detail: detail)
      try outage.change(
        "closing_verdict = NULL, ended_at = NULL, recovered_at = NULL", in: api)
      try api.person("acks@example.org", in: [("console-outage", .owner)])
      var browser = try await Browser(api, as: "acks@example.org")
      let path = "/incidents/\(outage.incident)"
      #expect(try await browser.get("/").text.contains(path))
      #expect(try await browser.get("/incidents?state=open").text.contains("not acknowledged"))
      let before = try await browser.get(path).text
      #expect(
        before.contains("shop &lt;i&gt;") && before.contains("no &lt;b&gt;answer&lt;/b&gt; x"))
      #expect(before.contains("3 of 3 down, 2 needed") && before.contains("\(path)/acknowledge"))
      #expect(try await browser.post(path + "/acknowledge", [:]).status == 303)
      let comment: KeyValuePairs<String, String> = ["text-comments": "Looking <u>now</u>\r\nat it"]
      #expect(try await browser.post(path + "/comments", comment).status == 303)
      let empty = try await browser.post(
        path + "/updates", ["status": "identified", "text-updates": ""])
      #expect(empty.status == 422 && empty.text.contains("id=\"e-text-updates\""))
      let update: KeyValuePairs<String, String> = [
        "status": "identified", "text-updates": "A provider is down.",
      ]
      #expect(try await browser.post(path + "/updates", update).status == 303)
      let after = try await browser.get(path).text
      #expect(after.contains("Acknowledged") && !after.contains("\(path)/acknowledge"))
      #expect(after.contains("Looking &lt;u&gt;now&lt;/u&gt;\nat it"))
      #expect(after.contains("Public update: identified") && after.contains("acks@example.org"))
      let monitor = try await browser.get("/monitors/\(outage.monitor)").text
      #expect(monitor.contains("shop &lt;i&gt;") && monitor.contains(path))
      try api.person("stranger@example.org", in: [("console-stranger", .owner)])
      var stranger = try await Browser(api, as: "stranger@example.org")
      for (foreign, isForm) in [
        (path, false), (path + "/acknowledge", true), (path + "/comments", true),
        ("/monitors/\(outage.monitor)", false), ("/monitors/\(outage.monitor)/edit", false),
        ("/monitors/\(outage.monitor)/pause", true), ("/monitors/\(outage.monitor)/delete", true),
        ("/agents/enrolments/\(outage.token)", false),
      ] {
        let answer =
          isForm
          ? try await stranger.post(foreign, ["text-comments": "x"])
          : try await stranger.get(foreign)
        #expect(answer.status == 404, "\(foreign)")
        #expect(!answer.text.contains("shop &lt;"))
      }
    }
  }

  @Test func `an agent is enrolled with one command, which is shown once`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("enrols@example.org", in: [("console-enrols", .owner)])
      var browser = try await Browser(api, as: "enrols@example.org")
      #expect(try await browser.get("/agents").text.contains("There is no agent yet"))
      let bad = try await browser.post("/agents/new", ["region": "EU West", "name": "one"])
      #expect(bad.status == 422 && bad.text.contains("id=\"e-region\""))
      #expect(bad.text.contains(#"value="EU West""#))
      let made = try await browser.post("/agents/new", ["region": "eu-west", "provider": ""])
      #expect(made.status == 200 && made.text.contains("upblit-agent enroll --collector"))
      #expect(made.headers["content-encoding"] == nil)
      let place = String(
        try #require(made.text.firstMatch(of: /data-live="(\/agents\/enrolments\/[^"]+)"/)).output.1
      )
      let standing = try await browser.get(place)
      #expect(standing.status == 200 && standing.text.contains("Waiting for its first connection"))
      #expect(!standing.text.contains("enroll --collector"))
    }
  }
}
