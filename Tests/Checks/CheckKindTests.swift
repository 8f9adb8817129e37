import JSON
import Model
import Testing
import Wire

@testable import Checks

/// What holds for checks of every kind.
struct CheckKindTests {
  @Test(arguments: SampleChecks.all)
  func `a document is read back as it was written, secrets apart`(_ check: Check) throws {
    let text = CheckDocument.encode(check)
    let secrets = CheckDocument.secrets(of: check)
    #expect(try CheckDocument.decode(text, secrets: secrets) == check)
    var reader = ObjectReader(CheckDocument.json(check))
    #expect(CheckDocument.read(&reader) == check)
    CheckRules.judge(check, in: &reader)
    #expect(reader.errors.errors.isEmpty, "\(reader.errors)")
  }

  @Test(arguments: SampleChecks.full)
  func `secrets find their places whatever order the store gives members back in`(
    _ check: Check
  ) throws {
    func reversed(_ value: JSONValue) -> JSONValue {
      switch value {
      case .array(let elements): return .array(elements.map(reversed))
      case .object(let object):
        var other = JSONObject()
        for member in object.members.reversed() { other[member.name] = reversed(member.value) }
        return .object(other)
      default: return value
      }
    }
    let text = reversed(try JSONValue(parsing: CheckDocument.encode(check))).text
    let secrets = CheckDocument.secrets(of: check)
    #expect(try CheckDocument.decode(text, secrets: secrets) == check)
  }

  @Test(arguments: SampleChecks.full)
  func `no secret stands in a document that hides them`(_ check: Check) throws {
    let text = CheckDocument.encode(check)
    for secret in CheckDocument.secrets(of: check) {
      #expect(!text.contains("\"\(secret)\""), "\(secret) in \(text)")
    }
    #expect(!text.contains("PRIVATE KEY"))
  }

