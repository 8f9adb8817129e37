import Conditions
import Testing

@Suite struct `A condition of Gatus` {
  struct Row: Sendable, CustomTestStringConvertible {
    var condition: String
    var facts: ConditionFacts
    /// `met`, or the reason and explanation.
    var said: String

    init(_ condition: String, _ facts: ConditionFacts, _ said: String = "met") {
      self.condition = condition
      self.facts = facts
      self.said = said
    }

    var testDescription: String { condition }
  }

  private static func status(_ value: Int64) -> ConditionFacts { facts { $0.status = value } }
  private static func time(_ value: Int64) -> ConditionFacts { facts { $0.responseTimeMs = value } }
  private static func address(_ value: String) -> ConditionFacts { facts { $0.address = value } }
  private static func expires(inHours hours: Int64) -> ConditionFacts {
    facts {
      $0.certificate = .init()
      $0.certificate?.expiresInMs = hours * 3_600_000
    }
  }
  private static func domain(_ hours: Int64) -> ConditionFacts {
    facts { $0.domainExpiresInMs = hours * 3_600_000 }
  }

  /// Every form of its documentation, with values on both sides of it.
  static let documented: [Row] = [
    Row("[STATUS] == 200", status(200)),
    Row("[STATUS] == 200", status(404), "assert.status: [STATUS] (404) == 200"),
    Row("[STATUS] < 300", status(299)),
    Row("[STATUS] < 300", status(503), "assert.status: [STATUS] (503) < 300"),
    Row("[STATUS] <= 299", status(299)),
    Row("[STATUS] <= 299", status(301), "assert.status: [STATUS] (301) <= 299"),
    Row("[STATUS] > 400", status(401)),
    Row("[STATUS] > 400", status(400), "assert.status: [STATUS] (400) > 400"),
    Row("[STATUS] >= 400", status(400)),
    Row("[STATUS] != 200", status(200), "assert.status: [STATUS] (200) != 200"),
    Row("[STATUS] == any(200, 429)", status(429)),
    Row("[STATUS] == any(200, 429)", status(400), "assert.status: [STATUS] (400) == any(200, 429)"),
    Row("any(200, 429) == [STATUS]", status(429)),
    Row("[STATUS] != any(200, 429)", status(201)),
    Row("[STATUS] == pat(4*)", status(404)),
    Row("[STATUS] == pat(4*)", status(200), "assert.status: [STATUS] (200) == pat(4*)"),
    Row("[CONNECTED] == true", facts(.tcp) { $0.isConnected = true }),
    Row(
      "[CONNECTED] == true", facts(.tcp) { $0.isConnected = false },
      "assert.failed: [CONNECTED] (false) == true"),
    Row("[RESPONSE_TIME] < 500", time(300)),
    Row("[RESPONSE_TIME] < 500", time(500), "assert.time: [RESPONSE_TIME] (500) < 500"),
    Row("[RESPONSE_TIME] < 1s", time(999)),
    Row("[RESPONSE_TIME] < 500ms", time(501), "assert.time: [RESPONSE_TIME] (501) < 500ms"),
    Row("[IP] == 127.0.0.1", address("127.0.0.1")),
    Row("[IP] == 127.0.0.1", address("0.0.0.0"), "assert.address: [IP] (0.0.0.0) == 127.0.0.1"),
    Row("[IP] == pat(10.*)", address("10.0.0.7")),
    Row(
      "[IP] == pat(192.168.*.*)", address("192.168.1"),
      "assert.address: [IP] (192.168.1) == pat(192.168.*.*)"),
    Row("[IP] == any(127.0.0.1, ::1)", address("::1")),
    Row("[BODY] == 1", body("1\n")),
    Row("[BODY] == 1", body("2"), "assert.body: [BODY] (2) == 1"),
    Row("[BODY] == test", body("test")),
    Row("[BODY] < 124", body("123")),
    Row("[BODY] > 123", body("100"), "assert.body: [BODY] (100) > 123"),
    Row("[BODY].user.name == john", body(#"{"user":{"name":"john"}}"#)),
    Row("[BODY].data[0].id == 1", body(#"{"data":[{"id":1}]}"#)),
    Row("[BODY][0].id == 1", body(#"[{"id": 1}, {"id": 2}]"#)),
    Row("[BODY].age == [BODY].id", body(#"{"age":1,"id":1}"#)),
    Row("[BODY].status == UP", body(#"{"status":"UP"}"#)),
    Row(
      "[BODY].data.name == john", body(#"{"data": {"id": 1}}"#),
      "assert.json: [BODY].data.name (missing) == john"),
    Row("[BODY].first != [BODY].last", body(#"{"first":"john","last":"doe"}"#)),
    Row(
      "[BODY].first == [BODY].last", body(#"{"first":"john","last":"doe"}"#),
      "assert.json: [BODY].first (john) == [BODY].last (doe)"),
    Row("[BODY].data.id > 5", body(#"{"data":{"id":1}}"#), "assert.json: [BODY].data.id (1) > 5"),
    Row("[BODY].data > 0", body(#"{"data":"0x1"}"#)),
    Row("[BODY].data == 12648243", body(#"{"data":"0xC0ff33"}"#)),
    Row("[BODY].data == 0b10", body(#"{"data":"0b0010"}"#)),
    Row("[BODY].data == 0o2", body(#"{"data":2}"#)),
    Row("[BODY].balance > 100", body(#"{"balance":"123.40000000000005"}"#)),
    Row("[BODY].data == OK", body(#"{"data":null}"#), "assert.json: [BODY].data (null) == OK"),
    Row("len([BODY].data) < 5", body(#"{"data":[{"id":1}]}"#)),
    Row("len([BODY].name) == 8", body(#"{"name":"john.doe"}"#)),
    Row(
      "len([BODY].name) == 8", body(#"{"name":"bob"}"#), "assert.json: len([BODY].name) (3) == 8"),
    Row("len([BODY]) == 3", body(#"[{"id":1},{"id":2},{"id":3}]"#)),
    Row("len([BODY]) == 8", body("john.doe")),
    Row("len([BODY]) == 20", body(#"{"name": "john.doe"}"#)),
    Row("len([BODY].user) == 19", body(#"{"user": {"name": "john.doe"}}"#)),
    Row("len([BODY][0]) == 23", body(#"[{"age":18, "adult":true}]"#)),
    Row("len([BODY].age) == 2", body(#"{"age":18}"#)),
    Row("len([BODY].adult) == 4", body(#"{"adult":true}"#)),
    Row(
      "len([BODY].data) == 8", body(#"{"name":"john.doe"}"#),
      "assert.json: len([BODY].data) (missing) == 8"),
    Row("has([BODY].errors) == false", body(#"{"name":"john.doe"}"#)),
    Row(
      "has([BODY].errors) == false", body(#"{"errors":[]}"#),
      "assert.json: has([BODY].errors) (true) == false"),
    Row("has([BODY].errors) == false", body(#"{"errors":null}"#)),
    Row("has([BODY].users[0].name) == true", body(#"{"users":[{"name":""}]}"#)),
    Row(
      "has([BODY].users) == true", body("{}"), "assert.json: has([BODY].users) (false) == true"),
    Row("[BODY].name == pat(john*)", body(#"{"name":"john.doe"}"#)),
    Row(
      "[BODY].name == pat(john*)", body(#"{"name":"bob"}"#),
      "assert.json: [BODY].name (bob) == pat(john*)"),
    Row("[BODY] == pat(*<h1>Example Domain</h1>*)", body("<p>\n<h1>Example Domain</h1></p>")),
    Row(
      "pat(*<b>john</b>*) == [BODY]", body("<b>jane</b>"),
      "assert.body: [BODY] (<b>jane</b>) == pat(*<b>john</b>*)"),
    Row("[BODY].data == pat(*Whatever*)", body(#"{"data":["hello","Whatever"]}"#)),
    Row("[BODY].id == any(1, 2)", body(#"{"id":2}"#)),
    Row("[BODY].id == any(1, 2)", body(#"{"id":3}"#), "assert.json: [BODY].id (3) == any(1, 2)"),
    Row("[CERTIFICATE_EXPIRATION] > 48h", expires(inHours: 49)),
    Row(
      "[CERTIFICATE_EXPIRATION] > 48h", expires(inHours: 24),
      "assert.certificate: [CERTIFICATE_EXPIRATION] (24h) > 48h"),
    Row(
      "[CERTIFICATE_EXPIRATION] > 2419200000", expires(inHours: 336),
      "assert.certificate: [CERTIFICATE_EXPIRATION] (336h) > 2419200000"),
    Row("[DOMAIN_EXPIRATION] > 720h", domain(4_000)),
    Row(
      "[DOMAIN_EXPIRATION] > 720h", domain(24),
      "assert.failed: [DOMAIN_EXPIRATION] (24h) > 720h"),
    Row("[DNS_RCODE] == NOERROR", dns("NOERROR")),
    Row(
      "[DNS_RCODE] == NOERROR", dns("NXDOMAIN"), "assert.dns: [DNS_RCODE] (NXDOMAIN) == NOERROR"),
    Row("[BODY] == any(192.0.2.1, 192.0.2.2)", dns("NOERROR", ["192.0.2.9", "192.0.2.2"])),
    Row("[BODY] == pat(*.*.*.*)", dns("NOERROR", ["192.0.2.1"])),
    Row(
      "[BODY].status == SERVING", facts(.grpc) { $0.body = Array(#"{"status":"SERVING"}"#.utf8) }),
    // Its later versions.
    Row(
      "[HEADER].Content-Type == pat(text/*)",
      facts { $0.headers = [.init(name: "content-type", value: "text/html")] }),
    Row("[BODY].items[*].status == UP", body(#"{"items":[{"status":"UP"},{"status":"UP"}]}"#)),
    Row(
      "[BODY].items[*].status == UP", body(#"{"items":[{"status":"UP"},{"status":"DOWN"}]}"#),
      "assert.json: [BODY].items[*].status (DOWN) == UP"),
    Row(
      "[BODY].items[*].status == UP", body(#"{"items":[]}"#),
      "assert.json: [BODY].items[*].status (no elements) == UP"),
    // In any case of letters, and with what is missing equal to nothing.
    Row("[status] == 200", status(200)),
    Row("[BODY].state != DOWN", body("{}")),
    Row(#"[BODY] == "OK""#, body(#""OK""#)),
    Row(#"[BODY].state == "OK""#, body(#"{"state":"OK"}"#)),
  ]

  private static func dns(_ code: String, _ answers: [String] = []) -> ConditionFacts {
    facts(.dns) {
      $0.dns = .init()
      $0.dns?.code = code
      $0.dns?.answers = answers
    }
  }

  @Test(arguments: documented)
  func `means what it means there`(_ row: Row) throws {
    #expect(try said(row.condition, row.facts) == row.said)
  }
}
