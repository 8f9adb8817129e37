import JSON
import Model
import Postgres
import TestSupport
import Testing

/// What lists can be narrowed to.
struct FilterAPITests {
  private func names(_ answer: RawHTTP.Answer) -> [String] {
    answer.json["items"]?.elements.compactMap { $0["name"]?.stringValue } ?? []
  }

  @Test func `monitors are found by state, kind, tag, words and whether they are paused`()
    async throws
  {
    let api = try await SharedAPI.shared()
    let key = try api.key(organization: "finding")
    func make(_ name: String, _ check: String, _ rest: String = "") async throws {
      let made = try await api.send(
        "POST", "/api/v1/monitors", key: key,
        body: #"{"name":"\#(name)","check":\#(check)\#(rest)}"#)
      #expect(made.status == 201, "\(made.text)")
    }
    let http = #"{"kind":"http","url":"https://Shop.example/"}"#
    try await make("Größe", http, #","tags":["prod","a.b_c"]"#)
    try await make("mail_1", #"{"kind":"tcp","host":"mail","port":25}"#, #","paused":true"#)
    try await make("100%", #"{"kind":"tcp","host":"other","port":25}"#, #","tags":["prod"]"#)
    for (query, expected) in [
      ("", ["Größe", "mail_1", "100%"]), ("state=pending", ["Größe", "100%"]),
      ("state=paused", ["mail_1"]), ("state=down", []), ("kind=tcp", ["mail_1", "100%"]),
      ("tag=prod", ["Größe", "100%"]), ("tag=a.b_c", ["Größe"]), ("tag=none", []),
      ("q=SHOP", ["Größe"]), ("q=gr%C3%B6", ["Größe"]), ("q=%25", ["100%"]), ("q=_", ["mail_1"]),
      ("q='", []), ("paused=true", ["mail_1"]), ("paused=false&kind=tcp", ["100%"]),
      ("tag=prod&kind=http&q=example", ["Größe"]),
    ] {
      let answer = try await api.send("GET", "/api/v1/monitors?\(query)", key: key)
      #expect(names(answer) == expected, "\(query)")
    }
    let first = try await api.send("GET", "/api/v1/monitors?tag=prod&limit=1", key: key)
    let link = try #require(first.headers["link"])
    #expect(link.contains("tag=prod"))
    let cursor = try #require(first.json["next_cursor"]?.stringValue)
    let second = try await api.send(
      "GET", "/api/v1/monitors?tag=prod&limit=1&cursor=\(cursor)", key: key)
    #expect(names(second) == ["100%"])
    for query in ["state=gone", "kind=smtp", "tag=UP", "q=", "paused=1"] {
      expectProblem(
        try await api.send("GET", "/api/v1/monitors?\(query)", key: key), 400, "invalid-query")
    }
  }

  @Test func `tags are words, each once, and change what people read only`() async throws {
    let api = try await SharedAPI.shared()
    let key = try api.key(organization: "tagging")
    let path = "/api/v1/monitors/\(try await api.makeMonitor(key: key))"
    let tagged = try await api.send("PATCH", path, key: key, body: #"{"tags":["b","a"]}"#)
    #expect(tagged.json["tags"] == ["b", "a"])
    #expect(tagged.json["epoch"] == 1)
    #expect(
      try await api.send("PATCH", path, key: key, body: #"{"tags":[]}"#).json["tags"] == [])
    let many = JSONValue.array((0..<33).map { .string("t\($0)") }).text
    for tags in [#"["A"]"#, #"["a","a"]"#, #"[""]"#, #"[1]"#, "null", many] {
      expectProblem(
        try await api.send("PATCH", path, key: key, body: #"{"tags":\#(tags)}"#), 422,
        "invalid-fields")
    }
  }

  @Test func `incidents are found by state, severity, region, time, tag and words`() async throws {
    let api = try await SharedAPI.shared()
    let organization = "filtering"
    let key = try api.key(organization: organization)
    let shop = try await Outage.store(in: api, organization: organization, name: "shop")
    let mail = try await Outage.store(in: api, organization: organization, name: "mail")
    try mail.change("ended_at = NULL, recovered_at = NULL, severity = 'partial'", in: api)
    try mail.change("started_at = started_at - interval '1 hour'", in: api)
    _ = try await api.send(
      "PATCH", "/api/v1/monitors/\(shop.monitor)", key: key, body: #"{"tags":["prod"]}"#)
    let start = Timestamp(milliseconds: Outage.start).description
    for (query, expected) in [
      ("", [shop, mail]), ("state=open", [mail]), ("state=closed", [shop]),
      ("state=unacknowledged", [mail]), ("state=acknowledged", []), ("severity=partial", [mail]),
      ("severity=unknown", []), ("region=eu", [shop, mail]), ("region=mars", []),
      ("since=\(start)", [shop]), ("until=\(start)", [mail]), ("tag=prod", [shop]),
      ("q=MAI", [mail]), ("q=example", [shop, mail]), ("monitor=\(shop.monitor)", [shop]),
      ("tag=prod&state=open", []), ("limit=1&q=example", [shop]),
    ] as [(String, [Outage])] {
      let answer = try await api.send("GET", "/api/v1/incidents?\(query)", key: key)
      let ids = answer.json["items"]?.elements.map { $0["id"]?.stringValue }
      #expect(ids == expected.map(\.incident), "\(query)")
    }
  }

  @Test func `results of all monitors come in one order, however far apart`() async throws {
    let api = try await SharedAPI.shared()
    let organization = "results"
    let key = try api.key(organization: organization)
    let first = try await Outage.store(in: api, organization: organization, name: "one")
    let second = try await Outage.store(in: api, organization: organization, name: "two")
    var seen: [JSONValue] = []
    let since = Timestamp(milliseconds: Outage.start).description
    let every = "/api/v1/results?since=\(since)&limit="
    var path = every + "5"
    while true {
      let page = try await api.send("GET", path, key: key)
      seen += page.json["items"]?.elements ?? []
      guard let next = page.json["next_cursor"]?.stringValue else { break }
      path = every + "5&cursor=\(next)"
    }
    #expect(seen.count == 18)
    let times = seen.compactMap { $0["started_at"]?.stringValue }
    #expect(times == times.sorted(by: >))
    #expect(Set(seen).count == 18)
    for (query, count) in [
      ("monitor=\(first.monitor)", 9), ("monitor=\(second.monitor)&region=eu", 3),
      ("outcome=ambiguous", 6), ("outcome=up&monitor=\(first.monitor)", 6),
      ("outcome=attributable", 0), ("agent=\(first.agent)", 3), ("region=eu", 6),
      ("until=\(Timestamp(milliseconds: Outage.start + 60_000).description)", 6),
    ] {
      let answer = try await api.send("GET", every + "200&\(query)", key: key)
      #expect(answer.json["items"]?.elements.count == count, "\(query)")
    }
    let stranger = try api.key(organization: "stranger")
    for query in ["monitor=\(first.monitor)", "agent=\(first.agent)"] {
      expectProblem(
        try await api.send("GET", "/api/v1/results?\(query)", key: stranger), 404, "not-found")
    }
    _ = try await api.send("DELETE", "/api/v1/monitors/\(second.monitor)", key: key)
    let left = try await api.send("GET", every + "200", key: key)
    #expect(left.json["items"]?.elements.count == 9)
    let named = try await api.send("GET", every + "20&monitor=\(second.monitor)", key: key)
    #expect(named.json["items"]?.elements.count == 9)
  }

  @Test func `latency is told in steps, of what did not fail`() async throws {
    let api = try await SharedAPI.shared()
    let organization = "latency"
    let key = try api.key(organization: organization)
    let outage = try await Outage.store(in: api, organization: organization)
    let since = Timestamp(milliseconds: Outage.start).description
    let until = Timestamp(milliseconds: Outage.start + 600_000).description
    let path = "/api/v1/monitors/\(outage.monitor)/latency?since=\(since)&until=\(until)"
    let answer = try await api.send("GET", path + "&step=60", key: key)
    let steps = try #require(answer.json["steps"]?.elements)
    #expect(steps.map { $0["count"] } == [3, 3, 3])
    #expect(steps.map { $0["failures"] } == [0, 3, 0])
    #expect(steps.map { $0["p99_us"] } == [12_300, .null, 12_300])
    #expect(steps.first?["at"]?.stringValue == since)
    let whole = try await api.send("GET", path + "&step=600&region=eu", key: key)
    #expect(whole.json["steps"]?.elements.map { $0["count"] } == [3])
    #expect(try await api.send("GET", path, key: key).json["step_s"] == 5)
    for query in ["&step=0", "&since=\(until)"] {
      expectProblem(try await api.send("GET", path + query, key: key), 400, "invalid-query")
    }
    expectProblem(
      try await api.send(
        "GET", "/api/v1/monitors/\(outage.monitor)/latency?step=1", key: key), 400,
      "invalid-query")
  }

  @Test func `regions tell their agents and the monitors that use them`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      _ = try await Outage.store(in: api, organization: "acme")
      _ = try api.database.addAgent(name: "shared-1", region: "eu")
      let named = try await api.send(
        "POST", "/api/v1/monitors", key: key,
        body: #"{"name":"b","check":{"kind":"tcp","host":"b","port":1},"regions":["eu","mars"]}"#)
      #expect(named.status == 201)
      let answer = try await api.send("GET", "/api/v1/regions", key: key)
      let regions = try #require(answer.json["items"]?.elements)
      #expect(regions.map { $0["region"] } == ["ap", "eu", "mars", "us"])
      #expect(regions.map { $0["monitors"] } == [1, 2, 1, 1])
      #expect(regions[1]["agents"] == ["own": 1, "shared": 1, "live": 0])
      #expect(regions[2]["agents"] == ["own": 0, "shared": 0, "live": 0])
      let page = try await api.send("GET", "/api/v1/regions?limit=3", key: key)
      let cursor = try #require(page.json["next_cursor"]?.stringValue)
      let rest = try await api.send("GET", "/api/v1/regions?limit=3&cursor=\(cursor)", key: key)
      #expect(rest.json["items"]?.elements.map { $0["region"] } == ["us"])
      let stranger = try api.key(organization: "stranger")
      let theirs = try await api.send("GET", "/api/v1/regions", key: stranger)
      #expect(theirs.json["items"]?.elements.map { $0["region"] } == ["eu"])
    }
  }
}