  @Test(arguments: SampleChecks.all)
  func `the wire brings a check as it was sent`(_ check: Check) throws {
    let target = AssignedTarget(
      slot: 7, monitor: .zero, intervalSeconds: 60, timeoutMs: 10_000, phaseMs: 3,
      question: .check(check))
    var writer = ByteWriter()
    TargetCodec.encode(target, to: &writer)
    let bytes = writer.bytes
    #expect(
      try bytes.withUnsafeBytes { view -> AssignedTarget in
        var reader = ByteReader(view)
        return try TargetCodec.decode(from: &reader)
      } == target)
    // Cut anywhere it is an error, and never a trap.
    for count in bytes.indices {
      let cut = bytes[..<count]
      #expect(throws: WireError.self) {
        try Array(cut).withUnsafeBytes { view in
          var reader = ByteReader(view)
          _ = try TargetCodec.decode(from: &reader)
        }
      }
    }
  }

  @Test(arguments: SampleChecks.full)
  func `secrets are kept where nobody else would hear them`(_ check: Check) throws {
    guard !CheckDocument.secrets(of: check).isEmpty else { return }
    let hidden = CheckDocument.json(check, hidingSecrets: true)
    var reader = ObjectReader(hidden)
    #expect(CheckDocument.read(&reader, keepingSecretsOf: check) == check)
    #expect(reader.errors.errors.isEmpty)
    // Nothing is stored that could be kept.
    reader = ObjectReader(hidden)
    _ = CheckDocument.read(&reader)
    #expect(!reader.errors.errors.isEmpty)
    // Someone else would hear them.
    guard case .object(var members) = hidden else { return }
    if members["url"] != nil { members["url"] = "https://evil.example/" }
    if members["host"] != nil { members["host"] = "evil.example" }
    if members["servers"] != nil { members["servers"] = ["evil.example"] }
    reader = ObjectReader(.object(members))
    _ = CheckDocument.read(&reader, keepingSecretsOf: check)
    #expect(reader.errors.errors.contains { $0.detail.contains("given anew") })
  }

  @Test(arguments: [
    (
      "headers",
      #"[{"name":"Authorization","value":null,"secret":true},{"name":"Host","value":"evil"}]"#
    ),
    ("resolve", #""192.0.2.66""#), ("proxy", #"{"url": "http://evil:1"}"#),
    ("tls", #"{"insecure": true}"#), ("tls", #"{"ca": "-----BEGIN CERTIFICATE-----"}"#),
    ("auth", #"{"kind": "basic", "user": "u", "password": {"secret": true}}"#),
  ])
  func `a secret is not kept for whoever answers on another way`(
    _ name: String, _ value: String
  ) throws {
    var stored = HTTPCheck(url: "https://a/")
    stored.headers = [RequestHeader(name: "Authorization", value: "s")]
    if name == "auth" {
      stored.authentication = .oauth2(
        .init(tokenURL: "https://b/", clientID: "i", clientSecret: "s"))
    }
    guard
      case .object(var members) = CheckDocument.json(.http(stored), hidingSecrets: true)
    else { return }
    members[name] = try JSONValue(parsing: value)
    var reader = ObjectReader(.object(members))
    _ = CheckDocument.read(&reader, keepingSecretsOf: .http(stored))
    #expect(!reader.errors.errors.isEmpty)
  }

  @Test(arguments: [
    (#"{"kind":"udp","host":"a","port":1}"#, "/send"),
    (#"{"kind":"udp","host":"a","port":1,"send":"a","expect":"("}"#, "/expect"),
    (#"{"kind":"tcp","host":"a b","port":1}"#, "/host"),
    (#"{"kind":"tcp","host":"a","port":1,"script":[{}]}"#, "/script/0"),
    (#"{"kind":"tcp","host":"a","port":1,"script":[{"send":"a","expect":"b"}]}"#, "/script/0"),
    (#"{"kind":"tcp","host":"a","port":1,"start_tls":"gopher"}"#, "/start_tls"),
    (#"{"kind":"tls","host":"a"}"#, "/port"),
    (#"{"kind":"tls","host":"a","port":1,"tls":{"certificate":"x"}}"#, "/tls"),
    (#"{"kind":"tls","host":"a","port":1,"tls":{"min_version":"1.4"}}"#, "/tls/min_version"),
    (#"{"kind":"icmp","host":"a","packets":21}"#, "/packets"),
    (#"{"kind":"dns","name":"a..b"}"#, "/name"),
    (#"{"kind":"dns","name":"a","type":"WRONG"}"#, "/type"),
    (#"{"kind":"dns","name":"a","type":"A","answers":{"any":["x"]}}"#, "/answers"),
    (#"{"kind":"dns","name":"a","type":"A","answers":{}}"#, "/answers"),
    (#"{"kind":"dns","name":"a","type":"A","rcode":["WELL"]}"#, "/rcode"),
    (#"{"kind":"dns","name":"a","servers":["1.2.3.4:0"]}"#, "/servers"),
    (#"{"kind":"dns","name":"a","type":"A","serials_agree":true,"zone":"a"}"#, "/servers"),
    (#"{"kind":"dns","name":"a","transport":"quic"}"#, "/transport"),
    (#"{"kind":"dns","name":"a","transport":"tls"}"#, "/transport"),
    (#"{"kind":"dns","name":"a","transport":"https","zone":"a"}"#, "/transport"),
    (#"{"kind":"dns","name":"a","transport":"tls","servers":["https://a/"]}"#, "/servers"),
    (#"{"kind":"dns","name":"a","transport":"https","servers":["http://a/"]}"#, "/servers"),
    (#"{"kind":"dns","name":"a","transport":"tcp","servers":["a"],"tls":{}}"#, "/tls"),
    (
      #"{"kind":"dns","name":"a","transport":"tls","servers":["a"],"tls":{"ca":"x"}}"#, "/tls/ca"
    ),
    (#"{"kind":"grpc","host":"a","port":1,"plaintext":true,"tls":{}}"#, "/tls"),
    (
      #"{"kind":"grpc","host":"a","port":1,"metadata":[{"name":"X","value":""}]}"#,
      "/metadata/0/name"
    ),
    (#"{"kind":"websocket","url":"http://a/"}"#, "/url"),
    (#"{"kind":"websocket","url":"ws://a/","close_code":10}"#, "/close_code"),
    (#"{"kind":"http","url":"http://a/","auth":{"kind":"magic"}}"#, "/auth/kind"),
    (
      #"{"kind":"http","url":"http://a/","auth":{"kind":"basic","user":"a:b","password":"c"}}"#,
      "/auth/user"
    ),
    (
      #"{"kind":"http","url":"http://a/","auth":{"kind":"bearer","token":"a\r\nb"}}"#, "/auth/token"
    ),
    (#"{"kind":"http","url":"http://a/","proxy":{"url":"ftp://a"}}"#, "/proxy/url"),
    (#"{"kind":"http","url":"http://a/","proxy":{"url":"http://a"}}"#, "/proxy/url"),
    (#"{"kind":"http","url":"http://a/","resolve":"localhost"}"#, "/resolve"),
    (#"{"kind":"http","url":"http://a/","expect_location":"http://b/"}"#, "/expect_location"),
    (#"{"kind":"http","url":"http://a/","body":"a","json":{}}"#, "/body"),
    (#"{"kind":"http","url":"http://a/","form":{"a":1}}"#, "/form/a"),
    (#"{"kind":"http","url":"http://a/","family":"ipv5"}"#, "/family"),
    (#"{"kind":"dns","name":"a","family":"both"}"#, "/family"),
    (#"{"kind":"tcp","host":"::1","port":1,"family":"both"}"#, "/family"),
    (#"{"kind":"icmp","host":"192.0.2.1","family":"both"}"#, "/family"),
    (#"{"kind":"http","url":"http://192.0.2.1:80/","family":"both"}"#, "/family"),
    (#"{"kind":"http","url":"https://[::1]?a","family":"both"}"#, "/family"),
    (#"{"kind":"websocket","url":"ws://[::1]:1/","family":"both"}"#, "/family"),
    (#"{"kind":"http","url":"http://a/","resolve":"192.0.2.1","family":"both"}"#, "/family"),
    (
      #"""
      {"kind":"http","url":"http://a/","auth":{"kind":"digest","user":"a","password":"b"},
       "family":"both"}
      """#, "/family"
    ),
    (#"{"kind":"dns","name":"a","conditions":["[CONNECT_TIME] < 1s"]}"#, "/conditions/0"),
    (#"{"kind":"dns","name":"a","conditions":["[TLS_VERSION] == x"]}"#, "/conditions/0"),
    (#"{"kind":"http","url":"http://a/","proxy":{"url":"http://b:1"},"family":"both"}"#, "/family"),
  ])
  func `a mistake is told at its place`(_ text: String, _ pointer: String) throws {
    var reader = ObjectReader(try JSONValue(parsing: text))
    let check = CheckDocument.read(&reader)
    if let check { CheckRules.judge(check, in: &reader) }
    let error = #expect(throws: FieldErrors.self) { try reader.finish() }
    #expect(
      error?.errors.contains { $0.pointer == pointer } == true, "\(String(describing: error))")
  }

  @Test func `json and form bodies bring their type and POST`() throws {
    let json = try CheckDocument.decode(#"{"kind":"http","url":"http://a/","json":{"a":[1]}}"#)
    let form = try CheckDocument.decode(
      #"{"kind":"http","url":"http://a/","method":"PUT","form":{"a b":"1&2","é":"*"}}"#)
    guard case .http(let first) = json, case .http(let second) = form else {
      Issue.record("no http checks")
      return
    }
    #expect(first.method == "POST" && first.body == Array(#"{"a":[1]}"#.utf8))
    #expect(first.headers == [RequestHeader(name: "Content-Type", value: "application/json")])
    #expect(second.method == "PUT" && second.body == Array("a+b=1%262&%C3%A9=*".utf8))
    #expect(second.headers.first?.value == "application/x-www-form-urlencoded")
  }
}
