import API
import JSON
import Linux
import Model
import Postgres
import TestSupport
import Testing

/// Public pages, as anybody reads them.
struct PageServingTests {
  @Test func `the first monitor makes the page, and an outage comes and goes on it`() async throws {
    try await TestPages.with { api in
      let key = try api.key(organization: "Acme & Co.")
      #expect(try await api.page("/status/acme-co").status == 404)
      let monitor = try await api.makeMonitor(key: key, name: "Shop")
      let empty = try await api.page("/status/acme-co") { $0.status == 200 }
      #expect(empty.headers["content-type"] == "text/html; charset=utf-8")
      #expect(empty.text.contains("Acme &amp; Co."))
      #expect(empty.headers["content-security-policy"]?.contains("default-src 'none'") == true)
      // A target is nobody's business.
      #expect(!empty.text.contains("example.org"))
      try api.decide("up", of: monitor)
      _ = try await api.page("/status/acme-co") { $0.text.contains("Operational") }
      try api.decide("down", of: monitor)
      let down = try await api.page("/status/acme-co") {
        $0.text.contains("<bdi>Shop is down</bdi>")
      }
      #expect(down.headers["etag"] != empty.headers["etag"])
      let summary = try await api.page("/status/acme-co/api/v2/summary.json")
      #expect(summary.json["status"]?["indicator"]?.stringValue == "critical")
      #expect(summary.headers["access-control-allow-origin"] == "*")
      let incident = try #require(summary.json["incidents"]?.elements.first)
      let id = try #require(incident["id"]?.stringValue)
      let told = try await api.send(
        "POST", "/api/v1/incidents/\(id)/updates", key: key,
        body: #"{"status":"identified","text":"A disk is full."}"#)
      #expect(told.status == 201)
      let secret = try await api.send(
        "POST", "/api/v1/incidents/\(id)/comments", key: key, body: #"{"text":"It was Bob."}"#)
      #expect(secret.status == 201)
      let updated = try await api.page("/status/acme-co/incidents/\(id)") {
        $0.text.contains("A disk is full.")
      }
      #expect(!updated.text.contains("Bob"))
      try api.decide("up", of: monitor)
      let over = try await api.page("/status/acme-co/incidents/\(id)") {
        $0.text.contains("Resolved")
      }
      #expect(over.status == 200)
      for path in [
        "", "/history", "/feed.atom", "/feed.rss", "/components/\(monitor)", "/badge/status.svg",
        "/badge/status.json", "/badge/\(monitor)/status.svg", "/badge/\(monitor)/uptime/90d.svg",
        "/badge/\(monitor)/response.json", "/summary.json", "/api/v2/incidents/unresolved.json",
      ] {
        #expect(try await api.page("/status/acme-co" + path).status == 200, "\(path)")
      }
    }
  }

  @Test func `a page that has not changed is told by its tag alone, packed and plain`() async throws
  {
    try await TestPages.with { api in
      _ = try await api.makeMonitor(key: try api.key(organization: "tagged"))
      let plain = try await api.page("/status/tagged") { $0.status == 200 }
      let tag = try #require(plain.headers["etag"])
      let packed = try await api.page("/status/tagged", headers: [("Accept-Encoding", "gzip")])
      #expect(packed.headers["content-encoding"] == "gzip")
      #expect(packed.headers["vary"] == "Accept-Encoding")
      #expect(packed.body.count < plain.body.count / 2)
      let other = try #require(packed.headers["etag"])
      #expect(other != tag)
      let known = try await api.page(
        "/status/tagged", headers: [("If-None-Match", "\"x\", \(tag)")])
      #expect(known.status == 304 && known.body.isEmpty && known.headers["etag"] == tag)
      let head = try await api.page("/status/tagged", method: "HEAD")
      #expect(head.status == 200 && head.headers["content-length"] == String(plain.body.count))
      let post = try await api.page("/status/tagged", method: "POST")
      #expect(post.status == 405 && post.headers["allow"] == "GET, HEAD")
      for answer in [plain, packed, known, head, post] {
        // HTTP/2 knows no such field.
        #expect(answer.headers["connection"] == nil)
      }
      let sheet = try #require(
        plain.text.firstMatch(of: /href="(\/status-assets\/[^"]+)"/)?.output.1)
      let style = try await api.page(String(sheet))
      #expect(style.status == 200 && style.headers["cache-control"]?.contains("immutable") == true)
      for path in [
        "/status/other", "/status/tagged/", "/status/tagged/history/1999-01", "/status/..",
        "/status/tagged/components/nothing", "/status-assets/x.css", "/status/tagged/api/v2/x.json",
        "/status/%00", "/status/tagged/history/2099-01", "/status/",
      ] {
        let answer = try await api.page(path)
        #expect(answer.status == 404 && answer.text.contains("Nothing is here"), "\(path)")
      }
    }
  }

  @Test func `requests behind one another are answered in their order`() async throws {
    try await TestPages.with { api in
      let key = try api.key()
      _ = try await api.makeMonitor(key: key, name: "shop")
      _ = try await api.page("/status/acme", once: { $0.status == 200 })
      let line = try RawConnection(port: api.port)
      let page = "GET /status/acme HTTP/1.1\r\nHost: a\r\n\r\n"
      let monitors =
        "GET /api/v1/monitors HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(key)\r\n\r\n"
      let last = "GET /status/acme HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
      line.send(Array((page + monitors + page + page + monitors + last).utf8))
      let all = line.readToEnd()
      let statuses = all.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
      #expect(statuses == ["200", "200", "200", "200", "200", "200"])
      let heads = all.split(separator: "\r\n").map { $0.lowercased() }
      #expect(
        heads.filter { $0.hasPrefix("content-type: ") }.map { $0.contains("json") } == [
          false, true, false, false, true, false,
        ])
      #expect(heads.filter { $0.hasPrefix("date: ") }.count == 6)
    }
  }

