import Conditions
import Model
import Testing

@Suite struct `Facts` {
  static let digest = (0..<32).map { UInt8($0) * 8 }

  static let answer = facts {
    $0.status = 200
    $0.isConnected = true
    $0.responseTimeMs = 1_200
    $0.dnsTimeMs = 3
    $0.connectTimeMs = 20
    $0.tlsTimeMs = 45
    $0.firstByteTimeMs = 300
    $0.address = "192.0.2.7"
    $0.headers = [
      .init(name: "Content-Type", value: "text/html; charset=utf-8"),
      .init(name: "SET-COOKIE", value: "a=1; Secure"), .init(name: "Set-Cookie", value: "b=2"),
      .init(name: "Content-Length", value: "1024"),
    ]
    $0.body = Array(#" {"id": 9007199254740993, "version": "1.10", "ok": true, "n": 1.50} "#.utf8)
    $0.bodyDigest = digest
    $0.httpVersion = "2"
    $0.finalURL = "https://example.org/home"
    $0.redirects = 1
    $0.tlsVersion = "TLSv1.3"
    $0.tlsCipher = "TLS_AES_128_GCM_SHA256"
    $0.certificate = .init()
    $0.certificate?.expiresInMs = 60 * 86_400_000
    $0.certificate?.chainExpiresInMs = 10 * 86_400_000
    $0.certificate?.subject = "CN=example.org"
    $0.certificate?.issuer = "C=AT,O=Example CA"
    $0.certificate?.names = ["example.org", "www.example.org"]
    $0.certificate?.digest = digest
    $0.certificate?.ocspStatus = "good"
  }

  private static let hexadecimal = digest.map { byte in
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  @Test(arguments: [
    "[DNS_TIME] < 10", "[CONNECT_TIME] <= 20ms", "[TLS_TIME] > 0", "[FIRST_BYTE_TIME] < 1s",
    "[RESPONSE_TIME] == 1.2s", "[HEADERS].content-type == pat(text/html*)",
    "[HEADERS].content-type == regex(^text/(html|plain)(;|$))", "[HEADERS].content-length > 1000",
    "[HEADERS].set-cookie == b=2", "[HEADERS].set-cookie != c=3",
    "[HEADERS].set-cookie == pat(*Secure)", "has([HEADERS].x-nothing) == false",
    "has([HEADERS].SET-COOKIE) == true", "[HEADERS].x-nothing != x",
    "[HEADERS].x-nothing != regex(x)", "len([HEADERS].content-length) == 4",
    "[BODY_SIZE] == 68", "[BODY_SHA256] == \(hexadecimal.joined())",
    "[BODY_SHA256] == \(hexadecimal.joined(separator: ":").uppercased())",
    "[HTTP_VERSION] >= 2", "[HTTP_VERSION] == HTTP/2", "[HTTP_VERSION] != 1.1",
    "[FINAL_URL] == pat(https://*/home)", "[REDIRECTS] <= 2",
    "[TLS_VERSION] >= 1.2", "[TLS_VERSION] == TLSv1.3", "[TLS_VERSION] == any(1.2, 1.3)",
    "[TLS_CIPHER] == regex(GCM|CHACHA20)", "[CERTIFICATE].chain_expiration > 7d",
    "[CERTIFICATE].subject == CN=example.org", "[CERTIFICATE].issuer == regex(O=Example CA$)",
    "[CERTIFICATE].names == www.example.org", "[CERTIFICATE].names[*] == pat(*example.org)",
    "len([CERTIFICATE].names) == 2", "has([CERTIFICATE].names) == true",
    "[CERTIFICATE].fingerprint == any(\(hexadecimal.joined()), \(String(repeating: "0", count: 64)))",
    "[CERTIFICATE].ocsp == good", "has([CERTIFICATE].serial) == false",
    "[BODY].id == 9007199254740993", "[BODY].id != 9007199254740992",
    "[BODY].id > 9007199254740992", "[BODY].n == 1.5", "[BODY].n == any(1.500, 2)",
    "[BODY].version != 1.1", "[BODY].version == 1.10", "[BODY].ok == true",
    "[BODY].ok == [CONNECTED]",
    #"[BODY] == pat({"id"*})"#, #"[BODY] == regex(^\{.*\}$)"#, #"[BODY] == regex((?i)"OK": TRUE)"#,
    "[BODY].id > [STATUS]", "has([BODY]) == true", #"[BODY].version == "1.10""#,
  ])
  func `meet a condition`(_ text: String) throws {
    #expect(try said(text, Self.answer) == "met")
  }

  @Test(arguments: [
    ("[TLS_TIME] < 40ms", "assert.time: [TLS_TIME] (45) < 40ms"),
    (
      "[HEADERS].set-cookie == c=3", "assert.header: [HEADERS].set-cookie (a=1; Secure, b=2) == c=3"
    ),
    (
      "[HEADERS].set-cookie[*] == pat(*Secure)",
      "assert.header: [HEADERS].set-cookie[*] (b=2) == pat(*Secure)"
    ),
    ("[HEADERS].set-cookie != b=2", "assert.header: [HEADERS].set-cookie (b=2) != b=2"),
    ("[HEADERS].server == nginx", "assert.header: [HEADERS].server (missing) == nginx"),
    ("[HEADERS].server > 3", "assert.header: [HEADERS].server (missing) > 3"),
    (
      "[HEADERS].content-type > 3",
      "assert.header: [HEADERS].content-type (text/html; charset=utf-8) > 3"
    ),
    ("[BODY_SIZE] < 10", "assert.body: [BODY_SIZE] (68) < 10"),
    ("[HTTP_VERSION] > 2", "assert.failed: [HTTP_VERSION] (2) > 2"),
    (
      "[FINAL_URL] == https://example.org/",
      "assert.redirect: [FINAL_URL] (https://example.org/home) == https://example.org/"
    ),
    ("[TLS_VERSION] < 1.3", "assert.failed: [TLS_VERSION] (1.3) < 1.3"),
    (
      "[CERTIFICATE].chain_expiration > 14d",
      "assert.certificate: [CERTIFICATE].chain_expiration (240h) > 14d"
    ),
    (
      "[CERTIFICATE].names == a.org",
      "assert.certificate: [CERTIFICATE].names (example.org, www.example.org) == a.org"
    ),
    ("[CERTIFICATE].serial == 1", "assert.certificate: [CERTIFICATE].serial (missing) == 1"),
    ("[BODY].version == regex(^2)", "assert.regex: [BODY].version (1.10) == regex(^2)"),
    ("[BODY].id == regex(^9) ", "met"),
    (
      "[BODY].id == 9007199254740992",
      "assert.json: [BODY].id (9007199254740993) == 9007199254740992"
    ),
    ("[BODY].version == 1.1", "assert.json: [BODY].version (1.10) == 1.1"),
    ("[BODY].ok > 1", "assert.json: [BODY].ok (true) > 1"),
    ("[BODY].id < [BODY].n", "assert.json: [BODY].id (9007199254740993) < [BODY].n (1.50)"),
    (
      "[BODY].id == [BODY].nothing",
      "assert.json: [BODY].id (9007199254740993) == [BODY].nothing (missing)"
    ),
    ("[BODY].id != [BODY].nothing", "met"),
    ("[DOMAIN_EXPIRATION] > 1d", "assert.failed: [DOMAIN_EXPIRATION] (missing) > 1d"),
  ])
  func `that do not meet one are said with it`(_ text: String, _ words: String) throws {
    #expect(try said(text, Self.answer) == words)
  }

  @Test(arguments: [
    (
      "[PACKET_LOSS] <= 20", facts(.icmp) { $0.packetLoss = 40 },
      "assert.failed: [PACKET_LOSS] (40) <= 20"
    ),
    ("[JITTER] < 5ms", facts(.icmp) { $0.jitterMs = 9 }, "assert.time: [JITTER] (9) < 5ms"),
    (
      "[GRPC_STATUS] == 0", facts(.grpc) { $0.grpcStatus = 14 },
      "assert.status: [GRPC_STATUS] (14) == 0"
    ),
    ("[CLOSE_CODE] == 1000", facts(.websocket) { $0.closeCode = 1_000 }, "met"),
    (
      "[DNS_TTL] >= 5m",
      facts(.dns) {
        $0.dns = .init(); $0.dns?.ttl = 299
      }, "assert.dns: [DNS_TTL] (299) >= 5m"
    ),
    (
      "[DNS_AD] == true",
      facts(.dns) {
        $0.dns = .init(); $0.dns?.isAuthenticated = false
      }, "assert.dns: [DNS_AD] (false) == true"
    ),
    ("[DNS_AA] == true", facts(.dns), "assert.dns: [DNS_AA] (missing) == true"),
    ("len([DNS_ANSWERS]) == 0", facts(.dns) { $0.dns = .init() }, "met"),
    (
      "len([DNS_SERIALS]) == 1",
      facts(.dns) {
        $0.dns = .init(); $0.dns?.serials = ["7", "8"]
      }, "assert.dns: len([DNS_SERIALS]) (2) == 1"
    ),
    (
      "[DNS_RCODE] == servfail",
      facts(.dns) {
        $0.dns = .init(); $0.dns?.code = "SERVFAIL"
      }, "met"
    ),
    ("[BODY] == pat(*PONG*)", facts(.tcp) { $0.body = Array("+PONG\r\n".utf8) }, "met"),
    (
      "[TLS_VERSION] >= 1.0", facts { $0.tlsVersion = "SSLv3" },
      "assert.failed: [TLS_VERSION] (SSLv3) >= 1.0"
    ),
    ("[STATUS] == 200", facts(), "assert.status: [STATUS] (missing) == 200"),
    ("[BODY] == x", facts(), "assert.body: [BODY] (missing) == x"),
    (
      "[BODY].x == 1", facts(),
      "assert.json: [BODY].x (not read as JSON: byte 0: the text is empty) == 1"
    ),
    (
      "[BODY].x != 1", body("<html>"),
      "assert.json: [BODY].x (not read as JSON: byte 0: this begins no value) != 1"
    ),
    (
      "has([BODY].errors) == false", body("<html>"),
      "assert.json: has([BODY].errors) (not read as JSON: byte 0: this begins no value) == false"
    ),
    (
      "[STATUS] == [BODY].x",
      facts {
        $0.status = 1; $0.body = []
      }, "assert.json: [STATUS] (1) == [BODY].x (not read as JSON: byte 0: the text is empty)"
    ),
    ("[BODY].x[*] < 3", body(#"{"x":[1,2,"a"]}"#), "assert.json: [BODY].x[*] (a) < 3"),
    ("[BODY].x[*].y != 3", body(#"{"x":[{"y":1},{}]}"#), "met"),
    (
      "has([BODY].x[*].y) == true", body(#"{"x":[{"y":1},{}]}"#),
      "assert.json: has([BODY].x[*].y) (false) == true"
    ),
    (
      "len([BODY].x[*]) == 1", body(#"{"x":[[1],"é",{}]}"#),
      "assert.json: len([BODY].x[*]) (2) == 1"
    ),
    ("[BODY].x == null", body(#"{"x":null}"#), "met"),
    ("[BODY].x == é\u{fffd}", body(#"{"x":"\u00e9\ud800"}"#), "met"),
    ("[BODY].x == 0123", body(#"{"x":"0123"}"#), "met"),
    ("[BODY].x == 123", body(#"{"x":"0123"}"#), "assert.json: [BODY].x (0123) == 123"),
    ("[BODY].x > 30s", body(#"{"x":"1m"}"#), "met"),
    ("[BODY].x == \"\"", body(#"{"x":""}"#), "met"),
    ("[BODY].x == [1,\"a b\"]", body(#"{"x":[ 1, "a b" ]}"#), "met"),
    ("[BODY].x == 18446744073709551615", body(#"{"x":18446744073709551615}"#), "met"),
    ("[BODY].x > 18446744073709551615", body(#"{"x":1e400}"#), "met"),
  ])
  func `of other kinds and odd ones are judged as well`(
    _ text: String, _ facts: ConditionFacts, _ words: String
  ) throws {
    #expect(try said(text, facts) == words)
  }

  @Test func `are shown masked and cut`() throws {
    let words = try said(
      "[BODY] == x", body("a\u{1b}[31m\u{202e}\0b\nc" + String(repeating: "é", count: 500)))
    #expect(words.hasPrefix("assert.body: [BODY] (a\u{fffd}[31m\u{fffd}\u{fffd}b\u{fffd}cé"))
    #expect(words.hasSuffix("é…) == x"))
    let bytes = facts { $0.body = [0x61, 0xff, 0xfe, 0x62] }
    #expect(try said("[BODY] == x", bytes) == "assert.body: [BODY] (a\u{fffd}\u{fffd}b) == x")
  }

  @Test func `of any length make a short explanation`() throws {
    let key = String(repeating: "k", count: 400)
    let condition = try Condition(
      parsing: "[BODY].\(key) == [BODY]." + String(repeating: "m", count: 400))
    let other = String(repeating: "m", count: 400)
    let long = String(repeating: "\u{202e}", count: 9_000)
    for text in [#"{"\#(key)":"\#(long)","\#(other)":"\#(long)x"}"#, "{\"a\" \(long)}"] {
      guard case .unmet(let finding) = condition.evaluate(body(text)) else {
        Issue.record("met")
        continue
      }
      #expect(finding.explanation.utf8.count <= ConditionOutcome.Finding.longestText)
    }
  }

  @Test func `of a body that was cut are said to be`() throws {
    let cut = facts {
      $0.body = Array("hello".utf8)
      $0.isBodyCut = true
    }
    #expect(
      try said("[BODY] == pat(*bye*)", cut)
        == "assert.body: [BODY] (hello) == pat(*bye*); only the first 5 bytes of the body were read"
    )
  }

  @Test func `that would cost too much to look through decide nothing`() throws {
    let big = facts { $0.body = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20) }
    for text in [
      "[BODY] == regex((a|b|c|d).{40}0)", "[BODY] != regex((a|b|c|d).{40}0)", "[BODY].x == 1",
    ] {
      var steps = 100_000
      let outcome = try Condition(parsing: text).evaluate(big, steps: &steps)
      guard case .undecided(let finding) = outcome else {
        Issue.record("\(text) is decided")
        continue
      }
      #expect(finding.reason == .assertTooCostly)
      #expect(finding.explanation.hasPrefix("to evaluate this takes more steps than are allowed"))
    }
  }

  @Test(arguments: [
    ("len([BODY]) > 3", "a", 250_000), ("len([BODY]) > 3", " ", 250_000),
    ("[BODY] == x", " ", 250_000), ("has([BODY]) == true", "\n", 250_000),
    ("len([BODY].a) > 3", "a", 500_000), ("[BODY].a == 1", "a", 500_000),
    ("[BODY] != x", "a", 100_000),
  ])
  func `are charged for every pass over a body`(
    _ text: String, _ filler: Character, _ least: Int
  )
    throws
  {
    let isJSON = text.contains("].a")
    let filling = String(repeating: filler, count: 1 << 20)
    let big = facts { $0.body = Array((isJSON ? #"{"a":"\#(filling)"}"# : filling).utf8) }
    var steps = Int.max
    _ = try Condition(parsing: text).evaluate(big, steps: &steps)
    #expect(Int.max - steps >= least)
    steps = least / 2
    guard case .undecided(let finding) = try Condition(parsing: text).evaluate(big, steps: &steps)
    else {
      Issue.record("decided with \(least / 2) steps")
      return
    }
    #expect(finding.reason == .assertTooCostly)
    #expect(steps <= least / 2)
  }

  @Test func `whose patterns are too large together are refused with the place`() throws {
    let large = "[BODY] == regex((a{900}){9})"
    #expect(try ConditionList(parsing: [large, large], for: .http).conditions.count == 2)
    let error = #expect(throws: ConditionList.ParsingError.self) {
      try ConditionList(parsing: [large, "[STATUS] == 200", large, large], for: .http)
    }
    #expect(error?.index == 3)
    #expect(error?.error.sentence.contains("20000 together") == true, "\(error as Any)")
  }

  @Test func `together meet a list, or make the target degraded or down`() throws {
    let list = try ConditionList(
      parsing: [
        "degraded: [RESPONSE_TIME] < 500", "[STATUS] < 300", "degraded: [BODY] == regex(a{900}x)",
      ], for: .http)
    func summary(_ time: Int64, _ status: Int64, steps: Int = .max) -> ConditionList.Summary {
      list.evaluate(
        facts {
          $0.responseTimeMs = time
          $0.status = status
          $0.body = Array(String(repeating: "a", count: 5_000).utf8) + Array("x".utf8)
        }, steps: steps)
    }
    #expect(summary(1, 200) == .met)
    #expect(summary(600, 200) == .degraded(.init(.assertTime, "[RESPONSE_TIME] (600) < 500")))
    #expect(summary(600, 500) == .unmet(.init(.assertStatus, "[STATUS] (500) < 300")))
    #expect(summary(1, 500, steps: 9) == .unmet(.init(.assertStatus, "[STATUS] (500) < 300")))
    guard case .undecided(let finding) = summary(600, 200, steps: 10_000) else {
      Issue.record("decided")
      return
    }
    #expect(finding.reason == .assertTooCostly)
  }
}
