import JSON
import Model
import Store
import Testing
import Zlib

@testable import API

/// What holds for every resource: versions, compression, allowances, other origins, proxies.
struct ConventionTests {
  @Test func `an answer that has not changed is told by its tag alone`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let path = "/api/v1/monitors/\(try await api.makeMonitor(key: key))"
      let tag = try #require(try await api.send("GET", path, key: key).headers["etag"])
      let again = try await api.send(
        "GET", path, key: key, headers: [("If-None-Match", "\"other\", W/\(tag)")])
      #expect(again.status == 304 && again.body.isEmpty && again.headers["etag"] == tag)
      let long = try await api.send(
        "GET", "/docs", headers: [("If-None-Match", "*"), ("Accept-Encoding", "gzip")])
      #expect(long.status == 304 && long.headers["vary"] == "Accept-Encoding")
      #expect(long.headers["etag"]?.hasSuffix("-gz\"") == true)
      let changed = try await api.send("PATCH", path, key: key, body: #"{"name":"b"}"#)
      #expect(changed.headers["etag"] != tag)
      let other = try await api.send("GET", path, key: key, headers: [("If-None-Match", tag)])
      #expect(other.status == 200)
      #expect(other.headers["etag"] == changed.headers["etag"])
    }
  }

  @Test func `a stale version is neither changed nor deleted`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let path = "/api/v1/monitors/\(try await api.makeMonitor(key: key))"
      let old = try #require(try await api.send("GET", path, key: key).headers["etag"])
      let new = try await api.send("PATCH", path, key: key, body: #"{"interval_s":30}"#)
      let tag = try #require(new.headers["etag"])
      for known in [old, "W/\(tag)", String(tag.dropFirst()), String(tag.dropFirst().dropLast())] {
        for method in ["PATCH", "DELETE"] {
          let stale = try await api.send(
            method, path, key: key, body: method == "PATCH" ? "{}" : nil,
            headers: [("If-Match", known)])
          expectProblem(stale, 412, "changed")
        }
      }
      #expect(
        try await api.send("DELETE", path, key: key, headers: [("If-Match", tag)]).status == 204)
    }
  }

  @Test(arguments: ["x", "\"", "\"a\",", "W/", ", , ", "\".\""])
  func `a header that is no list of tags names no version`(value: String) async throws {
    let api = try await SharedAPI.shared()
    let key = try api.key()
    let read = try await api.send(
      "GET", "/api/v1/organization", key: key, headers: [("If-None-Match", value)])
    #expect(read.status == 200)
    let change = try await api.send(
      "PATCH", "/api/v1/organization", key: key, body: "{}", headers: [("If-Match", value)])
    expectProblem(change, 412, "changed")
  }

  @Test func `a long answer is compressed for who asks, a secret never`() async throws {
    let api = try await SharedAPI.shared()
    let gzip = [("Accept-Encoding", "br, gzip;q=0.5")]
    let page = try await api.send("GET", "/docs", headers: gzip)
    #expect(page.headers["content-encoding"] == "gzip")
    #expect(page.headers["vary"] == "Accept-Encoding")
    let plain = try await api.send("GET", "/docs")
    var inflated: [UInt8] = []
    let inflater = try Inflater(.gzip)
    _ = try page.body.withUnsafeBytes { bytes in
      try inflater.take(bytes) { piece in
        inflated += piece
        return true
      }
    }
    #expect(inflater.hasEnded && inflated == plain.body)
    #expect(plain.headers["content-encoding"] == nil)
    #expect(plain.body.count > 5 * page.body.count)
    #expect(plain.headers["etag"] != page.headers["etag"])
    for (answer, headers, status) in [
      (page, gzip, 304), (plain, [], 304), (plain, gzip, 200), (page, [], 200),
    ] {
      let tag = try #require(answer.headers["etag"])
      let known = try await api.send("GET", "/docs", headers: headers + [("If-None-Match", tag)])
      #expect(known.status == status)
    }
    let refused = try await api.send("GET", "/docs", headers: [("Accept-Encoding", "gzip;q=0")])
    #expect(refused.headers["content-encoding"] == nil)
    let token = try await api.send(
      "POST", "/api/v1/enrolment-tokens", key: api.key(), body: "{}", headers: gzip)
    #expect(token.status == 201 && token.headers["content-encoding"] == nil)
  }

  @Test func `a type that nothing is told as is refused before anything is done`() async throws {
    let api = try await SharedAPI.shared()
    let key = try api.key(organization: "accepting")
    let body = #"{"name":"a","check":{"kind":"http","url":"http://a/"}}"#
    for accept in ["text/html", "application/json;q=0", "image/*, text/*"] {
      let answer = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: body, headers: [("Accept", accept)])
      expectProblem(answer, 406, "not-acceptable")
    }
    for accept in [
      "*/*", "application/*", "text/html, application/json;q=0.1", "text/*, */*;q=0.1",
    ] {
      let answer = try await api.send(
        "GET", "/api/v1/monitors", key: key, headers: [("Accept", accept)])
      #expect(answer.status == 200)
      #expect(answer.json["items"]?.elements.isEmpty == true)
    }
  }

  @Test func `a key that has used up its allowance waits, another does not`() async throws {
    try await TestAPI.with(configure: { $0.rate = RatePolicy(requests: 3, seconds: 600) }) { api in
      let key = try api.key()
      for (left, method) in [(2, "GET"), (1, "HEAD"), (0, "GET")] {
        let answer = try await api.send(method, "/api/v1/me", key: key)
        #expect(answer.status == 200)
        #expect(answer.headers["ratelimit-policy"] == "\"default\";q=3;w=600")
        #expect(answer.headers["ratelimit"]?.hasPrefix("\"default\";r=\(left);t=") == true)
      }
      let refused = try await api.send("GET", "/api/v1/me", key: key)
      expectProblem(refused, 429, "rate-limited")
      #expect(Int(refused.headers["retry-after"] ?? "").map { 1...200 ~= $0 } == true)
      #expect(try await api.send("GET", "/api/v1/me", key: api.key()).status == 200)
    }
  }

  @Test func `what needs no key is counted by the address it comes from`() async throws {
    try await TestAPI.with(
      configure: { $0.addressRate = RatePolicy(requests: 4, seconds: 600) }
    ) { api in
      for (method, path) in [
        ("GET", "/healthz"), ("HEAD", "/docs"), ("OPTIONS", "/api/v1/monitors"),
        ("GET", "/nothing"),
      ] {
        #expect(try await api.send(method, path).status < 429)
      }
      let refused = try await api.send("GET", "/readyz")
      expectProblem(refused, 429, "rate-limited")
      #expect(Int(refused.headers["retry-after"] ?? "").map { 1...150 ~= $0 } == true)
      #expect(try await api.send("HEAD", "/healthz").status == 429)
      // Whoever has a key is counted by that.
      #expect(try await api.send("GET", "/api/v1/me", key: api.key()).status == 200)
    }
  }

  @Test func `keys can't be tried at will`() async throws {
    try await TestAPI.with(
      configure: { $0.failureRate = RatePolicy(requests: 2, seconds: 600) }
    ) { api in
      let key = try api.key()
      #expect(try await api.send("GET", "/api/v1/me", key: key).status == 200)
      for _ in 0..<2 {
        let tried = try await api.send("GET", "/api/v1/me", key: APIKeySecret.random().text)
        expectProblem(tried, 401, "unauthenticated")
      }
      expectProblem(try await api.send("GET", "/api/v1/me", key: key), 429, "rate-limited")
      #expect(try await api.send("GET", "/healthz").status == 200)
    }
  }

  @Test func `where too many are counted, those that have used least are forgotten`() {
    let meter = AllowanceMeter<Int>(policy: RatePolicy(requests: 2, seconds: 86_400), most: 4)
    for key in [1, 1, 2, 2, 3, 4] { _ = meter.take(key) }
    _ = meter.take(5)
    #expect(meter.take(1).remaining == nil && meter.take(2).remaining == nil)
    #expect(meter.take(3).remaining == 1)
  }

  @Test func `a bucket fills again with time, and never above its size`() {
    let policy = RatePolicy(requests: 2, seconds: 10)
    let second: Int64 = 1_000_000_000
    var bucket = TokenBucket(policy: policy, now: 0)
    #expect(bucket.take(policy: policy, now: 0).remaining == 1)
    #expect(bucket.take(policy: policy, now: 0).remaining == 0)
    let refused = bucket.take(policy: policy, now: second)
    #expect(refused.remaining == nil && refused.seconds == 4)
    #expect(bucket.take(policy: policy, now: 5 * second).remaining == 0)
    #expect(bucket.take(policy: policy, now: 1000 * second).remaining == 1)
    // A clock that stood still, or stepped back, gives nothing.
    #expect(bucket.take(policy: policy, now: 999 * second).remaining == 0)
    #expect(bucket.take(policy: policy, now: 999 * second).remaining == nil)
  }

  @Test func `pages of other origins get only what the configuration names`() async throws {
    try await TestAPI.with(configure: { $0.origins = ["https://a.example"] }) { api in
      let key = try api.key()
      func ask(_ origin: String) async throws -> RawHTTP.Answer {
        try await api.send("GET", "/api/v1/me", key: key, headers: [("Origin", origin)])
      }
      let known = try await ask("https://a.example")
      #expect(known.headers["access-control-allow-origin"] == "https://a.example")
      #expect(known.headers["access-control-allow-credentials"] == nil)
      #expect(known.headers["vary"] == "Origin")
      for origin in ["https://b.example", "https://a.example.evil", "null", "http://a.example"] {
        let other = try await ask(origin)
        #expect(other.headers["access-control-allow-origin"] == nil)
        #expect(other.headers["vary"] == "Origin")
      }
      let first = try await api.send(
        "OPTIONS", "/api/v1/monitors",
        headers: [("Origin", "https://a.example"), ("Access-Control-Request-Method", "POST")])
      #expect(first.status == 204)
      #expect(first.headers["access-control-allow-methods"] == "GET, HEAD, POST")
      let allowed = first.headers["access-control-allow-headers"] ?? ""
      #expect(allowed.contains("Idempotency-Key") && allowed.contains("Upblit-Organization"))
      let exposed = known.headers["access-control-expose-headers"] ?? ""
      #expect(exposed.contains("Idempotency-Replayed"))
    }
  }

  @Test func `without a configuration no origin is let in, and OPTIONS tells the methods`()
    async throws
  {
    let api = try await SharedAPI.shared()
    let answer = try await api.send(
      "OPTIONS", "/api/v1/monitors/x", headers: [("Origin", "https://a.example")])
    #expect(answer.status == 204)
    #expect(answer.headers["allow"] == "GET, HEAD, PATCH, DELETE, OPTIONS")
    #expect(!answer.headers.keys.contains { $0.hasPrefix("access-control") })
  }

  @Test(
    arguments: [
      ("192.0.2.1", [], "192.0.2.1"),
      // Nobody has named the peer: what it says is not believed.
      ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
      ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
      // The client made up the first.
      ("10.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
      ("10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.2.3.4"], "203.0.113.9"),
      ("10.0.0.1", ["1.1.1.1", "203.0.113.9 ,10.2.3.4"], "203.0.113.9"),
      ("10.0.0.1", ["203.0.113.9, unknown"], "10.0.0.1"), ("10.0.0.1", [""], "10.0.0.1"),
      ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
      ("::ffff:10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
      ("fd00::1", ["::ffff:203.0.113.9"], "203.0.113.9"), ("fe80::1", ["1.1.1.1"], "fe80::1"),
    ])
  func `forwarded addresses are believed as far as named proxies vouch for them`(
    peer: String, forwarded: [String], expected: String
  ) throws {
    let proxies = try ["10.0.0.0/8", "fd00::/8"].map { try #require(IPNetwork($0)) }
    let found = ClientAddress.find(
      peer: IPAddress(text: peer), forwarded: forwarded, proxies: proxies)
    #expect(found == IPAddress(text: expected))
  }

  @Test(
    arguments: [
      ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false),
      ("192.0.2.128/25", "192.0.2.129", true), ("192.0.2.128/25", "192.0.2.127", false),
      ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
      ("0.0.0.0/0", "203.0.113.1", true), ("0.0.0.0/0", "::1", false),
      ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
    ])
  func `a range holds the addresses that begin as it does`(
    range: String, address: String, isIn: Bool
  ) throws {
    let range = try #require(IPNetwork(range))
    #expect(range.contains(try #require(IPAddress(text: address))) == isIn)
  }

  @Test(arguments: ["", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/-1", "10.0.0.0/08", "a", "::/129"])
  func `what is no range is refused`(text: String) {
    #expect(IPNetwork(text) == nil)
  }
}
