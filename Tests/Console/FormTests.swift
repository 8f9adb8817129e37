import JSON
import Testing

@testable import Console

/// How forms are read, and become what the API takes.
struct FormTests {
  @Test(arguments: [
    ("a=1&b=x+y&a=2", ["1", "2"], "x y"), ("a=%F0%9F%9A%80&b=%0D%0Ax", ["🚀"], "\nx"),
    ("a&b==", [""], "="), ("", [], ""), ("b=%3Cb%3E%26%22", [], "<b>&\""),
  ])
  func `a form's fields are texts`(sent: String, all: [String], other: String) throws {
    let fields = try #require(FormFields(Array(sent.utf8)))
    #expect(fields.all("a") == all && fields["b"] == other)
  }

  @Test(arguments: [
    "a=%", "a=%4", "a=%zz", "a=%00", "a=%ff", "a=\u{0}",
    String(repeating: "a=1&", count: 300),
  ])
  func `what is no form is none`(sent: String) {
    #expect(FormFields(Array(sent.utf8)) == nil)
  }

  @Test(arguments: CheckForm.kinds)
  func `a check goes through its form and comes out as it was`(kind: String) throws {
    let monitor: JSONValue = [
      "name": "x", "interval_s": 60, "timeout_ms": 10_000, "tags": ["a", "b"],
      "regions": ["eu", "us"],
      "check": [
        "kind": .string(kind), "url": "https://example.org/", "host": "example.org", "port": 25,
        "name": "example.org", "type": "MX", "servers": ["192.0.2.1", "192.0.2.2"],
        "status": [200, "300-399"], "conditions": ["[STATUS] == 200", "[BODY] == a,b"],
        "tls": ["min_version": "1.3"], "headers": [["name": "x", "value": .null, "secret": true]],
      ],
    ]
    let fields = CheckForm.fields(of: monitor)
    var errors = FormErrors()
    let body = CheckForm.monitor(fields, errors: &errors)
    #expect(errors.isEmpty)
    for name in ["name", "interval_s", "timeout_ms", "tags", "regions"] {
      #expect(body[name] == monitor[name])
    }
    guard case .object(let sent)? = monitor["check"], case .object(let came)? = body["check"] else {
      Issue.record("there is no check")
      return
    }
    #expect(Set(sent.members.map(\.name)) == Set(came.members.map(\.name)))
    for member in sent.members { #expect(came[member.name] == member.value, "\(member.name)") }
  }

  @Test func `what can't be a number is left to the API to refuse`() {
    var fields = CheckForm.fields(kind: "tcp")
    fields["check-port"] = " 99999999999999999999 "
    fields["interval_s"] = "soon"
    fields["more"] = "[]"
    var errors = FormErrors()
    let body = CheckForm.monitor(fields, errors: &errors)
    #expect(body["check"]?["port"] == "99999999999999999999" && body["interval_s"] == "soon")
    #expect(errors.byField["more"]?.count == 1)
    #expect(CheckForm.field(of: "/check/port", kind: "tcp") == "check-port")
    #expect(CheckForm.field(of: "/check/conditions/3", kind: "tcp") == "check-conditions")
    #expect(CheckForm.field(of: "/check/tls/ca", kind: "tcp") == "more")
    #expect(CheckForm.field(of: "/parent", kind: "tcp") == nil)
  }

  @Test func `a channel's form is made of what its kind declares`() throws {
    let form = ChannelForm(kind: [
      "name": "pigeon", "title": "Pigeon",
      "settings": [
        ["name": "loft_id", "form": "token", "required": true],
        ["name": "to", "form": "address", "list": true, "required": true],
        ["name": "speed", "form": "integer", "standard": 60],
        ["name": "by_night", "form": "flag"],
        ["name": "ring", "form": "word", "words": ["red", "blue"], "standard": "red"],
        ["name": "password", "form": "text", "secret": true],
      ],
    ])
    #expect(
      form.settings.map(ChannelForm.label) == [
        "Loft ID", "To", "Speed", "By night", "Ring", "Password",
      ])
    let new = form.fields()
    #expect(new["set-speed"] == "60" && new["set-ring"] == "red" && new["set-password"].isEmpty)
    var typed = new
    typed["name"] = "birds"
    typed["set-loft_id"] = " a-1\n"
    typed["set-to"] = "x@example.org\n\n y@example.org "
    typed["set-speed"] = "fast"
    typed["set-by_night"] = "true"
    #expect(
      form.body(typed, isNew: true) == [
        "name": "birds", "kind": "pigeon",
        "settings": [
          "loft_id": "a-1", "to": ["x@example.org", "y@example.org"], "speed": "fast",
          "by_night": true, "ring": "red",
        ],
      ])
    typed["remove-password"] = "true"
    #expect(form.body(typed, isNew: false)["settings"]?["password"]?.isNull == true)
    // What is typed is more than a box that is ticked.
    typed["set-password"] = " k \n"
    #expect(form.body(typed, isNew: false)["settings"]?["password"] == " k ")
    let told: JSONValue = [
      "name": "birds",
      "settings": ["loft_id": "a-1", "to": ["x@example.org"], "speed": 7, "by_night": false],
    ]
    let fields = form.fields(of: told)
    #expect(form.body(fields, isNew: false)["settings"] == told["settings"])
    #expect(form.field(of: "/settings/to/1") == "set-to" && form.field(of: "/settings") == nil)
    #expect(form.field(of: "/name") == "name" && form.field(of: "/settings/other") == nil)
  }

  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-30T20:44:07.120Z", 1_796_071_447_120),
      ("2024-02-29T23:59:59.999999Z", 1_709_251_199_999),
      ("2000-03-01T00:00:00.5Z", 951_868_800_500),
    ] as [(String, Int64)])
  func `the API's times are read`(text: String, milliseconds: Int64) {
    #expect(Instant.milliseconds(text) == milliseconds)
  }

  @Test(arguments: [
    "", "Z", "2026-11-30T20:44:07", "2026-13-30T20:44:07Z", "2026-11-30T20:44:07.Z",
    "2026-11-30T20:44:07,1Z", "2026-11-30T20:44:0xZ", "20261130T204407ZZZZZ",
  ])
  func `what is no time is none`(text: String) {
    #expect(Instant.milliseconds(text) == nil)
  }
}
