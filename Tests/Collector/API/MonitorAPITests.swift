import JSON
import Postgres
import TestSupport
import Testing

struct MonitorAPITests {
  @Test func `a monitor is made, read, changed and deleted`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let id = try await api.makeMonitor(key: key)
      let path = "/api/v1/monitors/\(id)"
      let read = try await api.send("GET", path, key: key)
      #expect(read.status == 200)
      #expect(read.json["interval_s"] == 60)
      #expect(read.json["timeout_ms"] == 10_000)
      #expect(read.json["policy"]?.isNull == true)
      #expect(read.json["effective_policy"] == ["kind": "majority"])
      #expect(read.json["state"] == "pending")
      #expect(read.json["check"]?["status"] == ["200-399"])
      #expect(read.json["epoch"] == 1)

      let renamed = try await api.send("PATCH", path, key: key, body: #"{"name":"shop"}"#)
      #expect(renamed.json["name"] == "shop")
      #expect(renamed.json["epoch"] == 1)
      let slowed = try await api.send("PATCH", path, key: key, body: #"{"interval_s":120}"#)
      #expect(slowed.json["epoch"] == 2)
      let slots = try api.database.value("SELECT count(*) FROM monitor_slot", as: Int64.self)
      #expect(slots == 2)
      #expect(
        try api.database.value(
          "SELECT count(*) FROM monitor m JOIN monitor_slot s ON s.slot = m.slot AND s.epoch = 2",
          as: Int64.self) == 1)

      #expect(try await api.send("DELETE", path, key: key).status == 204)
      #expect(try await api.send("DELETE", path, key: key).status == 204)
      expectProblem(try await api.send("GET", path, key: key), 404, "not-found")
      expectProblem(
        try await api.send("PATCH", path, key: key, body: "{}"), 404, "not-found")
      let list = try await api.send("GET", "/api/v1/monitors", key: key)
      #expect(list.json["items"] == [])
    }
  }

  @Test func `a change against a stale reading is refused`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let path = "/api/v1/monitors/\(try await api.makeMonitor(key: key))"
      let tag = try #require(try await api.send("GET", path, key: key).headers["etag"])
      let first = try await api.send(
        "PATCH", path, key: key, body: #"{"paused":true}"#, headers: [("If-Match", tag)])
      #expect(first.status == 200)
      #expect(first.json["state"] == "paused")
      let second = try await api.send(
        "PATCH", path, key: key, body: #"{"paused":false}"#, headers: [("If-Match", tag)])
      expectProblem(second, 412, "changed")
    }
  }

  @Test func `lists are paged without gaps or repeats`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      for number in 0..<7 { _ = try await api.makeMonitor(key: key, name: "m\(number)") }
      var names: [String] = []
      var path: String? = "/api/v1/monitors?limit=3"
      while let next = path {
        let page = try await api.send("GET", next, key: key)
        names += page.json["items"]?.elements.compactMap { $0["name"]?.stringValue } ?? []
        path = page.json["next_cursor"]?.stringValue.map {
          "/api/v1/monitors?limit=3&cursor=\($0)"
        }
        #expect((page.headers["link"] == nil) == (path == nil))
      }
      #expect(names == (0..<7).map { "m\($0)" })
    }
  }

  @Test func `a hundred monitors made at once are a hundred`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let ids = try await withThrowingTaskGroup(of: String.self) { group in
        for number in 0..<100 {
          group.addTask { try await api.makeMonitor(key: key, name: "m\(number)") }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(ids.count == 100)
      #expect(
        try api.database.value("SELECT count(DISTINCT slot) FROM monitor_slot", as: Int64.self)
          == 100)
    }
  }

  @Test func `changes made at once are made one after another`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let path = "/api/v1/monitors/\(try await api.makeMonitor(key: key))"
      try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<20 {
          group.addTask {
            try await api.send(
              "PATCH", path, key: key, body: #"{"interval_s":\#(100 + number)}"#
            ).status
          }
        }
        for try await status in group { #expect(status == 200) }
      }
      let epoch = try await api.send("GET", path, key: key).json["epoch"]
      #expect(epoch == 21)
    }
  }

  @Test func `a check that no frame could carry is refused`() async throws {
    let api = try await SharedAPI.shared()
    let value = String(repeating: "v", count: 4000)
    let headers = (0..<17).map { #"{"name":"X-\#($0)","value":"\#(value)"}"# }
    let answer = try await api.send(
      "POST", "/api/v1/monitors", key: api.key(),
      body:
        #"{"name":"a","check":{"kind":"http","url":"http://a/","headers":[\#(headers.joined(separator: ","))]}}"#
    )
    expectProblem(answer, 422, "invalid-fields")
    #expect(answer.text.contains("takes more than"))
  }

  @Test(
    arguments: [
      (#"{"check":{"kind":"http","url":"http://a/"}}"#, "/name"),
      (#"{"name":"a"}"#, "/check"),
      (#"{"name":"a","check":{"kind":"http","url":"ftp://a/"}}"#, "/check/url"),
      (#"{"name":"a","check":{"kind":"http","url":"http://a/"},"interval_s":4}"#, "/interval_s"),
      (
        #"{"name":"a","check":{"kind":"http","url":"http://a/"},"interval_s":86401}"#,
        "/interval_s"
      ),
      (#"{"name":"a","check":{"kind":"http","url":"http://a/"},"interval_s":6.5}"#, "/interval_s"),
      (
        #"{"name":"a","check":{"kind":"http","url":"http://a/"},"interval_s":"60"}"#,
        "/interval_s"
      ),
      (#"{"name":"a","check":{"kind":"http","url":"http://a/"},"timeout_ms":99}"#, "/timeout_ms"),
      (
        #"{"name":"a","check":{"kind":"http","url":"http://a/"},"timeout_ms":60001}"#,
        "/timeout_ms"
      ),
      (#"{"name":"a","check":{"kind":"http","url":"http://a/"},"id":"x"}"#, "/id"),
      (
        #"{"name":"a","check":{"kind":"http","url":"http://a/"},"organization_id":2}"#,
        "/organization_id"
      ),
      (#"{"name":"a","name":"b","check":{"kind":"http","url":"http://a/"}}"#, "/name"),
      (#"{"name":null,"check":{"kind":"http","url":"http://a/"}}"#, "/name"),
      (#"{"name":"a\u0000","check":{"kind":"http","url":"http://a/"}}"#, "/name"),
      (#"{"name":"a","check":{"kind":"http","url":"http://a/"},"regions":[]}"#, "/regions"),
      (
        #"{"name":"a","check":{"kind":"http","url":"http://a/"},"regions":["eu","eu"]}"#,
        "/regions/1"
      ),
      (#"{"name":"a","check":{"kind":"http","url":"http://a/"},"regions":["EU"]}"#, "/regions/0"),
      (#"{"name":"a","check":{"kind":"tcp","host":"a","port":70000}}"#, "/check/port"),
      (
        #"{"name":"a","check":{"kind":"http","url":"http://a/","headers":[{"name":"A","value":"b\r\nC: d"}]}}"#,
        "/check/headers/0/value"
      ),
      (
        #"{"name":"a","check":{"kind":"http","url":"http://a/"},"policy":{"kind":"n_of_m","n":3},"regions":["eu","us"]}"#,
        "/policy/n"
      ),
      (
        #"{"name":"a","check":{"kind":"http","url":"http://a/"},"policy":{"kind":"n_of_m"}}"#,
        "/policy/n"
      ),
      (
        #"{"name":"a","check":{"kind":"http","url":"http://a/"},"policy":{"kind":"all","n":1}}"#,
        "/policy/n"
      ),
      (
        #"{"name":"a","check":{"kind":"http","url":"http://a/"},"policy":{"kind":"percent","percent":0}}"#,
        "/policy/percent"
      ),
    ])
  func `a monitor that can't be is refused with its field`(
    body: String, pointer: String
  ) async throws {
    let api = try await SharedAPI.shared()
    let answer = try await api.send("POST", "/api/v1/monitors", key: api.key(), body: body)
    expectProblem(answer, 422, "invalid-fields")
    #expect(answer.json["errors"]?.elements.first?["pointer"]?.stringValue == pointer)
  }

  @Test func `values of secret headers are taken and never told`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let made = try await api.send(
        "POST", "/api/v1/monitors", key: key,
        body: """
          {"name":"a","check":{"kind":"http","url":"https://a.test/x","headers":[
          {"name":"Authorization","value":"Bearer s3cret"},{"name":"Accept","value":"text/html"}]}}
          """)
      #expect(made.status == 201)
      #expect(!made.text.contains("s3cret"))
      let path = "/api/v1/monitors/\(try #require(made.json["id"]?.stringValue))"
      let read = try await api.send("GET", path, key: key)
      #expect(!read.text.contains("s3cret"))
      #expect(read.json["check"]?["headers"]?.elements[0]["secret"] == true)

      // What was read can be sent back: the secret stays.
      let check = try #require(read.json["check"]).text
      let kept = try await api.send("PATCH", path, key: key, body: #"{"check":\#(check)}"#)
      #expect(kept.status == 200, "\(kept.text)")
      #expect(kept.json["epoch"] == 1)
      #expect(try api.database.value("SELECT secrets IS NOT NULL FROM monitor", as: Bool.self))

      // Not to another server.
      let moved = check.split(separator: "a.test").joined(separator: "b.test")
      let refused = try await api.send("PATCH", path, key: key, body: #"{"check":\#(moved)}"#)
      expectProblem(refused, 422, "invalid-fields")
      #expect(refused.json["errors"]?.elements[0]["pointer"] == "/check/headers/0/value")
    }
  }

  @Test func `a parent is a monitor of the same organization, and never below its child`()
    async throws
  {
    try await TestAPI.with { api in
      let key = try api.key()
      func make(_ name: String, parent: String? = nil, key: String) async throws -> String {
        let parent = parent.map { #","parent":"\#($0)""# } ?? ""
        let made = try await api.send(
          "POST", "/api/v1/monitors", key: key,
          body: #"{"name":"\#(name)","check":{"kind":"tcp","host":"a.test","port":1}\#(parent)}"#)
        #expect(made.status == 201, "\(made.text)")
        return try #require(made.json["id"]?.stringValue)
      }
      let gateway = try await make("gateway", key: key)
      let shop = try await make("shop", parent: gateway, key: key)
      let cart = try await make("cart", parent: shop, key: key)
      let read = try await api.send("GET", "/api/v1/monitors/\(cart)", key: key)
      #expect(read.json["parent"] == .string(shop))

      let foreign = try await make("foreign", key: try api.key(organization: "other"))
      for (id, parent) in [
        (gateway, "\"\(gateway)\""), (gateway, "\"\(cart)\""), (shop, "\"\(foreign)\""),
        (shop, "\"gateway\""), (shop, "7"),
      ] {
        let refused = try await api.send(
          "PATCH", "/api/v1/monitors/\(id)", key: key, body: #"{"parent":\#(parent)}"#)
        expectProblem(refused, 422, "invalid-fields")
        #expect(refused.json["errors"]?.elements.first?["pointer"] == "/parent")
      }

      let freed = try await api.send(
        "PATCH", "/api/v1/monitors/\(shop)", key: key, body: #"{"parent":null}"#)
      #expect(freed.json["parent"] == JSONValue.null && freed.json["epoch"] == 1)
      _ = try await api.send("DELETE", "/api/v1/monitors/\(shop)", key: key)
      let orphan = try await api.send("GET", "/api/v1/monitors/\(cart)", key: key)
      #expect(orphan.json["parent"] == JSONValue.null)
    }
  }

  @Test func `one that can't be read is told with a warning, and fails no list`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let broken = try await api.makeMonitor(key: key, name: "broken")
      _ = try await api.makeMonitor(key: key, name: "sound")
      try api.database.connect().query(
        "UPDATE monitor SET \"check\" = '{\"kind\": \"http\", \"url\": 7}' WHERE name = 'broken'")
      let list = try await api.send("GET", "/api/v1/monitors", key: key)
      #expect(list.status == 200, "\(list.text)")
      let items = try #require(list.json["items"]?.elements)
      #expect(items.map { $0["name"] } == ["broken", "sound"])
      #expect(items[0]["check"] == ["kind": "http"])
      let warning = try #require(
        items[0]["warnings"]?.elements.first { $0["pointer"] == "/check" })
      #expect(
        warning["detail"]?.stringValue?.hasPrefix("its stored check can't be read: /url: ") == true)
      #expect(items[1]["check"]?["url"] != nil)
      #expect(try await api.send("DELETE", "/api/v1/monitors/\(broken)", key: key).status == 204)
    }
  }
}
