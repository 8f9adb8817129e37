import Conditions
import Model
import Testing

@Suite struct `A condition` {
  @Test(arguments: [
    ("[STATUS] == 200", "[STATUS] == 200"),
    ("  [status]==200  ", "[STATUS] == 200"),
    ("[STATUS]<=299", "[STATUS] <= 299"),
    ("200 == [STATUS]", "[STATUS] == 200"),
    ("500 > [RESPONSE_TIME]", "[RESPONSE_TIME] < 500"),
    ("1h30m <= [CERTIFICATE_EXPIRATION]", "[CERTIFICATE_EXPIRATION] >= 1h30m"),
    ("any(200,  429) == [Status]", "[STATUS] == any(200, 429)"),
    ("degraded: [RESPONSE_TIME] < 500", "degraded: [RESPONSE_TIME] < 500"),
    ("Degraded:[RESPONSE_TIME] < 500", "degraded: [RESPONSE_TIME] < 500"),
    (
      "degraded: 14d < [CERTIFICATE].chain_expiration",
      "degraded: [CERTIFICATE].chain_expiration > 14d"
    ),
    ("len( [BODY].a ) > 3", "len([BODY].a) > 3"),
    ("has([body].A)==true", "has([BODY].A) == true"),
    ("[BODY] == pat( a *b )", "[BODY] == pat( a *b )"),
    (#"[BODY] == regex(^a(b|c)\)$)"#, #"[BODY] == regex(^a(b|c)\)$)"#),
    (#"[BODY].x == any("a, b", c)"#, #"[BODY].x == any("a, b", c)"#),
    (#"[BODY]['a b'].c == x y "#, #"[BODY]["a b"].c == x y"#),
    ("[BODY].a[0][1].b[*] != x", "[BODY].a[0][1].b[*] != x"),
    ("[HEADER].X-Frame-Options == DENY", "[HEADERS].x-frame-options == DENY"),
    ("[HEADERS].Set-Cookie[*] == pat(*Secure*)", "[HEADERS].set-cookie[*] == pat(*Secure*)"),
    ("[Certificate].Names == example.org", "[CERTIFICATE].names == example.org"),
    ("[DNS_ANSWERS][*] == pat(10.*)", "[DNS_ANSWERS][*] == pat(10.*)"),
    ("[BODY].a < [BODY].b", "[BODY].a < [BODY].b"),
    ("[BODY].a == len([BODY].b)", "[BODY].a == len([BODY].b)"),
    ("[BODY] == a == b", "[BODY] == a == b"),
    ("a == b == [BODY]", "[BODY] == a == b"),
    ("[BODY].tags == [a, b]", "[BODY].tags == [a, b]"),
    (#"["a"] == [BODY].tags"#, #"[BODY].tags == ["a"]"#),
    (#"[BODY] == """#, #"[BODY] == """#),
    (#"[BODY] == "[STATUS]""#, #"[BODY] == "[STATUS]""#),
    (#"[BODY] == "a" b""#, #"[BODY] == "a" b""#),
    ("[DNS_RCODE] == nxdomain", "[DNS_RCODE] == nxdomain"),
    ("[TLS_VERSION] >= TLSv1.2", "[TLS_VERSION] >= TLSv1.2"),
    ("[HTTP_VERSION] == HTTP/2", "[HTTP_VERSION] == HTTP/2"),
    ("[RESPONSE_TIME] < 0.5", "[RESPONSE_TIME] < 0.5"),
  ])
  func `is printed in its canonical form`(_ text: String, _ canonical: String) throws {
    let condition = try Condition(parsing: text)
    #expect(condition.description == canonical)
    #expect(try Condition(parsing: canonical) == condition)
  }

  static let refused: [(String, Int, String)] = [
    ("", 1, "a condition such as [STATUS] < 300"), ("   ", 1, "a condition such as"),
    ("degraded:", 10, "a condition such as"),
    ("[STATUS]", 9, "a comparison is expected"),
    ("[STATUS] ? 201", 10, "a comparison is expected: ==, !=, <, <=, > or >="),
    ("[STATUS] = = 201", 10, "a single = compares nothing"),
    ("[STATUS] ==", 12, "a value is expected behind =="),
    ("[STATUS] == potato", 13, "[STATUS] is compared with a number here"),
    ("[STATUS] == 2xx", 13, "a number"), ("[STATUS] < 1s", 12, "a number"),
    ("[STATUS] == any(200, x)", 22, "a number"),
    ("[STATUS] == any(200,)", 21, "a value is expected"),
    ("[STATUS] == any()", 17, "a value is expected"),
    ("[STATUS] < any(200)", 10, "any() goes with == and != only"),
    ("[STATUS] == any(200", 20, "the closing ) of any("),
    ("[BODY] == pat(a", 16, "the closing ) of pat("), ("[BODY] > pat(a)", 8, "pat() goes with"),
    ("[BODY] == pat([a)", 15, "this class lacks"),
    (#"[BODY] == pat(a\)"#, 16, "a \\ ends the pattern"),
    ("[BODY] == regex(a(b)", 18, "this group lacks its closing )"),
    ("[BODY] == regex(é(?=b))", 18, "look-ahead"),
    ("[RESPONSE_TIME] < potato", 19, "a duration such as 500ms, 30s, 1h30m or 14d"),
    ("[RESPONSE_TIME] < 500us", 19, "a duration"),
    ("[DNS_TTL] > 1500ms", 13, "a number of seconds"),
    ("[BODY].x < potato", 12, "a number or a duration"),
    ("potato > [RESPONSE_TIME]", 1, "a duration"),
    ("[CONNECTED] == yes", 16, "true or false"),
    ("[CONNECTED] < true", 13, "[CONNECTED] has no order"),
    ("has([BODY].x) == 1", 18, "true or false"), ("len([BODY].x) == x", 18, "a number"),
    ("len([STATUS]) == 3", 5, "len() takes [BODY], [HEADERS]"),
    ("len([BODY] == 3", 12, "the closing ) of len("),
    ("len(BODY) == 3", 5, "len( is followed by a placeholder"),
    ("age([BODY]) < 1h", 1, "there is no function age()"),
    ("pat(a) == b", 1, "pat() is compared with a placeholder"),
    ("raw == raw", 1, "a placeholder such as [STATUS]"), ("1 == 2", 1, "a placeholder"),
    ("[IP] < 3", 6, "[IP] has no order"), ("[BODY].x < [IP]", 10, "[IP] has no order"),
    ("[STATSU] == 200", 1, "[STATUS] is the nearest"),
    ("[CONTEXT].x == 1", 1, "there is no placeholder [CONTEXT]"),
    ("[BODY].x == [FOO]", 13, "there is no placeholder [FOO]"),
    ("[STATUS].x == 1", 9, "a comparison"),
    ("[BODY].first name == x", 14, "a comparison"), ("[BODY]. == x", 8, "a key is expected"),
    ("[BODY][x] == 1", 8, "an index from 0"), ("[BODY].a == [BODY].b c", 22, "should end here"),
    ("200 == [STATUS] x", 17, "should end here"), ("[BODY].a == [BODY].b[*]", 13, "left side only"),
    ("[HEADERS] == x", 10, "a header's name"), ("[HEADERS]. == x", 11, "a header's name"),
    ("[CERTIFICATE] == x", 14, "a field of the certificate"),
    ("[CERTIFICATE].foo == x", 14, ".subject, .issuer"),
    ("[BODY_SHA256] == abc", 18, "64 hexadecimal digits"),
    ("[DNS_RCODE] == NXDOMIAN", 16, "a response code"),
    ("[TLS_VERSION] >= new", 18, "a version such as"),
    ("[IP] == \u{202e}1", 9, "no control characters"),
    ("[BODY] == a\tb", 12, "no control characters"),
    ("[BODY] == " + String(repeating: "é", count: 512), 1, "at most 1024 bytes"),
    ("[STATUS] == any(" + String(repeating: "1,", count: 100) + "1)", 217, "at most 100 values"),
  ]

  @Test(arguments: refused)
  func `that is none is refused with the column and one sentence`(
    _ text: String, _ column: Int, _ words: String
  ) {
    let error = #expect(throws: ConditionError.self) { try Condition(parsing: text) }
    #expect(error?.column == column, "\(String(describing: error))")
    #expect(error?.sentence.contains(words) == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    ("[DNS_RCODE] == NOERROR", ProbeKind.tcp, 1), ("[STATUS] == 200", .icmp, 1),
    ("degraded: [PACKET_LOSS] < 10", .http, 11), ("len([BODY]) > 3", .icmp, 5),
    ("[BODY].x == [GRPC_STATUS]", .http, 13), ("[CERTIFICATE_EXPIRATION] > 48h", .udp, 1),
    ("[IP] == 127.0.0.1", .domain, 1), ("200  == [CLOSE_CODE]", .http, 9),
  ])
  func `on what its probes can't learn is refused`(
    _ text: String, _ kind: ProbeKind, _ column: Int
  ) throws {
    let error = #expect(throws: ConditionError.self) { try Condition(parsing: text, for: kind) }
    #expect(error?.column == column)
    #expect(
      error?.sentence.hasSuffix("is nothing that a check of kind \(kind.rawValue) learns") == true)
    let condition = try Condition(parsing: text)
    #expect(condition.problem(for: kind)?.sentence == error?.sentence)
    #expect(ProbeKind.allCases.contains { condition.problem(for: $0) == nil })
    guard case .undecided(let finding) = condition.evaluate(facts(kind)) else {
      Issue.record("decided")
      return
    }
    #expect(finding.reason == .agentUnsupported)
  }

  @Test func `names what has to be known`() throws {
    #expect(try Condition(parsing: "[BODY].x == [STATUS]").facts == [.body, .status])
    let list = try ConditionList(
      parsing: ["[STATUS] < 300", "degraded: [TLS_TIME] < 1s", "[STATUS] != 204"], for: .http)
    #expect(list.facts == [.status, .tlsTime])
  }

  @Test func `of each fact can be written, and of each kind has some`() throws {
    for fact in Fact.allCases {
      #expect(ProbeKind.allCases.contains { fact.exists(for: $0) }, "\(fact)")
      let name = fact == .headers ? "[HEADERS].x" : fact.rawValue
      let values = ["1", "true", "NOERROR", String(repeating: "a", count: 64)]
      let condition = try #require(
        values.lazy.compactMap { try? Condition(parsing: "\(name) == \($0)") }.first, "\(fact)")
      #expect(condition.facts == [fact])
      #expect(fact.reason.failureClass == .content)
    }
  }

  @Test func `stands in a list of bounded length that names the one that is wrong`() throws {
    let error = #expect(throws: ConditionList.ParsingError.self) {
      try ConditionList(parsing: ["[STATUS] == 200", "[STATUS] == x"], for: .http)
    }
    #expect(error?.index == 1)
    #expect(error?.error.column == 13)
    let many = [String](repeating: "[STATUS] == 200", count: 51)
    #expect(throws: ConditionList.ParsingError.self) {
      try ConditionList(parsing: many, for: .http)
    }
    #expect(try ConditionList(parsing: many.dropLast(), for: .http).conditions.count == 50)
  }
}