  @Test func `what a team hides, renames and closes is hidden, renamed and closed`() async throws {
    try await TestPages.with { api in
      let key = try api.key(organization: "first")
      let other = try api.key(organization: "First!")
      let shop = try await api.makeMonitor(key: key, name: "shop-internal-7")
      let secret = try await api.makeMonitor(key: key, name: "billing-internal")
      let foreign = try await api.makeMonitor(key: other, name: "theirs")
      let settings = try await api.send("GET", "/api/v1/status-page", key: key)
      #expect(settings.json["url"]?.stringValue == "https://status.test/status/first")
      // The same address would have been theirs.
      let theirs = try await api.send("GET", "/api/v1/status-page", key: other)
      #expect(theirs.json["slug"]?.stringValue?.hasPrefix("first-") == true)
      let taken = try await api.send(
        "PATCH", "/api/v1/status-page", key: other, body: #"{"slug":"first"}"#)
      expectProblem(taken, 409, "conflict")
      let stolen = try await api.send(
        "PATCH", "/api/v1/status-page", key: key,
        body: #"{"components":[{"monitor":"\#(foreign)"}]}"#)
      #expect(stolen.status == 422)
      let changed = try await api.send(
        "PATCH", "/api/v1/status-page", key: key,
        body: #"""
          {"slug":"acme-status","title":"Acme","components":[
            {"monitor":"\#(secret)","hidden":true},
            {"monitor":"\#(shop)","name":"Shop","group":"Sales"}]}
          """#, headers: [("If-Match", settings.headers["etag"] ?? "")])
      #expect(changed.status == 200, "\(changed.text)")
      let page = try await api.page("/status/acme-status") { $0.status == 200 }
      #expect(page.text.contains("<bdi>Shop</bdi>") && page.text.contains("Sales"))
      #expect(!page.text.contains("internal") && !page.text.contains("theirs"))
      #expect(try await api.page("/status/acme-status/components/\(secret)").status == 404)
      #expect(try await api.page("/status/first") { $0.status == 404 }.status == 404)
      let again = try await api.send(
        "PATCH", "/api/v1/status-page", key: key, body: #"{"published":false}"#,
        headers: [("If-Match", settings.headers["etag"] ?? "")])
      #expect(again.status == 412)
      let closed = try await api.send(
        "PATCH", "/api/v1/status-page", key: key, body: #"{"published":false}"#)
      #expect(closed.status == 200)
      #expect(try await api.page("/status/acme-status") { $0.status == 404 }.status == 404)
    }
  }

  @Test func `names are text wherever they stand`() async throws {
    try await TestPages.with { api in
      let name = "<script>alert(1)</script> \"x\" & \u{202e}evil \u{5d0}\u{1f600}"
      let key = try api.key(organization: "hostile")
      let monitor = try await api.makeMonitor(
        key: key, name: JSONValue.string(name).text.dropFirst().dropLast().description)
      try api.decide("down", of: monitor)
      _ = try await api.page("/status/hostile") { $0.text.contains("is down") }
      for path in [
        "", "/history", "/feed.atom", "/feed.rss", "/components/\(monitor)",
        "/badge/\(monitor)/status.svg",
      ] {
        let answer = try await api.page("/status/hostile" + path)
        #expect(answer.status == 200, "\(path)")
        #expect(!answer.text.contains("<script"), "\(path)")
        #expect(!answer.text.unicodeScalars.contains("\u{202e}"), "\(path)")
        #expect(answer.text.contains("\u{1f600}"), "\(path)")
      }
      let summary = try await api.page("/status/hostile/summary.json")
      #expect(
        summary.json["components"]?.elements.first?["name"]?.stringValue?.hasPrefix("<script>")
          == true)
    }
  }

  @Test func `the last page is shown while Postgres is away, and after a restart`() async throws {
    let folder = try TemporaryHome()
    defer { folder.remove() }
    try await TestPages.with(stateFolder: folder.path) { api in
      let monitor = try await api.makeMonitor(key: try api.key(organization: "kept"), name: "Shop")
      try api.decide("down", of: monitor)
      _ = try await api.page("/status/kept") { $0.text.contains("Shop is down") }
      _ = try await TestPages.shelved("kept", in: folder.path, with: "Shop is down")
    }
    // A server whose database is not there; another's file is nobody's page.
    try Files.overwrite(folder.path + "/pages/broken.json", with: Array("{".utf8))
    try await TestPages.withoutStore(stateFolder: folder.path) { api in
      let kept = try await api.page("/status/kept")
      // To the moment in its foot.
      #expect(
        try await TestPages.shelved("kept", in: folder.path, with: "Shop is down") == kept.text)
      #expect(try await api.page("/status/kept/feed.atom").status == 200)
      for path in ["/status/broken", "/status/nothing", "/status/nothing/feed.atom"] {
        let answer = try await api.page(path)
        #expect(answer.status == 503 && answer.text.contains("can’t be shown now"), "\(path)")
        #expect(answer.headers["retry-after"] == "5", "\(path)")
        #expect(answer.headers["cache-control"] == "no-store", "\(path)")
      }
      #expect(try await api.page("/status/NOTHING").status == 404)
      #expect(try await api.page("/status/nothing/nothing").status == 404)
    }
  }

  @Test func `whoever has too much rendered is shown what is there, and the rest later`()
    async throws
  {
    let policy = RatePolicy(requests: 3, seconds: 86_400)
    try await TestPages.with(configure: { $0.addressRate = policy }) { api in
      _ = try await api.makeMonitor(key: try api.key(organization: "busy"))
      _ = try await api.page("/status/busy") { $0.status == 200 }
      let parts = [
        "/feed.atom", "/feed.rss", "/history", "/summary.json", "/badge/status.svg",
        "/badge/status.json",
      ]
      var refused: RawHTTP.Answer?
      for part in parts where refused == nil {
        let answer = try await api.page("/status/busy" + part)
        if answer.status == 429 { refused = answer }
      }
      let answer = try #require(refused)
      #expect(answer.headers["retry-after"].flatMap(Int.init) ?? 0 > 0)
      #expect(answer.headers["cache-control"] == "no-store")
      // What costs nothing is not counted.
      for _ in 0..<5 { #expect(try await api.page("/status/busy").status == 200) }
      #expect(try await api.page("/status/nothing").status == 404)
    }
  }

  @Test func `thirty components are less than sixty kilobytes`() async throws {
    try await TestPages.with { api in
      let key = try api.key(organization: "many")
      for number in 0..<30 {
        let monitor = try await api.makeMonitor(key: key, name: "Service number \(number)")
        try api.decide(number % 5 == 0 ? "degraded" : "up", of: monitor)
      }
      let page = try await api.page("/status/many") { answer in
        answer.status == 200 && answer.text.contains("Service number 29")
      }
      #expect(page.body.count < 60_000)
    }
  }
}
