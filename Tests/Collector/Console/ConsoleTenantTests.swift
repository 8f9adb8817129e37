import JSON
import Store
import Testing

/// Whose things the console shows, and how it shows what people and targets wrote.
struct ConsoleTenantTests {
  private static let hostile = "<script>alert(1)</script> \"'& \u{202e}evil \u{5e9}\u{5dc} 🚀"

  @Test func `names are text, whatever stands in them`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("names@example.org", in: [("console-names", .owner)])
      let key = try api.key(organization: "console-names")
      let name = Self.hostile.replacing("\"", with: "\\\"")
      let id = try await api.makeMonitor(key: key, name: name)
      var browser = try await Browser(api, as: "names@example.org")
      for path in ["/", "/monitors", "/monitors?q=evil"] {
        let page = try await browser.get(path).text
        #expect(page.contains("/monitors/\(id)"), "\(path)")
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot;&#39;&amp;"))
        #expect(!page.contains("<script>alert") && !page.contains("\u{202e}"))
        #expect(page.contains("<bdi>&lt;script") && page.contains("🚀"))
      }
      let words = try await browser.get("/monitors?q=%22%3E%3Cscript%3Ealert(2)%3C/script%3E").text
      #expect(words.contains(#"value="&quot;&gt;&lt;script&gt;alert(2)"#))
      #expect(!words.contains("<script>alert"))
    }
  }

  @Test func `an organization's pages show nothing of another's`() async throws {
    try await TestAPI.withConsole { api in
      try api.person("both@example.org", in: [("console-one", .owner), ("console-two", .owner)])
      try api.person("one@example.org", in: [("console-one", .owner)])
      let mine = try await api.makeMonitor(
        key: try api.key(organization: "console-one"), name: "mine")
      let theirs = try await api.makeMonitor(
        key: try api.key(organization: "console-two"), name: "theirs")
      var browser = try await Browser(api, as: "one@example.org")
      let list = try await browser.get("/monitors").text
      #expect(list.contains(mine) && !list.contains(theirs) && !list.contains("theirs"))
      let foreign = try #require(
        try await api.send("GET", "/api/v1/me", key: api.key(organization: "console-two"))
          .json["organization"]?["id"]?.stringValue)
      // A cookie that names an organization of others leads nowhere.
      #expect(
        try await browser.post("/organization", ["organization": foreign]).status == 404)
      var both = try await Browser(api, as: "both@example.org")
      let chosen = try await both.post("/organization", ["organization": foreign])
      #expect(chosen.status == 303 && chosen.cookies.first?.contains("; Secure; HttpOnly") == true)
      let other = try await both.get("/monitors").text
      #expect(other.contains(theirs) && !other.contains(mine))
    }
  }
}
