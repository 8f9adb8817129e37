import JSON
import Model
import Testing

@testable import Checks

struct CheckDocumentTests {
  private var everything: HTTPCheck {
    var check = HTTPCheck(url: "https://example.org:8443/a?b=c")
    check.method = "POST"
    check.headers = [
      RequestHeader(name: "X-Api-Key", value: "s3cret"),
      RequestHeader(name: "Accept", value: "text/html"),
      RequestHeader(name: "Cookie", value: "a=\"b\""),
    ]
    check.body = Array("hello".utf8)
    check.statusRanges = [200...299, 304...304]
    check.maxRedirects = 0
    check.contains = ["ok", "é"]
    check.absent = ["error"]
    check.bodyLimit = 4096
    check.family = .ipv6
    check.degradedAboveMs = 800
    check.degradedBelowCertificateDays = 14
    check.conditions = ["[BODY].status == ok", "degraded: [RESPONSE_TIME] < 500ms"]
    return check
  }

  @Test func `a check is read back as it was written`() throws {
    var binary = everything
    binary.body = [0, 255, 1, 2]
    var tcp = TCPCheck(host: "::1", port: 5432)
    tcp.family = .ipv4
    tcp.degradedAboveMs = 50
    tcp.conditions = ["[CONNECT_TIME] < 1s"]
    for check in [
      Check.http(everything), .http(binary), .http(HTTPCheck(url: "http://a/")), .tcp(tcp),
    ] {
      #expect(
        try CheckDocument.decode(
          CheckDocument.encode(check), secrets: CheckDocument.secrets(of: check)) == check)
    }
  }

  @Test func `secrets are kept apart, and go back to their places`() throws {
    let check = Check.http(everything)
    let text = CheckDocument.encode(check)
    #expect(CheckDocument.secrets(of: check) == ["s3cret", "a=\"b\""])
    #expect(!text.contains("s3cret") && text.contains("text/html"))
    for secrets in [[], ["s3cret"], ["s3cret", "a", "b"]] {
      #expect(throws: FieldErrors.self) { try CheckDocument.decode(text, secrets: secrets) }
    }
    #expect(throws: FieldErrors.self) {
      try CheckDocument.decode(#"{"kind":"tcp","host":"a","port":1}"#, secrets: ["left over"])
    }
  }

  @Test(arguments: [
    (#"["[STATUS] <"]"#, "/conditions/0", "column"),
    (#"["[STATUS] == 200", "[BODY] == regex((a)"]"#, "/conditions/1", "column"),
    (#"["[DNS_RCODE] == NOERROR"]"#, "/conditions/0", "[DNS_RCODE]"),
    (#"["[DOMAIN_EXPIRATION] > 720h"]"#, "/conditions/0", "can't tell yet"),
    (#"[7]"#, "/conditions/0", "must be a string"),
  ])
  func `a condition that is none is refused with its place`(
    _ list: String, _ pointer: String, _ words: String
  ) throws {
    let text = #"{"kind":"http","url":"http://a/","conditions":"# + list + "}"
    let error = #expect(throws: FieldErrors.self) { try CheckDocument.decode(text) }
    #expect(error?.errors.map(\.pointer) == [pointer])
    #expect(error?.errors.first?.detail.contains(words) == true, "\(String(describing: error))")
  }

  @Test func `a condition that is longer in its usual form is kept as it was given`() throws {
    let long = "[BODY]==" + String(repeating: "x", count: 1_016)
    let check = try CheckDocument.decode(
      #"{"kind":"http","url":"http://a/","conditions":["\#(long)"]}"#)
    #expect(try CheckDocument.decode(CheckDocument.encode(check)) == check)
  }

  @Test(arguments: [
    (#""conditions":["[STATUS] == 503"]"#, [100...599]),
    (#""conditions":["[STATUS] == 503"],"status":["500-504"]"#, [500...504]),
    (#""conditions":["[BODY] == x"]"#, [200...399]),
    (#""conditions":["degraded: [STATUS] < 300"]"#, [200...399]),
    (#""conditions":["[BODY].code == [STATUS]"]"#, [200...399]),
  ])
  func `conditions on the status decide in place of the usual statuses`(
    _ members: String, _ ranges: [ClosedRange<UInt16>]
  ) throws {
    let check = try CheckDocument.decode(#"{"kind":"http","url":"http://a/","# + members + "}")
    guard case .http(let http) = check else { return }
    #expect(http.statusRanges == ranges)
    #expect(try CheckDocument.decode(CheckDocument.encode(check)) == check)
  }

  @Test func `what is left out has its default`() throws {
    #expect(
      try CheckDocument.decode(#"{"kind":"http","url":"http://a/"}"#)
        == .http(HTTPCheck(url: "http://a/")))
  }

  @Test(
    arguments: [
      (#"{"kind":"http","url":"http://a/","urls":1}"#, "/urls"),
      (#"{"kind":"http","url":"http://a/","url":"http://b/"}"#, "/url"),
      (#"{"url":"http://a/"}"#, "/kind"), (#"{"kind":"smtp"}"#, "/kind"),
      (#"{"kind":"http"}"#, "/url"), (#"{"kind":"tcp","host":"a"}"#, "/port"),
      (#"{"kind":"tcp","host":"a","port":0}"#, "/port"),
      (#"{"kind":"tcp","host":"a","port":65536}"#, "/port"),
      (#"{"kind":"http","url":"http://a/","status":["99"]}"#, "/status/0"),
      (#"{"kind":"http","url":"http://a/","status":["399-200"]}"#, "/status/0"),
      (#"{"kind":"http","url":"http://a/","status":["200-"]}"#, "/status/0"),
      (#"{"kind":"http","url":"http://a/","status":[]}"#, "/status"),
      (#"{"kind":"http","url":"http://a/","headers":[{"name":"A"}]}"#, "/headers/0/value"),
      (
        #"{"kind":"http","url":"http://a/","headers":[{"name":"A","value":"","x":1}]}"#,
        "/headers/0/x"
      ),
      (#"{"kind":"http","url":"http://a/","body_base64":"abc"}"#, "/body_base64"),
      (#"{"kind":"http","url":"http://a/","contains":["a\u0000"]}"#, "/contains/0"),
      (#"{"kind":"http","url":7}"#, "/url"), ("[]", ""), (#"{"kind":"http""#, "/kind"),
    ])
  func `a mistake is named with its place`(text: String, pointer: String) {
    let errors = #expect(throws: FieldErrors.self) { try CheckDocument.decode(text) }
    #expect(errors?.errors.first?.pointer == pointer)
  }
}

struct CheckRulesTests {
  @Test(
    arguments: [
      "http://a", "https://example.org/", "HTTP://Example.ORG:80/x?y#z", "http://[::1]:8080/",
      "http://127.0.0.1", "http://a.example.", "http://xn--bcher-kva.example/%20",
    ])
  func `a URL that can be probed passes`(url: String) {
    #expect(CheckRules.urlProblem(url) == nil)
  }

  @Test(
    arguments: [
      "", "example.org", "ftp://a/", "file:///etc/passwd", "http://", "http:///x", "http://a b/",
      "http://a/\r\nX: y", "http://ü/", "http://user:secret@a/", "http://a@b/", "http://a:0/",
      "http://a:65536/", "http://a:/", "http://a:x/", "http://[::1/", "http://[a]/", "http://a..b/",
      "http://[::1]x/", "http://a:80:80/", "http://.", "gopher://a", "http://a\\@b/", "http://a*/",
    ])
  func `a URL that can't be probed is refused`(url: String) {
    #expect(CheckRules.urlProblem(url) != nil)
  }

  @Test(
    arguments: [
      ("X-A: b", "v", "/headers/0/name"), ("", "v", "/headers/0/name"),
      ("A\r\nB", "v", "/headers/0/name"), ("A", "v\r\nHost: x", "/headers/0/value"),
      ("A", "v\nx", "/headers/0/value"), ("A", "\u{1}", "/headers/0/value"),
      ("Transfer-Encoding", "chunked", "/headers/0/name"), ("upblit-probe", "x", "/headers/0/name"),
    ])
  func `no header can smuggle another`(name: String, value: String, pointer: String) {
    var check = HTTPCheck(url: "http://a/")
    check.headers = [RequestHeader(name: name, value: value)]
    var reader = ObjectReader([:])
    CheckRules.judge(.http(check), in: &reader)
    #expect(reader.errors.errors.map(\.pointer) == [pointer])
  }

  @Test(arguments: ["GE T", "", "CONNECT", "trace", "GET\r\n"])
  func `a method that can't be sent is refused`(method: String) {
    var check = HTTPCheck(url: "http://a/")
    check.method = method
    var reader = ObjectReader([:])
    CheckRules.judge(.http(check), in: &reader)
    #expect(reader.errors.errors.map(\.pointer) == ["/method"])
  }

  @Test(arguments: ["a", "db.example.org", "10.0.0.1", "::1", "fe80::1", "a_b"])
  func `a host passes`(host: String) { #expect(CheckRules.hostProblem(host) == nil) }

  @Test(arguments: ["", "a b", "a:80", "a/b", "a..b", "a\u{0}", "[::1]", "é"])
  func `what is no host is refused`(host: String) { #expect(CheckRules.hostProblem(host) != nil) }
}
